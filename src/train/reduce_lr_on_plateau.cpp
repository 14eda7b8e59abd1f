#include <fmt/format.h>

#include <algorithm>

#include "base/arguments.h"
#include "train/monitor.h"

namespace sloy {

void ReduceLROnPlateau::on_train_begin(Run& run) {
  require_number(factor > 0 && factor < 1, "ReduceLROnPlateau's factor", factor,
                 "above 0 and below 1");
  require_number(min_lr >= 0, "ReduceLROnPlateau's min_lr", min_lr, "of 0 or more");
  for (const auto& [name, epochs] : {std::pair{"patience", patience}, {"cooldown", cooldown}}) {
    require_number(epochs >= 0, fmt::format("ReduceLROnPlateau's {}", name), epochs,
                   "of 0 or more");
  }
  run.set_learning_rate(run.learning_rate());  // refused now where there is a schedule
  progress = {.best =
                  begin_monitoring(type_name<ReduceLROnPlateau>(), monitor, mode, min_delta, run)};
}

void ReduceLROnPlateau::on_epoch_end(Run& run, const Logs& logs) {
  if (progress.cooldown > 0) {
    --progress.cooldown;
    progress.wait = 0;
  }
  if (progress.best.improve(logs[monitor])) {
    progress.wait = 0;
    return;
  }
  if (progress.cooldown > 0 || ++progress.wait < patience) return;
  const double rate = run.learning_rate();
  if (rate <= min_lr) return;
  run.set_learning_rate(std::max(rate * factor, min_lr));
  progress.cooldown = cooldown;
  progress.wait = 0;
}

Config ReduceLROnPlateau::state() const {
  return Config::Map{{"best", progress.best.found() ? Config(progress.best.value()) : Config()},
                     {"wait", progress.wait},
                     {"cooldown", progress.cooldown}};
}

void ReduceLROnPlateau::set_state(const Config& config) {
  if (const Config& best = config.at("best"); !best.is_null()) progress.best.set(best.as_number());
  progress.wait = static_cast<int>(config.at("wait").as_integer());
  progress.cooldown = static_cast<int>(config.at("cooldown").as_integer());
}

}  // namespace sloy
