/// A backend's offers run by themselves, outside any program.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/op_values.h"
#include "passes/backend.h"

namespace sloy {

/// In which form an offer is told that its operands stand.
enum class Stand {
  plain,    ///< all as they are
  free,     ///< all but the first take whatever form is asked for, as weights do
  blocked,  ///< as free, and images with channels blocked by the backend's width
};

/// The offer's answer to the node, or nothing where it refuses; then `refusal` says why.
std::optional<Proposal> consider(const Offer& offer, const BoundCase& bound, Stand stand,
                                 int block_width, std::string& refusal);

/// Runs a proposal on operands in row-major order; results are in row-major order too. Every buffer
/// stands between guards; results are filled with nonsense before. Throws std::runtime_error where
/// the kernel writes outside of them, leaves padding other than zero, or gives other numbers when
/// it works in place.
std::vector<Tensor> run_proposal(const Proposal& proposal, const BoundCase& bound,
                                 const std::vector<Tensor>& operands);

}  // namespace sloy
