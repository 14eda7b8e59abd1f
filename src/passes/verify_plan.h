/// What a schedule and a memory plan must keep, checked after they are made.
#pragma once

#include <vector>

#include "passes/lowered.h"

namespace sloy {

/// Throws std::logic_error, naming the node, unless every node that runs does so once, after those
/// whose results it reads, and the writer of a variable after all others that read its old value.
void verify_schedule(const Lowered& lowered, const std::vector<std::int32_t>& order);

/// Walks the schedule and notes which value each piece of memory holds. Throws std::logic_error
/// where a node or an output would read what was written over, where a kernel writes over an
/// operand that its proposal doesn't let it (its scratch counts as written), or where something
/// lies outside its segment. It knows nothing of how the planner thinks. Time grows with the number
/// of values, n log n.
void verify_memory(const Lowered& lowered, const std::vector<std::int32_t>& order,
                   const MemoryPlan& plan, NumericPrecision precision);

}  // namespace sloy
