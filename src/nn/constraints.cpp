#include <sloy/constraints.h>
#include <sloy/ops.h>

#include <array>

#include "base/arguments.h"
#include "nn/custom_types.h"

namespace sloy {
namespace {

constexpr double epsilon = 1e-7;  // of Keras

/// ‖w‖ over the axes, which stay with size 1.
Value norms(Value weight, const OneOrMany<int>& axis) {
  if (axis.values().empty()) {
    throw ConfigError("a constraint's axis is empty: a norm would be that of each number alone", {},
                      "give the axes that lead into one unit, as 0 of a Dense kernel");
  }
  return sqrt(sum(square(weight), {.axes = axis.values(), .keep_dims = true}));
}

Value with_norms(Value weight, Value wanted, Value norm) {
  return weight * (wanted / (norm + epsilon));
}

}  // namespace

Value MaxNorm::call(Value weight) const {
  require_number(max_value > 0, "MaxNorm's max_value", max_value, "above 0");
  const Value norm = norms(weight, axis);
  return with_norms(weight, minimum(norm, max_value), norm);
}

Value NonNeg::call(Value weight) const { return maximum(weight, 0.0); }

Value UnitNorm::call(Value weight) const { return weight / (norms(weight, axis) + epsilon); }

Value MinMaxNorm::call(Value weight) const {
  require_number(min_value >= 0, "MinMaxNorm's min_value", min_value, "of 0 or more");
  require_number(max_value >= min_value, "MinMaxNorm's max_value", max_value,
                 "of min_value or more");
  require_number(rate > 0 && rate <= 1, "MinMaxNorm's rate", rate, "above 0 and at most 1");
  const Value norm = norms(weight, axis);
  const Value within = minimum(maximum(norm, min_value), max_value);
  return with_norms(weight, rate * within + (1 - rate) * norm, norm);
}

std::span<const TypeEntry<Constraint>> constraint_types() {
  static constexpr std::array types{
      type_entry<Constraint, MaxNorm>(), type_entry<Constraint, NonNeg>(),
      type_entry<Constraint, UnitNorm>(), type_entry<Constraint, MinMaxNorm>()};
  return types;
}

Config to_config(const Constraint& constraint) {
  if (!constraint) return {};
  return detail::described_config(constraint.held_->type(), constraint.held_->fields());
}

void from_config(const Config& config, Constraint& constraint) {
  if (config.is_null()) {
    constraint = {};
    return;
  }
  const std::span<const TypeEntry<Constraint>> custom = CustomTypesInUse::current().constraints;
  constraint = make_described<Constraint>(config, "constraint", {constraint_types(), custom});
}

}  // namespace sloy
