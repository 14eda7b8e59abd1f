#include <sloy/losses.h>

#include "train/losses/parts.h"
#include "train/targets.h"

namespace sloy {

Value SparseCategoricalCrossentropy::mask(Value target) const {
  if (!ignore_class) return {};
  return not_equal(target, static_cast<double>(*ignore_class));
}

Value SparseCategoricalCrossentropy::call(Value target, Value prediction) const {
  // Class 0 stands for the ignored one, which need not be a class; `mask` takes it out again.
  if (ignore_class) target = target * cast(mask(target), DType::int32);
  const ReduceOptions over_classes{.axes = {-1}};
  Value of_label;
  if (from_logits) {
    of_label = softmax_cross_entropy(prediction, target);
  } else {
    const Value chosen = sum(one_hot(target, prediction.dim(-1)) * prediction, over_classes);
    of_label = -log(clipped(chosen / sum(prediction, over_classes)));
  }
  if (label_smoothing == 0) return of_label;
  const Value of_all = -mean(log_probabilities(prediction, from_logits), over_classes);
  return (1 - label_smoothing) * of_label + label_smoothing * of_all;
}

void SparseCategoricalCrossentropy::check(const Type& target, const Type& prediction) const {
  const std::string_view name = type_name<SparseCategoricalCrossentropy>();
  check_smoothing(name, label_smoothing);
  check_classes(name, target, prediction);
  const Type needed{DType::int32, prediction.shape.without(-1)};
  if (target == needed) return;
  const std::string needed_targets = "targets " + to_string(needed);
  if (target.shape == prediction.shape) {
    refuse_targets(name, "the targets are one-hot, this loss takes class labels", target,
                   prediction, needed_targets,
                   "use CategoricalCrossentropy, or feed labels: in a recipe label_mode = "
                   "\"int\"");
  }
  if (target.shape == needed.shape) {
    refuse_targets(name, "class labels are whole numbers", target, prediction, needed_targets,
                   "feed the labels as int32");
  }
  if (target.shape.rank() > 0 && target.shape[-1] == Dim(1) &&
      target.shape.without(-1) == needed.shape) {
    refuse_targets(name, "class labels are whole numbers", target, prediction, needed_targets,
                   "feed the labels as int32: in a recipe label_mode = \"int\"");
  }
  refuse_targets(name, "there must be one label for each row of predictions", target, prediction,
                 needed_targets, "reshape the targets, or the model's last layer");
}

Value CategoricalCrossentropy::call(Value target, Value prediction) const {
  const auto classes = static_cast<double>(prediction.shape().size(-1));
  target = smoothed(as_float(target), label_smoothing, 1 / classes);
  return -sum(target * log_probabilities(prediction, from_logits), {.axes = {-1}});
}

void CategoricalCrossentropy::check(const Type& target, const Type& prediction) const {
  const std::string_view name = type_name<CategoricalCrossentropy>();
  check_smoothing(name, label_smoothing);
  check_one_hot(name, target, prediction);
}

Value BinaryCrossentropy::call(Value target, Value prediction) const {
  target = smoothed(reshape(as_float(target), prediction.shape()), label_smoothing, 0.5);
  if (from_logits) return mean_of_example(sigmoid_cross_entropy(prediction, target));
  Value p = clipped(prediction);
  return mean_of_example(-(target * log(p) + (1 - target) * log(1 - p)));
}

void BinaryCrossentropy::check(const Type& target, const Type& prediction) const {
  const std::string_view name = type_name<BinaryCrossentropy>();
  check_smoothing(name, label_smoothing);
  check_binary(name, target, prediction);
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
