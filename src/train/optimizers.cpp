#include <fmt/format.h>
#include <sloy/optimizers.h>

#include <cmath>

#include "base/arguments.h"

namespace sloy {
namespace {

void check_rate(double learning_rate) {
  require_number(learning_rate >= 0, "the optimizer's learning_rate", learning_rate,
                 "of 0 or more");
}

void check_average(std::string_view argument, double beta) {
  require_number(beta >= 0 && beta < 1, fmt::format("the optimizer's {}", argument), beta,
                 "from 0 to just below 1");
}

/// 1 − βᵗ, with all its digits where βᵗ is near 1.
Value bias_correction(double beta, Value t) { return -expm1(t * std::log(beta)); }

}  // namespace

Value SGD::step(OptimizerScope& scope, Value weight, Value gradient) const {
  check_rate(learning_rate);
  check_average("momentum", momentum);
  if (nesterov && momentum == 0) {
    throw ConfigError("SGD's nesterov works only with a momentum", {},
                      "give it one, as .momentum = 0.9, or leave nesterov out");
  }
  const Value descent = scope.learning_rate() * gradient;
  if (momentum == 0) return weight - descent;
  const Value v = scope.slot("momentum", [&](Value old) { return momentum * old - descent; });
  return nesterov ? weight + (momentum * v - descent) : weight + v;
}

Value Adam::step(OptimizerScope& scope, Value weight, Value gradient) const {
  check_rate(learning_rate);
  check_average("beta_1", beta_1);
  check_average("beta_2", beta_2);
  const bool inside = epsilon_place == EpsilonPlace::inside_root;
  const double e = epsilon.value_or(inside ? 1e-7 * 1e-7 : 1e-7);
  require_number(e > 0, "the optimizer's epsilon", e,
                 "above 0: without it a gradient of 0 divides by 0");

  const Value m =
      scope.slot("momentum", [&](Value old) { return beta_1 * old + (1 - beta_1) * gradient; });
  const Value v = scope.slot(
      "velocity", [&](Value old) { return beta_2 * old + (1 - beta_2) * square(gradient); });
  const Value t = scope.step_number();
  const Value rate = scope.learning_rate() / bias_correction(beta_1, t);
  const Value correction = bias_correction(beta_2, t);
  switch (epsilon_place) {
    case EpsilonPlace::uncorrected: return weight - rate * sqrt(correction) * m / (sqrt(v) + e);
    case EpsilonPlace::outside_root: return weight - rate * m / (sqrt(v / correction) + e);
    case EpsilonPlace::inside_root: break;
  }
  return weight - rate * m / sqrt(v / correction + e);
}

std::vector<Graph::Update> SGD::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}
std::vector<Graph::Update> Adam::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}

}  // namespace sloy
