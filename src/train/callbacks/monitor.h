/// Figures that callbacks watch.
#pragma once

#include <sloy/callbacks.h>

namespace sloy {

/// Throws ConfigError, before the first step, where no epoch's logs will have the figure.
void require_figure(const Run& run, std::string_view callback, const std::string& monitor);

/// A Best as data, and back.
Config best_state(const Best& best);
void set_best_state(const Config& config, Best& best);

}  // namespace sloy
