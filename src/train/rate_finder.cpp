#include <fmt/format.h>
#include <sloy/model.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/arguments.h"
#include "data/loader.h"
#include "program/executable.h"
#include "train/adapt.h"
#include "train/checks.h"
#include "train/trainer.h"

namespace sloy {
namespace {

void check_options(const RateFinderOptions& options) {
  require_number(options.min_learning_rate > 0, "min_learning_rate", options.min_learning_rate,
                 "above 0");
  require_number(options.max_learning_rate > options.min_learning_rate, "max_learning_rate",
                 options.max_learning_rate, "above min_learning_rate");
  require_number(options.steps >= 2, "steps", options.steps, "of 2 or more");
  require_number(options.smoothing >= 0 && options.smoothing < 1, "smoothing", options.smoothing,
                 "from 0 to just below 1");
  require_number(options.stop_factor > 1, "stop_factor", options.stop_factor, "above 1");
  require_positive("batch_size", options.batch_size);
}

double rate_of(const RateFinderOptions& options, int step) {
  const double growth = options.max_learning_rate / options.min_learning_rate;
  return options.min_learning_rate * std::pow(growth, step / double(options.steps - 1));
}

/// Adds a step's loss; false where there is no use in going on.
bool add_loss(RateCurve& curve, double rate, double loss, const RateFinderOptions& options,
              double& average) {
  if (!std::isfinite(loss)) return false;
  curve.learning_rates.push_back(rate);
  curve.losses.push_back(loss);
  average = options.smoothing * average + (1 - options.smoothing) * loss;
  const auto t = static_cast<double>(curve.losses.size());
  const double smoothed = average / (1 - std::pow(options.smoothing, t));
  curve.smoothed.push_back(smoothed);
  const double least = *std::min_element(curve.smoothed.begin(), curve.smoothed.end());
  return smoothed <= options.stop_factor * std::abs(least);
}

/// Where the smoothed loss falls fastest: rates grow by one factor, so differences are slopes over
/// the logarithm. They are taken over a tenth of the steps, as batches are of unequal difficulty.
double steepest(const RateCurve& curve, int steps) {
  const std::size_t reach = std::max<std::size_t>(1, static_cast<std::size_t>(steps) / 20);
  const std::size_t last = curve.smoothed.size() - 1;
  double suggestion = curve.learning_rates.front();
  double slope = std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < last; ++i) {
    const std::size_t before = i - std::min(i, reach), after = std::min(i + reach, last);
    const double here =
        (curve.smoothed[after] - curve.smoothed[before]) / static_cast<double>(after - before);
    if (here >= slope) continue;
    slope = here;
    suggestion = curve.learning_rates[i];
  }
  return suggestion;
}

}  // namespace

RateCurve Model::find_learning_rate(const data::Dataset& train, const RateFinderOptions& options) {
  require_training(*impl_, "a search for the learning rate");
  check_options(options);
  if (train.empty()) {
    throw DataError("the data set to train on has no examples", {}, "give one or more");
  }
  impl_->build_for(first_features(train.spec()));
  const std::int64_t batch_size = std::min(options.batch_size, train.size());
  const TrainingSteps& steps = trainer_for(*impl_, train.spec(), batch_size, {}).steps;
  adapt_unmeasured(*this, *impl_, train);
  require_measured(*impl_, "a search for the learning rate");

  // The steps are of a copy, whose slots begin anew: the model stays as it is.
  State state(impl_->state.variables(),
              {.seed = impl_->seed, .precision = impl_->compiled->precision});
  copy_by_name(impl_->state, state, is_weight);
  const VariableId rate_id = state.variables()->find(learning_rate_variable);
  const int accumulated = impl_->compiled->optimizer.options().gradient_accumulation_steps;
  data::Loader loader(
      train, {.batch_size = batch_size, .shuffle = true, .seed = impl_->seed, .workers = 0});
  BatchFeeds feeds(train.spec(), impl_->compiled->precision);
  const TargetCheck check(*impl_, train.spec(), false);
  Figures figures(steps.figures(), steps.prepare(batch_size));

  RateCurve curve;
  double average = 0;
  int epoch = 0;
  const data::Batch* given = nullptr;
  loader.start(epoch);
  for (int update = 0; update < options.steps; ++update) {
    const double rate = rate_of(options, update);
    double loss = 0;
    for (int i = 0; i < accumulated; ++i) {
      while (!(given = loader.next())) loader.start(++epoch);
      check(*given);
      state.set_scalar(rate_id, rate);
      Executable& step = steps.next(state, given->count);
      step.run(state, feeds.of(*given));
      figures.add(step, impl_->compiled->precision, given->count);
      loss += figures.last_loss() / accumulated;
    }
    if (!add_loss(curve, rate, loss, options, average)) break;
  }
  if (curve.losses.empty()) {
    throw NumericError("the loss is not finite before the first step", {},
                       "look for numbers that are not finite or very large in the data");
  }
  curve.suggestion = steepest(curve, options.steps);
  return curve;
}

}  // namespace sloy
