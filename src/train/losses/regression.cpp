#include <sloy/losses.h>

#include <numbers>

#include "base/arguments.h"
#include "ops/rows.h"
#include "train/losses/parts.h"
#include "train/targets.h"

namespace sloy {

/// With q = min(|e|, δ) both parts are q·(|e| − ½·q), which no error overflows before its loss
/// does.
Value Huber::call(Value target, Value prediction) const {
  const Value error = absolute(as_float(target) - prediction);
  const Value inner = minimum(error, delta);
  return mean_of_example(inner * (error - 0.5 * inner));
}
void Huber::check(const Type& target, const Type& prediction) const {
  require_number(delta > 0, "delta", delta, "above 0");
  check_same_shape(type_name<Huber>(), target, prediction);
}

/// log cosh e = |e| + log(1 + exp(−2|e|)) − log 2, where no exponential overflows.
Value LogCosh::call(Value target, Value prediction) const {
  const Value error = absolute(prediction - as_float(target));
  return mean_of_example(error + log1p(exp(-2.0 * error)) - std::numbers::ln2);
}
void LogCosh::check(const Type& target, const Type& prediction) const {
  check_same_shape(type_name<LogCosh>(), target, prediction);
}

Value MeanAbsolutePercentageError::call(Value target, Value prediction) const {
  target = as_float(target);
  return 100.0 *
         mean_of_example(absolute(target - prediction) / maximum(absolute(target), loss_epsilon));
}
void MeanAbsolutePercentageError::check(const Type& target, const Type& prediction) const {
  check_same_shape(type_name<MeanAbsolutePercentageError>(), target, prediction);
}

Value MeanSquaredLogarithmicError::call(Value target, Value prediction) const {
  const auto logarithm = [](Value x) { return log1p(maximum(x, loss_epsilon)); };
  return mean_of_example(square(logarithm(as_float(target)) - logarithm(prediction)));
}
void MeanSquaredLogarithmicError::check(const Type& target, const Type& prediction) const {
  check_same_shape(type_name<MeanSquaredLogarithmicError>(), target, prediction);
}

Value CosineSimilarity::call(Value target, Value prediction) const {
  const auto direction = [this](Value x) {
    return unit_normalize(Rows(x, {axis}).rows(), loss_epsilon);
  };
  return -sum(direction(as_float(target)) * direction(prediction), {.axes = {-1}});
}
void CosineSimilarity::check(const Type& target, const Type& prediction) const {
  const std::string_view name = type_name<CosineSimilarity>();
  check_same_shape(name, target, prediction);
  const int rank = prediction.shape.rank();
  const int place = axis < 0 ? axis + rank : axis;
  if (place >= 1 && place < rank) return;
  refuse_targets(name, "there is no such axis of an example", target, prediction,
                 "axis from 1 on, or from the end",
                 "give the axis along which an example's numbers are one vector");
}

Value Poisson::call(Value target, Value prediction) const {
  target = as_float(target);
  return mean_of_example(log_input ? exp(prediction) - target * prediction
                                   : prediction - target * log(prediction + loss_epsilon));
}
void Poisson::check(const Type& target, const Type& prediction) const {
  check_same_shape(type_name<Poisson>(), target, prediction);
}

}  // namespace sloy
