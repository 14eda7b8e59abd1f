/// Prediction: what a loss takes a model's results for.
#pragma once

#include <cstdint>

namespace sloy {

/// What a prediction must be for a loss to make sense of it.
enum class Prediction : std::uint8_t {
  any,
  scores,        ///< before a softmax or sigmoid
  probabilities  ///< after it
};

}  // namespace sloy
