/// Two steps of a fused program in one loop: what the first makes passes through no memory.
#pragma once

#include <optional>

#include "backends/cpu/simd/fused_plan.h"

namespace sloy::cpu {

/// What `second`, which reads the result of `first`, computes of the operands of both: nothing
/// where there is no such loop.
std::optional<Step> pair_of(const Step& first, const Step& second);

/// Whether it is one instruction, joined with no other.
bool is_alone(const Step& step);

/// How many of its operands, from a on, a step that computes reads.
int operand_count(const Step& step);

}  // namespace sloy::cpu
