#include <fmt/format.h>
#include <sloy/optimizers.h>

#include <cmath>

#include "base/arguments.h"
#include "train/optimizer_options.h"

namespace sloy {
namespace {

void check_average(std::string_view argument, double beta) {
  check_argument(beta >= 0 && beta < 1, argument, beta, "from 0 to just below 1");
}

void check_epsilon(double epsilon) {
  check_argument(epsilon > 0, "epsilon", epsilon,
                 "above 0: without it a gradient of 0 divides by 0");
}

void check_not_negative(std::string_view argument, double value) {
  check_argument(value >= 0, argument, value, "of 0 or more");
}

/// The running average of a value, kept under `name`.
Value running(OptimizerScope& scope, std::string_view name, double beta, Value value) {
  return scope.slot(name, [&](Value old) { return beta * old + (1 - beta) * value; });
}

/// Adam's slots, the averages of g and g².
struct GradientMoments {
  Value first;
  Value second;
};
GradientMoments adam_moments(OptimizerScope& scope, double beta_1, double beta_2, Value gradient) {
  check_average("beta_1", beta_1);
  check_average("beta_2", beta_2);
  return {running(scope, "momentum", beta_1, gradient),
          running(scope, "velocity", beta_2, square(gradient))};
}

/// x over the root of `mean_square` with ε where it belongs, for rules that correct nothing.
Value over_root(std::string_view type, Value x, Value mean_square, EpsilonPlace place,
                double epsilon) {
  check_epsilon(epsilon);
  switch (place) {
    case EpsilonPlace::inside_root: return x / sqrt(mean_square + epsilon);
    case EpsilonPlace::outside_root: return x / (sqrt(mean_square) + epsilon);
    case EpsilonPlace::uncorrected: break;
  }
  throw ConfigError(fmt::format("{} corrects nothing: its epsilon can't be uncorrected", type), {},
                    "give inside_root or outside_root as epsilon_place");
}

/// numerator / denominator, or 1 where one of them is 0.
Value trust_ratio(Value numerator, Value denominator) {
  const Value both = greater(numerator, 0.0) * greater(denominator, 0.0);
  return where(both, numerator / where(both, denominator, numerator.graph().constant(1.0)),
               numerator.graph().constant(1.0));
}

Value length_of(Value x) { return sqrt(sum(square(x))); }

}  // namespace

Value SGD::step(OptimizerScope& scope, Value weight, Value gradient) const {
  check_average("momentum", momentum);
  if (nesterov && momentum == 0) {
    throw ConfigError("SGD's nesterov works only with a momentum", {},
                      "give it one, as .momentum = 0.9, or leave nesterov out");
  }
  const Value rate = scope.learning_rate();
  if (momentum == 0) return weight - rate * gradient;
  if (momentum_form == MomentumForm::keras) {
    const Value descent = rate * gradient;
    const Value v = scope.slot("momentum", [&](Value old) { return momentum * old - descent; });
    return nesterov ? weight + (momentum * v - descent) : weight + v;
  }
  const Value added =
      momentum_form == MomentumForm::averaged ? (1 - momentum) * gradient : gradient;
  const Value v = scope.slot("momentum", [&](Value old) { return momentum * old + added; });
  return weight - rate * (nesterov ? added + momentum * v : v);
}

Value RMSprop::step(OptimizerScope& scope, Value weight, Value gradient) const {
  check_average("rho", rho);
  check_average("momentum", momentum);
  Value spread = running(scope, "velocity", rho, square(gradient));
  if (centered) {
    // Rounding can make the variance negative, where the gradient hardly changes.
    spread = maximum(spread - square(running(scope, "average_gradient", rho, gradient)), 0.0);
  }
  const double e = epsilon.value_or(epsilon_place == EpsilonPlace::inside_root ? 1e-7 : 1e-8);
  const Value descent =
      scope.learning_rate() * over_root("RMSprop", gradient, spread, epsilon_place, e);
  if (momentum == 0) return weight - descent;
  return weight - scope.slot("momentum", [&](Value old) { return momentum * old + descent; });
}

Value Adagrad::step(OptimizerScope& scope, Value weight, Value gradient) const {
  check_not_negative("initial_accumulator_value", initial_accumulator_value);
  const Value squares = scope.slot(
      "accumulator", [&](Value old) { return old + square(gradient); }, initial_accumulator_value);
  const double e = epsilon.value_or(epsilon_place == EpsilonPlace::inside_root ? 1e-7 : 1e-10);
  return weight - scope.learning_rate() * over_root("Adagrad", gradient, squares, epsilon_place, e);
}

Value Adadelta::step(OptimizerScope& scope, Value weight, Value gradient) const {
  check_average("rho", rho);
  check_epsilon(epsilon);
  const Value squares = running(scope, "accumulated_gradient", rho, square(gradient));
  Value change;
  scope.slot("accumulated_change", [&](Value old) {
    change = gradient * sqrt(old + epsilon) / sqrt(squares + epsilon);
    return rho * old + (1 - rho) * square(change);
  });
  return weight - scope.learning_rate() * change;
}

Value Adam::step(OptimizerScope& scope, Value weight, Value gradient) const {
  const bool inside = epsilon_place == EpsilonPlace::inside_root;
  const double e = epsilon.value_or(inside ? 1e-7 * 1e-7 : 1e-7);
  check_epsilon(e);
  auto [m, v] = adam_moments(scope, beta_1, beta_2, gradient);
  if (amsgrad) {
    const Value now = v;
    v = scope.slot("largest_velocity", [&](Value old) { return maximum(old, now); });
  }
  const Value t = scope.step_number();
  const Value rate = scope.learning_rate() / bias_correction(beta_1, t);
  const Value correction = bias_correction(beta_2, t);
  switch (epsilon_place) {
    case EpsilonPlace::uncorrected: return weight - rate * sqrt(correction) * m / (sqrt(v) + e);
    case EpsilonPlace::outside_root:
      return weight - rate * m / (sqrt(v) * (1.0 / sqrt(correction)) + e);
    case EpsilonPlace::inside_root: break;
  }
  return weight - rate * m / sqrt(v * (1.0 / correction) + e);
}

Value AdamW::step(OptimizerScope& scope, Value weight, Value gradient) const {
  check_not_negative("weight_decay", weight_decay);
  const Adam adam{.learning_rate = learning_rate,
                  .beta_1 = beta_1,
                  .beta_2 = beta_2,
                  .epsilon = epsilon,
                  .epsilon_place = epsilon_place,
                  .amsgrad = amsgrad};
  if (scope.decays()) weight = weight - scope.learning_rate() * weight_decay * weight;
  return adam.step(scope, weight, gradient);
}

Value Adamax::step(OptimizerScope& scope, Value weight, Value gradient) const {
  check_average("beta_1", beta_1);
  check_average("beta_2", beta_2);
  check_epsilon(epsilon);
  const Value m = running(scope, "momentum", beta_1, gradient);
  const Value u =
      scope.slot("norm", [&](Value old) { return maximum(beta_2 * old, absolute(gradient)); });
  const Value rate = scope.learning_rate() / bias_correction(beta_1, scope.step_number());
  return weight - rate * m / (u + epsilon);
}

Value Nadam::step(OptimizerScope& scope, Value weight, Value gradient) const {
  check_epsilon(epsilon);
  check_not_negative("momentum_decay", momentum_decay);
  const auto [m, v] = adam_moments(scope, beta_1, beta_2, gradient);
  const Value t = scope.step_number();
  const auto momentum_at = [&](Value step) {
    return beta_1 * (1 - 0.5 * exp(step * (momentum_decay * std::log(0.96))));
  };
  const Value now = momentum_at(t), next = momentum_at(t + 1);
  const Value product = scope.shared_slot(
      "momentum_product", [&](Value old) { return old * now; }, 1);
  const Value ahead = next * m / (1 - product * next) + (1 - now) * gradient / (1 - product);
  const Value spread = sqrt(v / bias_correction(beta_2, t));
  return weight - scope.learning_rate() * ahead / (spread + epsilon);
}

Value Lion::step(OptimizerScope& scope, Value weight, Value gradient) const {
  check_average("beta_1", beta_1);
  check_average("beta_2", beta_2);
  Value direction;
  scope.slot("momentum", [&](Value old) {
    direction = sign(beta_1 * old + (1 - beta_1) * gradient);
    return beta_2 * old + (1 - beta_2) * gradient;
  });
  return weight - scope.learning_rate() * direction;
}

Value Lamb::step(OptimizerScope& scope, Value weight, Value gradient) const {
  check_epsilon(epsilon);
  check_not_negative("weight_decay_in_ratio", weight_decay_in_ratio);
  const auto [m, v] = adam_moments(scope, beta_1, beta_2, gradient);
  const Value t = scope.step_number();
  Value change = m / bias_correction(beta_1, t) / (sqrt(v / bias_correction(beta_2, t)) + epsilon);
  if (weight_decay_in_ratio > 0 && scope.decays()) {
    change = change + weight_decay_in_ratio * weight;
  }
  const Value ratio = trust_ratio(length_of(weight), length_of(change));
  return weight - scope.learning_rate() * ratio * change;
}

Value Lars::step(OptimizerScope& scope, Value weight, Value gradient) const {
  check_average("momentum", momentum);
  check_argument(trust_coefficient > 0, "trust_coefficient", trust_coefficient, "above 0");
  check_not_negative("weight_decay_in_ratio", weight_decay_in_ratio);
  const Value weight_length = length_of(weight);
  Value divisor = length_of(gradient);
  Value change = gradient;
  if (weight_decay_in_ratio > 0 && scope.decays()) {
    divisor = divisor + weight_decay_in_ratio * weight_length;
    change = change + weight_decay_in_ratio * weight;
  }
  const Value ratio = trust_ratio(trust_coefficient * weight_length, divisor);
  const Value descent = scope.learning_rate() * ratio * change;
  if (momentum == 0) return weight - descent;
  return weight - scope.slot("momentum", [&](Value old) { return momentum * old + descent; });
}

std::vector<Graph::Update> SGD::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}
std::vector<Graph::Update> RMSprop::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}
std::vector<Graph::Update> Adagrad::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}
std::vector<Graph::Update> Adadelta::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}
std::vector<Graph::Update> Adam::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}
std::vector<Graph::Update> AdamW::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}
std::vector<Graph::Update> Adamax::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}
std::vector<Graph::Update> Nadam::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}
std::vector<Graph::Update> Lion::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}
std::vector<Graph::Update> Lamb::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}
std::vector<Graph::Update> Lars::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}

}  // namespace sloy
