/// Reorders: the values that a program writes anew in another order, and why.
#pragma once

#include <vector>

#include <sloy/program.h>

#include "passes/lowered.h"

namespace sloy {

/// Those of a lowered graph whose nodes run in that order. Where the two forms are the same bytes
/// under two names nothing is moved, and nothing listed.
std::vector<Plan::Reorder> reorders_of(const Lowered& lowered,
                                       const std::vector<std::int32_t>& order);

}  // namespace sloy
