/// What callbacks that follow one figure have in common.
#pragma once

#include <sloy/callbacks.h>

#include <string>
#include <string_view>

namespace sloy {

/// Looks for the best of a figure from the beginning of a fit on. Where `mode` leaves the direction
/// open the figure's metric or its name decides; a Notice says so where neither tells. Throws
/// ConfigError where no epoch's logs will have the figure.
Best begin_monitoring(std::string_view callback, const std::string& monitor, Mode mode,
                      double min_delta, Run& run);

}  // namespace sloy
