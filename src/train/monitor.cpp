#include "train/monitor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <cmath>

namespace sloy {

namespace {

/// "val_accuracy", also for "val_accuracy_1" of a second metric of that name.
std::string_view without_number(std::string_view monitor) {
  const std::size_t end = monitor.find_last_not_of("0123456789");
  const bool numbered = end != monitor.npos && end + 1 < monitor.size() && monitor[end] == '_';
  return numbered ? monitor.substr(0, end) : monitor;
}

bool is_accuracy(std::string_view monitor) { return without_number(monitor).ends_with("accuracy"); }

bool is_loss(std::string_view monitor) {
  const std::string_view name = without_number(monitor);
  return name.ends_with("loss") || name.ends_with("error");
}

/// Throws ConfigError where no epoch's logs will have the figure.
void check_monitor(std::string_view callback, const std::string& monitor, const Run& run) {
  const std::vector<std::string>& names = run.log_names();
  if (std::find(names.begin(), names.end(), monitor) != names.end()) return;
  std::string fix = "hold out data to validate on, or monitor another figure";
  if (!monitor.starts_with("val_")) {
    const std::vector<std::string_view> known(names.begin(), names.end());
    fix = did_you_mean(monitor, known, "monitor one of them");
  }
  throw ConfigError(
      fmt::format("{} monitors '{}', which this training doesn't have", callback, monitor),
      {{"figures", fmt::format("{}", fmt::join(names, ", "))}}, std::move(fix));
}

}  // namespace

Best::Best(std::string_view monitor, Mode mode, double min_delta)
    : larger_(mode == Mode::max || (mode == Mode::automatic && is_accuracy(monitor))),
      min_delta_(std::abs(min_delta)) {}

bool Best::is_better(double value, double other) const {
  return larger_ ? value - min_delta_ > other : value + min_delta_ < other;
}

bool Best::improve(double value) {
  const bool better = found_ ? is_better(value, value_) : !std::isnan(value);
  if (better) set(value);
  return better;
}

Best begin_monitoring(std::string_view callback, const std::string& monitor, Mode mode,
                      double min_delta, Run& run) {
  check_monitor(callback, monitor, run);
  if (mode != Mode::automatic) return Best(monitor, mode, min_delta);
  if (const std::optional<bool> larger = run.larger_is_better(monitor)) {
    return Best(monitor, *larger ? Mode::max : Mode::min, min_delta);
  }
  if (!is_accuracy(monitor) && !is_loss(monitor)) {
    run.notify(Notice(fmt::format("{} takes a smaller {} for better: nothing says which it is",
                                  callback, monitor),
                      {},
                      "set its mode to max or min, or give the metric a member larger_is_better"));
  }
  return Best(monitor, mode, min_delta);
}

}  // namespace sloy
