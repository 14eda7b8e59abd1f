#include "train/callbacks/monitor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace sloy {

void require_figure(const Run& run, std::string_view callback, const std::string& monitor) {
  const std::vector<std::string>& names = run.log_names();
  if (std::find(names.begin(), names.end(), monitor) != names.end()) return;
  const bool is_validation = monitor.starts_with("val_");
  throw ConfigError(
      fmt::format("{} monitors {}, which this fit does not measure", callback, monitor),
      {{"measured", fmt::format("{}", fmt::join(names, ", "))}},
      is_validation ? "give validation_split or validation_data, or monitor a figure of training"
                    : "monitor one of the measured figures, or add the metric to compile");
}

Config best_state(const Best& best) {
  if (!best.found()) return {};
  return best.value();
}

void set_best_state(const Config& config, Best& best) {
  if (!config.is_null()) best.set(config.as_number());
}

}  // namespace sloy
