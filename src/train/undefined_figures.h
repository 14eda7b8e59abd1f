/// Figures that are 0 / 0.
#pragma once

#include <sloy/callbacks.h>
#include <sloy/metrics.h>

#include <cstdint>
#include <string_view>

namespace sloy {

/// What a person should know of a metric's figure, "val_precision", that is 0 / 0 for some of what
/// it measures.
Notice undefined_figure(std::string_view figure, const Metric& metric, std::int64_t examples);

}  // namespace sloy
