/// What formulas of losses have in common.
#pragma once

#include <sloy/ops.h>

#include <string_view>

namespace sloy {

/// Keras's backend epsilon.
inline constexpr double loss_epsilon = 1e-7;

/// A probability in [1e-7, 1 − 1e-7]. What is cut off passes no gradient.
Value clipped(Value probability);

/// Over the last axis, which is never the batch's: that one is averaged at the end.
Value mean_of_example(Value x);

/// target·(1 − s) + s·share: its part of what is spread over all answers.
Value smoothed(Value target, double label_smoothing, double share);

/// The logarithms of a row's probabilities: of scores exactly, else of the numbers divided by their
/// sum and clipped.
Value log_probabilities(Value prediction, bool from_logits);

/// Throws ConfigError where the share is not from 0 to 1.
void check_smoothing(std::string_view loss, double label_smoothing);

}  // namespace sloy
