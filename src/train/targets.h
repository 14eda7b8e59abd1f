/// What targets and predictions must be to each other: checks that losses and metrics share.
/// Nothing is ever broadcast: (batch) against (batch, 1) would quietly give (batch, batch).
#pragma once

#include <sloy/ops.h>

#include <string>
#include <string_view>

namespace sloy {

/// Throws ShapeError, in whose sentence `user` (a loss, a metric) comes first, where the shapes
/// differ.
void check_same_shape(std::string_view user, const Type& target, const Type& prediction);

/// Throws ShapeError where `prediction` is not (batch, …, classes) with at least two classes.
void check_classes(std::string_view user, const Type& target, const Type& prediction);

/// The same, and where targets have no number for each class: one-hot, or probabilities.
void check_one_hot(std::string_view user, const Type& target, const Type& prediction);

/// Throws ShapeError where the shapes differ, but for labels (batch) of predictions (batch, 1).
void check_binary(std::string_view user, const Type& target, const Type& prediction);

/// Whether there is one int32 label, or one number, for each row of predictions.
bool is_one_a_row(const Type& target, const Type& prediction);

/// The ShapeError: `user`: `what`; then both types, what was needed, and `fix`.
[[noreturn]] void refuse_targets(std::string_view user, std::string_view what, const Type& target,
                                 const Type& prediction, std::string needed, std::string fix);

/// As float32.
Value as_float(Value x);

}  // namespace sloy
