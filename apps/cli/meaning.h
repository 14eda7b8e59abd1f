/// What a model's outputs say.
#pragma once

#include <sloy/sloy.h>

#include <span>
#include <vector>

namespace sloy::cli {

/// What the numbers of a row say.
enum class Meaning {
  numbers,      ///< what the model was trained to give: a regression, or anything of the user's own
  classes,      ///< of each class a probability or a score
  probability,  ///< of the second of two classes
  score,        ///< the same, before a sigmoid
};

/// One number is of two classes where the loss is that of two classes.
Meaning meaning_of(const Model& model);

/// The probability of each class; scores are turned into them for people. REQUIRES: not numbers.
std::vector<double> probabilities(std::span<const float> row, Meaning meaning);

}  // namespace sloy::cli
