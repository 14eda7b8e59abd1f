/// Phrases in a list of steps.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "backends/cpu/simd/fused_plan.h"

namespace sloy::cpu {

struct FoundPhrase {
  Step step;                       ///< the whole phrase, in the place of its last step
  std::vector<std::size_t> inner;  ///< the steps that go, the latest first
};

/// The longest phrase that step `last` ends and nothing else reads from within; `readers` counts
/// who reads each slot. Products and sums match with their operands either way round.
std::optional<FoundPhrase> find_phrase(const std::vector<Step>& steps, std::size_t last,
                                       const std::vector<int>& readers);

}  // namespace sloy::cpu
