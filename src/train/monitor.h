/// What callbacks that follow one figure have in common.
#pragma once

#include <sloy/callbacks.h>

#include <string>
#include <string_view>

namespace sloy {

/// Throws ConfigError where no epoch's logs will have the figure.
void check_monitor(std::string_view callback, const std::string& monitor, const Run& run);

}  // namespace sloy
