#include <sloy/losses.h>

#include "train/losses/parts.h"
#include "train/targets.h"

namespace sloy {
namespace {

/// max(1 − y·x, 0), where a target of 0 is taken for −1.
Value missing_margin(Value target, Value prediction) {
  target = reshape(as_float(target), prediction.shape());
  const Value side = where(equal(target, 0.0), target.graph().constant(-1.0), target);
  return rectify(1.0 - side * prediction);
}

}  // namespace

Value Hinge::call(Value target, Value prediction) const {
  return mean_of_example(missing_margin(target, prediction));
}
void Hinge::check(const Type& target, const Type& prediction) const {
  check_binary(type_name<Hinge>(), target, prediction);
}

Value SquaredHinge::call(Value target, Value prediction) const {
  return mean_of_example(square(missing_margin(target, prediction)));
}
void SquaredHinge::check(const Type& target, const Type& prediction) const {
  check_binary(type_name<SquaredHinge>(), target, prediction);
}

Value CategoricalHinge::call(Value target, Value prediction) const {
  const ReduceOptions over_classes{.axes = {-1}};
  target = as_float(target);
  const Value right = sum(target * prediction, over_classes);
  const Value best_other = max((1.0 - target) * prediction, over_classes);
  return rectify(best_other - right + 1.0);
}
void CategoricalHinge::check(const Type& target, const Type& prediction) const {
  check_one_hot(type_name<CategoricalHinge>(), target, prediction);
}

}  // namespace sloy
