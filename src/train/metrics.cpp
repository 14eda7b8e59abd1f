#include <fmt/format.h>
#include <sloy/metrics.h>

#include <cmath>

#include "train/targets.h"

namespace sloy {
namespace {

bool is_binary(const Type& prediction) {
  return prediction.shape.rank() < 2 || prediction.shape[-1] == Dim(1);
}

void check_fit(std::string_view user, const Type& target, const Type& prediction) {
  if (target.shape == prediction.shape) return;
  const bool is_label = target.dtype == DType::int32 || is_binary(prediction);
  if (is_label && is_one_a_row(target, prediction)) return;
  refuse_targets(user, "the targets say no class for each row of predictions", target, prediction,
                 fmt::format("targets int32 {}, or one-hot {}",
                             to_string(prediction.shape.without(-1)), to_string(prediction.shape)),
                 "reshape the targets, or the model's last layer");
}

/// 1 where the one prediction an example is above the threshold.
Value is_above(std::string_view user, Value prediction, Prediction kind, double threshold) {
  const bool is_score = kind == Prediction::scores;
  if (!(threshold >= 0 && threshold <= 1) || (is_score && (threshold == 0 || threshold == 1))) {
    throw ConfigError(fmt::format("{}: the threshold is a probability", user),
                      {{"given", fmt::format("{}", threshold)}}, "give a number between 0 and 1");
  }
  if (is_score) {
    // The score whose sigmoid it is: exact where a sigmoid would round to ½.
    threshold = std::log(threshold / (1 - threshold));
  }
  return greater(prediction, prediction.graph().constant(threshold));
}

/// The true class of each row of several predictions.
Value class_of(Value target, Value prediction) {
  return target.shape() == prediction.shape() ? argmax(as_float(target)) : target;
}

/// (examples, classes)
Value one_hot_rows(Value labels, Dim classes) {
  return reshape(one_hot(labels, classes), {labels.shape().elements(), classes});
}

}  // namespace

MetricParts mean_of(Value x) { return {sum(x), count(x)}; }

MetricParts Accuracy::call(Value target, Value prediction, Prediction kind) const {
  const std::string_view name = type_name<Accuracy>();
  check_fit(name, target.type(), prediction.type());
  if (is_binary(prediction.type())) {
    target = reshape(as_float(target), prediction.shape());
    return share_of(equal(target, is_above(name, prediction, kind, threshold)));
  }
  return share_of(equal(class_of(target, prediction), argmax(prediction)));
}

Value confusion_matrix(Value target, Value prediction, Prediction kind, double threshold) {
  const std::string_view name = "confusion_matrix";
  check_fit(name, target.type(), prediction.type());
  Value truth, predicted;
  Dim classes = 2;
  if (is_binary(prediction.type())) {
    truth = cast(target, DType::int32);
    predicted = cast(is_above(name, prediction, kind, threshold), DType::int32);
  } else {
    truth = class_of(target, prediction);
    predicted = argmax(prediction);
    classes = prediction.dim(-1);
  }
  return matmul(one_hot_rows(truth, classes), one_hot_rows(predicted, classes),
                {.transpose_a = true});
}

}  // namespace sloy
