#include <fmt/format.h>
#include <sloy/callbacks.h>

#include "base/arguments.h"

namespace sloy {

void LearningRateScheduler::on_train_begin(Run& run) {
  if (!schedule.is_given()) {
    throw ConfigError("LearningRateScheduler needs a schedule", {},
                      "give it one whose steps are epochs, or a function of the epoch");
  }
  run.set_learning_rate(run.learning_rate());  // refused now where there is a schedule
}

void LearningRateScheduler::on_epoch_begin(Run& run) {
  const double rate = schedule(run.epoch(), run.learning_rate());
  require_number(rate >= 0, fmt::format("the learning rate of epoch {}", run.epoch() + 1), rate,
                 "of 0 or more");
  run.set_learning_rate(rate);
}

Config to_config(const EpochSchedule& schedule) {
  if (schedule.function_) {
    throw ConfigError("a LearningRateScheduler's function can't be written to a file", {},
                      "give it a schedule, whose steps are epochs then");
  }
  return to_config(schedule.rates_);
}

void from_config(const Config& config, EpochSchedule& schedule) {
  LearningRate rates;
  from_config(config, rates);
  schedule = rates;
}

}  // namespace sloy
