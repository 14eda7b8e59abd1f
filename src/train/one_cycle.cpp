#include <fmt/format.h>
#include <sloy/callbacks.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/arguments.h"

namespace sloy {
namespace {

/// From `start` at 0 to `end` at 1.
double anneal(AnnealStrategy strategy, double start, double end, double share) {
  if (strategy == AnnealStrategy::linear) return start + (end - start) * share;
  return end + (start - end) / 2 * (1 + std::cos(std::numbers::pi * share));
}

void set_rate(const OneCycle& cycle, Run& run) {
  run.set_learning_rate(
      cycle.learning_rate(run.epoch() * run.steps() + run.step(), run.epochs() * run.steps()));
}

}  // namespace

double OneCycle::learning_rate(std::int64_t step, std::int64_t steps) const {
  const double first = max_learning_rate / div_factor;
  const double last = first / final_div_factor;
  const double end = static_cast<double>(std::max<std::int64_t>(steps, 1) - 1);
  // PyTorch's phases: the peak falls on the last step of the first one.
  const double peak = std::max(0.0, pct_start * static_cast<double>(steps) - 1);
  const double at = std::clamp(static_cast<double>(step), 0.0, end);
  if (at < peak) return anneal(anneal_strategy, first, max_learning_rate, at / peak);
  if (end <= peak) return max_learning_rate;
  return anneal(anneal_strategy, max_learning_rate, last, (at - peak) / (end - peak));
}

void OneCycle::on_train_begin(Run&) {
  require_number(max_learning_rate > 0, "OneCycle's max_learning_rate", max_learning_rate,
                 "above 0");
  require_number(pct_start >= 0 && pct_start <= 1, "OneCycle's pct_start", pct_start,
                 "from 0 to 1");
  require_number(div_factor > 0, "OneCycle's div_factor", div_factor, "above 0");
  require_number(final_div_factor > 0, "OneCycle's final_div_factor", final_div_factor, "above 0");
}

void OneCycle::on_epoch_begin(Run& run) { set_rate(*this, run); }
void OneCycle::on_train_batch_end(Run& run, const Logs&) { set_rate(*this, run); }

}  // namespace sloy
