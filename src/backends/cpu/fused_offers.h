/// Chains of element-wise ops as programs, for kernels that run one on parts of their own.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/cpu/simd/fused.h"
#include "passes/backend.h"

namespace sloy::cpu {

/// A chain that doesn't mind where an element stands: it runs over any part of its full operands
/// that lies together in memory.
struct FlatChain {
  FusedProgram program;
  std::vector<int> order;                     ///< the chain's operand at each input of the program
  std::vector<std::pair<int, int>> in_place;  ///< as in Proposal
  std::string implementation;
};

/// The chain of a request for fused_op (ops/fused.h), or nothing, with the reason in `refusal`.
std::optional<FlatChain> flat_chain(const Request& request, std::string& refusal);

}  // namespace sloy::cpu
