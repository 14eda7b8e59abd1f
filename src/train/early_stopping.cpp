#include <fmt/format.h>

#include "train/monitor.h"

namespace sloy {
namespace {

/// Two in one fit that would keep other weights have other names.
std::string kept_name(const EarlyStopping& stopping) {
  return fmt::format("early_stopping({}, {}, {}, {})", stopping.monitor,
                     enum_names(stopping.mode)[static_cast<std::size_t>(stopping.mode)],
                     stopping.min_delta, stopping.start_from_epoch);
}

}  // namespace

void EarlyStopping::on_train_begin(Run& run) {
  if (patience < 0) {
    throw ConfigError(fmt::format("EarlyStopping's patience can't be {}", patience), {},
                      "give a number of epochs, 0 or more");
  }
  progress = {.best = begin_monitoring(type_name<EarlyStopping>(), monitor, mode, min_delta, run)};
}

void EarlyStopping::on_epoch_end(Run& run, const Logs& logs) {
  if (run.epoch() < start_from_epoch) return;
  const double value = logs[monitor];
  ++progress.wait;
  if (progress.best.improve(value)) {
    progress.best_epoch = run.epoch();
    if (restore_best_weights) run.keep_weights(kept_name(*this));
    if (!baseline || progress.best.is_better(value, *baseline)) progress.wait = 0;
    return;
  }
  // As in Keras the very first epoch never ends it, so that patience 0 compares two.
  if (progress.wait < patience || run.epoch() == 0) return;
  progress.stopped_epoch = run.epoch();
  run.stop();
}

void EarlyStopping::on_train_end(Run& run, const Logs&) {
  if (restore_best_weights && progress.best_epoch >= 0) run.restore_weights(kept_name(*this));
}

Config EarlyStopping::state() const {
  return Config::Map{{"best", progress.best.found() ? Config(progress.best.value()) : Config()},
                     {"best_epoch", progress.best_epoch},
                     {"wait", progress.wait},
                     {"stopped_epoch", progress.stopped_epoch}};
}

void EarlyStopping::set_state(const Config& config) {
  const auto epochs = [&](std::string_view key) {
    return static_cast<int>(config.at(key).as_integer());
  };
  progress = {.best = progress.best,
              .best_epoch = epochs("best_epoch"),
              .wait = epochs("wait"),
              .stopped_epoch = epochs("stopped_epoch")};
  if (const Config& best = config.at("best"); !best.is_null()) progress.best.set(best.as_number());
}

}  // namespace sloy
