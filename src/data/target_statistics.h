/// Statistics of what a model learns to give.
#pragma once

#include <sloy/data.h>

namespace sloy::data {

/// As statistics(), of the targets; `part` counts them.
Statistics target_statistics(const Dataset& dataset, std::size_t part);

}  // namespace sloy::data
