#include <fmt/format.h>
#include <sloy/losses.h>

#include "base/arguments.h"
#include "train/losses/parts.h"
#include "train/targets.h"

namespace sloy {
namespace {

/// x·log x, 0 at 0, with a logarithm that is finite there.
Value times_own_log(Value x) { return x * log(where(greater(x, 0.0), x, x.graph().constant(1.0))); }

/// What is missing to certainty, to the power gamma. Below 1 that power has no slope at 0.
Value focus(Value missing, double gamma) {
  constexpr double smallest = 1e-30;
  return power(gamma < 1 ? maximum(missing, smallest) : missing, gamma);
}

void check_gamma(double gamma) { require_number(gamma >= 0, "gamma", gamma, "of 0 or more"); }

}  // namespace

Value KLDivergence::call(Value target, Value prediction) const {
  target = as_float(target);
  const Value p = minimum(maximum(prediction, loss_epsilon), 1.0);
  return sum(times_own_log(target) - target * log(p), {.axes = {-1}});
}
void KLDivergence::check(const Type& target, const Type& prediction) const {
  check_one_hot(type_name<KLDivergence>(), target, prediction);
}

/// 1 − p_t = target·(1 − p) + (1 − target)·p, which keeps the digits that 1 − p_t loses near 1.
Value BinaryFocalCrossentropy::call(Value target, Value prediction) const {
  target = smoothed(reshape(as_float(target), prediction.shape()), label_smoothing, 0.5);
  Value entropy, p, rest;
  if (from_logits) {
    entropy = sigmoid_cross_entropy(prediction, target);
    p = sigmoid(prediction);
    rest = sigmoid(-prediction);
  } else {
    p = clipped(prediction);
    rest = 1.0 - p;
    entropy = -(target * log(p) + (1.0 - target) * log(rest));
  }
  Value loss = entropy;
  if (gamma != 0) loss = focus(target * rest + (1.0 - target) * p, gamma) * loss;
  if (apply_class_balancing) loss = (target * alpha + (1.0 - target) * (1 - alpha)) * loss;
  return mean_of_example(loss);
}
void BinaryFocalCrossentropy::check(const Type& target, const Type& prediction) const {
  const std::string_view name = type_name<BinaryFocalCrossentropy>();
  check_smoothing(name, label_smoothing);
  check_gamma(gamma);
  require_number(alpha >= 0 && alpha <= 1, "alpha", alpha, "from 0 to 1");
  check_binary(name, target, prediction);
}

/// 1 − p by the logarithm of p, which keeps the digits that 1 − p loses near 1.
Value CategoricalFocalCrossentropy::call(Value target, Value prediction) const {
  const auto classes = static_cast<double>(prediction.shape().size(-1));
  target = smoothed(as_float(target), label_smoothing, 1 / classes);
  const Value log_p = log_probabilities(prediction, from_logits);
  Value loss = -(target * log_p);
  if (gamma != 0) loss = focus(-expm1(log_p), gamma) * loss;
  const std::vector<double>& weights = alpha.values();
  loss = weights.size() == 1 ? loss * weights.front()
                             : loss * loss.graph().constant(Tensor(
                                          {static_cast<std::int64_t>(weights.size())}, weights));
  return sum(loss, {.axes = {-1}});
}
void CategoricalFocalCrossentropy::check(const Type& target, const Type& prediction) const {
  const std::string_view name = type_name<CategoricalFocalCrossentropy>();
  check_smoothing(name, label_smoothing);
  check_gamma(gamma);
  for (double weight : alpha.values()) {
    require_number(weight >= 0, "alpha", weight, "of 0 or more");
  }
  check_one_hot(name, target, prediction);
  const auto weights = static_cast<std::int64_t>(alpha.values().size());
  if (weights == 1 || weights == prediction.shape.size(-1)) return;
  throw ConfigError(fmt::format("{}: alpha has {} numbers for {} classes", name, weights,
                                prediction.shape.size(-1)),
                    {}, "give one number for all classes, or one for each");
}

}  // namespace sloy
