#include <fmt/format.h>
#include <sloy/losses.h>

#include "train/targets.h"

namespace sloy {
namespace {

/// Keras's backend epsilon. A probability that is cut off passes no gradient.
constexpr double epsilon = 1e-7;

Value clip(Value probability) {
  Graph& graph = probability.graph();
  return minimum(maximum(probability, graph.constant(epsilon)), graph.constant(1 - epsilon));
}

/// Over the last axis, which is never the batch's: that one is averaged at the end.
Value mean_of_example(Value x) { return x.rank() < 2 ? x : mean(x, {.axes = {-1}}); }

void check_smoothing(std::string_view loss, double label_smoothing) {
  if (label_smoothing >= 0 && label_smoothing <= 1) return;
  throw ConfigError(fmt::format("{}: label_smoothing is a share of the target", loss),
                    {{"given", fmt::format("{}", label_smoothing)}}, "give a number from 0 to 1");
}

}  // namespace

Value SparseCategoricalCrossentropy::mask(Value target) const {
  if (!ignore_class) return {};
  return not_equal(target, static_cast<double>(*ignore_class));
}

Value SparseCategoricalCrossentropy::call(Value target, Value prediction) const {
  // Class 0 stands for the ignored one, which need not be a class; `mask` takes it out again.
  if (ignore_class) target = target * cast(mask(target), DType::int32);
  if (from_logits) return softmax_cross_entropy(prediction, target);
  const ReduceOptions over_classes{.axes = {-1}};
  Value of_label = sum(one_hot(target, prediction.dim(-1)) * prediction, over_classes);
  return -log(clip(of_label / sum(prediction, over_classes)));
}

void SparseCategoricalCrossentropy::check(const Type& target, const Type& prediction) const {
  const std::string_view name = type_name<SparseCategoricalCrossentropy>();
  check_classes(name, target, prediction);
  const Type needed{DType::int32, prediction.shape.without(-1)};
  if (target == needed) return;
  const std::string needed_targets = "targets " + to_string(needed);
  if (target.shape == prediction.shape) {
    refuse_targets(name, "the targets are one-hot, this loss takes class labels", target,
                   prediction, needed_targets, "use CategoricalCrossentropy, or feed labels");
  }
  if (target.shape == needed.shape) {
    refuse_targets(name, "class labels are whole numbers", target, prediction, needed_targets,
                   "feed the labels as int32");
  }
  refuse_targets(name, "there must be one label for each row of predictions", target, prediction,
                 needed_targets, "reshape the targets, or the model's last layer");
}

Value CategoricalCrossentropy::call(Value target, Value prediction) const {
  target = as_float(target);
  if (label_smoothing != 0) {
    const auto classes = static_cast<double>(prediction.shape().size(-1));
    target = target * (1 - label_smoothing) + label_smoothing / classes;
  }
  Value log_probability =
      from_logits ? log_softmax(prediction)
                  : log(clip(prediction / sum(prediction, {.axes = {-1}, .keep_dims = true})));
  return -sum(target * log_probability, {.axes = {-1}});
}

void CategoricalCrossentropy::check(const Type& target, const Type& prediction) const {
  const std::string_view name = type_name<CategoricalCrossentropy>();
  check_smoothing(name, label_smoothing);
  check_classes(name, target, prediction);
  if (target.dtype == DType::int32 && is_one_a_row(target, prediction)) {
    refuse_targets(name, "the targets are class labels, this loss takes a number for every class",
                   target, prediction, "targets " + to_string(prediction),
                   "use SparseCategoricalCrossentropy, or feed one-hot targets");
  }
  check_same_shape(name, target, prediction);
}

Value BinaryCrossentropy::call(Value target, Value prediction) const {
  target = reshape(as_float(target), prediction.shape());
  if (label_smoothing != 0) target = target * (1 - label_smoothing) + 0.5 * label_smoothing;
  if (from_logits) return mean_of_example(sigmoid_cross_entropy(prediction, target));
  Value p = clip(prediction);
  return mean_of_example(-(target * log(p) + (1 - target) * log(1 - p)));
}

void BinaryCrossentropy::check(const Type& target, const Type& prediction) const {
  const std::string_view name = type_name<BinaryCrossentropy>();
  check_smoothing(name, label_smoothing);
  if (is_one_a_row(target, prediction)) {
    if (prediction.shape[-1] == Dim(1)) return;
    if (target.dtype == DType::int32) {
      refuse_targets(name, "one label for a row of several predictions", target, prediction,
                     "targets " + to_string(prediction),
                     "use SparseCategoricalCrossentropy, or end the model with Dense{.units = 1}");
    }
  }
  check_same_shape(name, target, prediction);
}

Value MeanSquaredError::call(Value target, Value prediction) const {
  return mean_of_example(square(as_float(target) - prediction));
}
void MeanSquaredError::check(const Type& target, const Type& prediction) const {
  check_same_shape(type_name<MeanSquaredError>(), target, prediction);
}

Value MeanAbsoluteError::call(Value target, Value prediction) const {
  return mean_of_example(absolute(as_float(target) - prediction));
}
void MeanAbsoluteError::check(const Type& target, const Type& prediction) const {
  check_same_shape(type_name<MeanAbsoluteError>(), target, prediction);
}

}  // namespace sloy
