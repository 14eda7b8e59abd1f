/// A backend's offers run by themselves, outside any program.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/op_values.h"
#include "passes/backend.h"

namespace sloy {

/// In which form an offer is told that its operands stand.
enum class Stand {
  plain,     ///< all as they are
  free,      ///< all but the first take whatever form is asked for, as weights do
  blocked,   ///< as free, and images with channels blocked by the backend's width
  padded,    ///< as blocked, and images whose channels do not fill their blocks too
  packed,    ///< all of two dimensions and more as a product packs its weights, padded at need
  bfloat16,  ///< floats are bfloat16, and the results are to be
  blocked_bfloat16,  ///< likewise, images with channels blocked
};

constexpr std::array<std::string_view, 7> enum_names(Stand) {
  return {"plain", "free", "blocked", "padded", "packed", "bfloat16", "blocked bfloat16"};
}
inline constexpr std::array all_stands{Stand::plain,           Stand::free,   Stand::blocked,
                                       Stand::padded,          Stand::packed, Stand::bfloat16,
                                       Stand::blocked_bfloat16};

/// The offer's answer to the node, or nothing where it refuses; then `refusal` says why.
std::optional<Proposal> consider(const Offer& offer, const BoundCase& bound, Stand stand,
                                 int block_width, std::string& refusal);

/// The proposal that stands behind all offers: the reference kernel, in float, on floats or
/// bfloat16.
Proposal reference_of(const BoundCase& bound, bool bfloat16 = false);

/// Runs a proposal on operands in row-major order; results are in row-major order too. Every buffer
/// stands between guards; results are filled with nonsense before. Throws std::runtime_error where
/// the kernel writes outside of them, leaves padding other than zero, or gives other numbers when
/// it works in place.
std::vector<Tensor> run_proposal(const Proposal& proposal, const BoundCase& bound,
                                 const std::vector<Tensor>& operands);

}  // namespace sloy
