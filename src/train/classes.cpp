#include "train/classes.h"

#include <fmt/format.h>

#include <cmath>

#include "train/targets.h"

namespace sloy {

bool is_binary(const Type& prediction) {
  return prediction.shape.rank() < 2 || prediction.shape[-1] == Dim(1);
}

void check_classes_told(std::string_view user, const Type& target, const Type& prediction) {
  if (target.shape == prediction.shape) return;
  const bool is_label = target.dtype == DType::int32 || is_binary(prediction);
  if (is_label && is_one_a_row(target, prediction)) return;
  refuse_targets(user, "the targets say no class for each row of predictions", target, prediction,
                 fmt::format("targets int32 {}, or one-hot {}",
                             to_string(prediction.shape.without(-1)), to_string(prediction.shape)),
                 "reshape the targets, or the model's last layer");
}

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

Value is_class_1(Value target) { return greater(as_float(target), 0.5); }

Value class_of(Value target, Value prediction) {
  return target.shape() == prediction.shape() ? argmax(as_float(target)) : target;
}

Value as_rows(Value x) {
  if (x.rank() < 2) return reshape(x, {x.shape().elements(), 1});
  return reshape(x, {x.shape().without(-1).elements(), x.dim(-1)});
}

}  // namespace sloy
