#include "train/targets.h"

#include <fmt/format.h>
#include <sloy/error.h>

namespace sloy {

void refuse_targets(std::string_view user, std::string_view what, const Type& target,
                    const Type& prediction, std::string needed, std::string fix) {
  std::vector<Note> notes{{"targets", to_string(target)}, {"predictions", to_string(prediction)}};
  if (!needed.empty()) notes.push_back({"needed", std::move(needed)});
  throw ShapeError(fmt::format("{}: {}", user, what), std::move(notes), std::move(fix));
}

namespace {

/// How class labels become rows of as many numbers as are predicted.
std::string as_rows_of(const Type& prediction) {
  return prediction.shape[-1] == Dim(1)
             ? "data.labelled(data::LabelMode::binary), in a recipe label_mode = \"binary\""
             : "data.one_hot(), in a recipe label_mode = \"categorical\"";
}

/// Whether the shapes are equal but for their last sizes.
bool differ_in_rows(const Type& target, const Type& prediction) {
  return target.shape.rank() > 0 && target.shape.rank() == prediction.shape.rank() &&
         target.shape.without(-1) == prediction.shape.without(-1);
}

}  // namespace

void check_same_shape(std::string_view user, const Type& target, const Type& prediction) {
  if (target.shape == prediction.shape) return;
  const bool is_label = target.dtype == DType::int32 && is_one_a_row(target, prediction);
  refuse_targets(user, "targets and predictions must have the same shape", target, prediction, {},
                 is_label ? "feed numbers to predict as float32, class labels as rows: " +
                                as_rows_of(prediction)
                          : "reshape the targets, or the model's last layer: nothing is broadcast");
}

void check_classes(std::string_view user, const Type& target, const Type& prediction) {
  const Shape& shape = prediction.shape;
  if (shape.rank() < 2 || shape[-1].is_symbolic()) {
    refuse_targets(user, "predictions need an axis of classes", target, prediction,
                   "predictions (batch, …, classes)",
                   "end the model with Dense, one unit for each class");
  }
  if (shape.size(-1) < 2) {
    refuse_targets(user, "there is only one class, whose probability is always 1", target,
                   prediction, "predictions (batch, …, classes)",
                   "use BinaryCrossentropy, or give the last layer a unit for each class");
  }
}

void check_one_hot(std::string_view user, const Type& target, const Type& prediction) {
  check_classes(user, target, prediction);
  if (target.dtype == DType::int32 && is_one_a_row(target, prediction)) {
    refuse_targets(
        user, "the targets are class labels, this loss takes a number for every class", target,
        prediction, "targets " + to_string(prediction),
        "use SparseCategoricalCrossentropy, or feed one-hot targets: " + as_rows_of(prediction));
  }
  if (differ_in_rows(target, prediction) && target.shape[-1] == Dim(1)) {
    refuse_targets(user, "the targets are one number each, this loss takes one for every class",
                   target, prediction, "targets " + to_string(prediction),
                   "feed one-hot targets: " + as_rows_of(prediction));
  }
  check_same_shape(user, target, prediction);
}

void check_binary(std::string_view user, const Type& target, const Type& prediction) {
  if (is_one_a_row(target, prediction)) {
    if (prediction.shape[-1] == Dim(1)) return;
    if (target.dtype == DType::int32) {
      refuse_targets(user, "one label for a row of several predictions", target, prediction,
                     "targets " + to_string(prediction),
                     "use SparseCategoricalCrossentropy, or end the model with Dense{.units = 1}");
    }
  }
  const bool is_of_one = prediction.shape.rank() > 0 && prediction.shape[-1] == Dim(1);
  if (is_of_one && target.shape != prediction.shape && differ_in_rows(target, prediction)) {
    refuse_targets(
        user, "a row of targets for one prediction", target, prediction,
        "targets " + to_string(prediction),
        "give the last layer a unit for each, or feed 0 and 1: " + as_rows_of(prediction));
  }
  check_same_shape(user, target, prediction);
}

bool is_one_a_row(const Type& target, const Type& prediction) {
  return prediction.shape.rank() > 0 && target.shape == prediction.shape.without(-1);
}

Value as_float(Value x) { return x.dtype() == DType::float32 ? x : cast(x, DType::float32); }

}  // namespace sloy
