#include "train/optimizer_options.h"

#include <fmt/format.h>
#include <sloy/nearest.h>
#include <sloy/program.h>
#include <sloy/scope.h>

#include <algorithm>
#include <cmath>

#include "base/arguments.h"

namespace sloy {
namespace {

constexpr std::string_view average_slot = "ema";

/// Whether `path` is the weight's own, or one of a layer or model it is in.
bool leads_to(std::string_view path, std::string_view weight) {
  if (!weight.starts_with(path)) return false;
  return path.empty() || weight.size() == path.size() || weight[path.size()] == '/';
}

/// "encoder", "encoder/conv1", "encoder/conv1/kernel".
std::vector<std::string_view> paths_to(const std::vector<std::string_view>& weights) {
  std::vector<std::string_view> paths;
  for (std::string_view weight : weights) {
    for (std::size_t end = weight.find('/');; end = weight.find('/', end + 1)) {
      const std::string_view path = weight.substr(0, end);
      if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
      if (end == std::string_view::npos) break;
    }
  }
  return paths;
}

Value length_of(Value x) { return sqrt(sum(square(x))); }

/// 1, or what scales something of this norm down to `limit`.
Value scale_to(Value norm, double limit) { return limit / maximum(norm, limit); }

/// The average as it is used, from the one that is kept.
double correction(const OptimizerOptions& options, double updates) {
  return options.ema_bias_correction ? -std::expm1(updates * std::log(options.ema_momentum)) : 1;
}

}  // namespace

void check_argument(bool holds, std::string_view argument, double value, std::string_view needed) {
  require_number(holds, fmt::format("the optimizer's {}", argument), value, needed);
}

void check_ranges(const OptimizerOptions& options) {
  const auto check_limit = [](std::string_view argument, std::optional<double> limit) {
    if (limit) check_argument(*limit > 0, argument, *limit, "above 0");
  };
  check_limit("clipnorm", options.clipnorm);
  check_limit("clipvalue", options.clipvalue);
  check_limit("global_clipnorm", options.global_clipnorm);
  if (options.clipnorm.has_value() + options.clipvalue.has_value() +
          options.global_clipnorm.has_value() >
      1) {
    throw ConfigError("gradients can be clipped in one way only", {},
                      "give one of clipnorm, clipvalue and global_clipnorm");
  }
  const double decay = options.weight_decay.value_or(0);
  check_argument(decay >= 0, "weight_decay", decay, "of 0 or more");
  check_argument(options.ema_momentum >= 0 && options.ema_momentum < 1, "ema_momentum",
                 options.ema_momentum, "from 0 to just below 1");
  require_positive("the optimizer's ema_overwrite_frequency",
                   options.ema_overwrite_frequency.value_or(1));
  require_positive("the optimizer's gradient_accumulation_steps",
                   options.gradient_accumulation_steps);
  for (const LearningRateMultiplier& one : options.learning_rate_multipliers) {
    check_argument(one.multiplier >= 0, fmt::format("multiplier for '{}'", one.path),
                   one.multiplier, "of 0 or more");
  }
}

void check_names(const OptimizerOptions& options, const std::vector<std::string_view>& weights) {
  for (const LearningRateMultiplier& one : options.learning_rate_multipliers) {
    const auto fits = [&](std::string_view weight) { return leads_to(one.path, weight); };
    if (std::any_of(weights.begin(), weights.end(), fits)) continue;
    throw ConfigError(
        fmt::format("learning_rate_multipliers names '{}', which leads to no weight that learns",
                    one.path),
        {}, did_you_mean(one.path, paths_to(weights), "name a layer, a model or a weight"));
  }
  for (const std::string& word : options.exclude_from_weight_decay) {
    const auto holds = [&](std::string_view weight) {
      return weight.find(word) != std::string_view::npos;
    };
    if (std::any_of(weights.begin(), weights.end(), holds)) continue;
    throw ConfigError(
        fmt::format("exclude_from_weight_decay names '{}', which is in no weight's path", word), {},
        did_you_mean(word, paths_to(weights), "give a part of a path, as \"bias\""));
  }
}

double multiplier_of(const OptimizerOptions& options, std::string_view weight) {
  const LearningRateMultiplier* longest = nullptr;
  for (const LearningRateMultiplier& one : options.learning_rate_multipliers) {
    if (!leads_to(one.path, weight)) continue;
    if (!longest || one.path.size() > longest->path.size()) longest = &one;
  }
  return longest ? longest->multiplier : 1;
}

bool decays(const OptimizerOptions& options, std::string_view weight) {
  const auto& words = options.exclude_from_weight_decay;
  return std::none_of(words.begin(), words.end(), [&](const std::string& word) {
    return weight.find(word) != std::string_view::npos;
  });
}

Value bias_correction(double beta, Value t) { return -expm1(t * std::log(beta)); }

std::vector<Value> clipped(const OptimizerOptions& options, std::vector<Value> gradients) {
  if (options.clipnorm) {
    for (Value& g : gradients) g = g * scale_to(length_of(g), *options.clipnorm);
  } else if (options.clipvalue) {
    const double limit = *options.clipvalue;
    for (Value& g : gradients) g = minimum(maximum(g, -limit), limit);
  } else if (options.global_clipnorm) {
    Value squares = sum(square(gradients.front()));
    for (std::size_t i = 1; i < gradients.size(); ++i) {
      squares = squares + sum(square(gradients[i]));
    }
    const Value scale = scale_to(sqrt(squares), *options.global_clipnorm);
    for (Value& g : gradients) g = g * scale;
  }
  return gradients;
}

Value averaged(const OptimizerOptions& options, OptimizerScope& scope, Value weight) {
  if (!options.use_ema) return weight;
  const Value t = scope.step_number();
  // Keras's average begins at the weights after the first update.
  const Value beta = options.ema_bias_correction ? scope.graph().constant(options.ema_momentum)
                                                 : options.ema_momentum * greater(t, 1.0);
  Value average =
      scope.slot(average_slot, [&](Value old) { return beta * old + (1 - beta) * weight; });
  if (!options.ema_overwrite_frequency) return weight;
  if (options.ema_bias_correction) {
    average = average / bias_correction(options.ema_momentum, t);
  }
  const Value periods = t / static_cast<double>(*options.ema_overwrite_frequency);
  return where(equal(floor(periods), periods), average, weight);
}

void Optimizer::take_average(State& state) const {
  if (!options_.use_ema) return;
  const Variables& variables = *state.variables();
  const double updates = std::floor(state.scalar(variables.find(step_variable)) /
                                    options_.gradient_accumulation_steps);
  if (updates < 1) return;
  const double scale = 1 / correction(options_, updates);
  for (VariableId id = 0; id < variables.size(); ++id) {
    const Variable& slot = variables[id];
    if (slot.role != Role::slot || !slot.name.ends_with(fmt::format("/{}", average_slot))) continue;
    Tensor average = state.get(id).cast(DType::float64);
    for (double& number : average.mutable_values<double>()) number *= scale;
    state.set(slot.follows, average);
  }
}

}  // namespace sloy
