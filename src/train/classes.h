/// Which class a target says and which a prediction: what the metrics of classifiers share.
#pragma once

#include <sloy/losses.h>
#include <sloy/ops.h>

#include <string_view>

namespace sloy {

/// Whether there is one prediction an example: of class 1 against class 0.
bool is_binary(const Type& prediction);

/// Throws ShapeError where targets are neither labels nor rows like the predictions.
void check_classes_told(std::string_view user, const Type& target, const Type& prediction);

/// 1 where a prediction is above the threshold, a probability; scores are compared with the score
/// whose sigmoid it is. Throws ConfigError where it is no probability.
Value is_above(std::string_view user, Value prediction, Prediction kind, double threshold);

/// Where a single prediction's true class is class 1, as 0 and 1: where its target is above ½, as
/// that of examples that were mixed may be.
Value is_class_1(Value target);

/// The true class of each row of several predictions.
Value class_of(Value target, Value prediction);

/// (…, n) → (rows, n), and what has one number an example → (examples, 1).
Value as_rows(Value x);

}  // namespace sloy
