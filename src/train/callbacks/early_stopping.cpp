#include <sloy/callbacks.h>

#include "train/callbacks/monitor.h"

namespace sloy {
namespace {

/// The name the best weights are kept under: of the figure, as several callbacks may watch several.
std::string kept_as(const EarlyStopping& callback) { return "best of " + callback.monitor; }

}  // namespace

void EarlyStopping::on_train_begin(Run& run) {
  require_figure(run, "EarlyStopping", monitor);
  if (patience < 0) throw ConfigError("EarlyStopping: patience can't be negative");
  progress = {.best = Best(monitor, mode, min_delta)};
}

void EarlyStopping::on_epoch_end(Run& run, const Logs& logs) {
  if (run.epoch() < start_from_epoch) return;
  const double value = logs[monitor];
  if (progress.best.improve(value)) {
    progress.best_epoch = run.epoch();
    if (restore_best_weights) run.keep_weights(kept_as(*this));
    // An improvement that is still worse than the baseline doesn't count against the patience.
    Best floor(monitor, mode, min_delta);
    if (baseline) floor.set(*baseline);
    if (floor.improve(value)) {
      progress.wait = 0;
      return;
    }
  }
  // Keras counts an epoch without improvement at once, so patience 0 and 1 both stop at the first.
  if (++progress.wait >= patience && run.epoch() > 0) {
    progress.stopped_epoch = run.epoch();
    run.stop();
  }
}

void EarlyStopping::on_train_end(Run& run, const Logs&) {
  if (restore_best_weights && progress.best_epoch >= 0) run.restore_weights(kept_as(*this));
}

Config EarlyStopping::state() const {
  return Config::Map{{"best", best_state(progress.best)},
                     {"best_epoch", progress.best_epoch},
                     {"wait", progress.wait},
                     {"stopped_epoch", progress.stopped_epoch}};
}

void EarlyStopping::set_state(const Config& config) {
  set_best_state(config.at("best"), progress.best);
  progress.best_epoch = static_cast<int>(config.at("best_epoch").as_integer());
  progress.wait = static_cast<int>(config.at("wait").as_integer());
  progress.stopped_epoch = static_cast<int>(config.at("stopped_epoch").as_integer());
}

}  // namespace sloy
