/// Weights of examples, positions and classes, as losses and metrics use them.
#pragma once

#include <sloy/ops.h>

#include <span>
#include <string_view>

namespace sloy {

/// `weight`, of the shape of `numbers` or of its first dimensions, with dimensions of 1 behind
/// them: what broadcasts. Throws ShapeError, in whose sentence `user` comes first, where it doesn't
/// fit.
Value spread_weight(std::string_view user, Value weight, const Shape& numbers);

/// The product of two weights, either of which may be absent, of which one's shape is the first
/// dimensions of the other's.
Value combined_weight(std::string_view user, Value a, Value b);

/// The weights of the rows of predictions (batch, …, n), as (rows, 1); of predictions (batch) those
/// of the examples. Nothing where `weight` is none.
Value row_weights(std::string_view user, Value weight, const Shape& predictions);

/// The weight of each target's class. Targets are labels (batch, …), one-hot rows (batch, …,
/// classes) or, for two classes, numbers above ½ for class 1. Throws ConfigError where there
/// aren't as many weights as classes.
Value class_weights(Value target, Value prediction, std::span<const double> weights);

}  // namespace sloy
