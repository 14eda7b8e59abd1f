#include "meaning.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sloy::cli {

Meaning meaning_of(const Model& model) {
  const Shape shape = model.output_types()[0].shape;
  if (shape.rank() == 2 && shape[1].size() > 1) return Meaning::classes;
  const PerOutput<Loss> losses = model.loss();
  if (shape.rank() != 2 || losses.size() != 1) return Meaning::numbers;
  const Loss& loss = losses[0].value;
  if (!loss.as<BinaryCrossentropy>()) return Meaning::numbers;
  return loss.prediction() == Prediction::scores ? Meaning::score : Meaning::probability;
}

std::vector<double> probabilities(std::span<const float> row, Meaning meaning) {
  std::vector<double> values(row.begin(), row.end());
  if (meaning == Meaning::score) values = {1 / (1 + std::exp(-values[0]))};
  if (meaning != Meaning::classes) return {1 - values[0], values[0]};
  double sum = std::accumulate(values.begin(), values.end(), 0.0);
  bool already = std::all_of(values.begin(), values.end(), [](double p) { return p >= 0; }) &&
                 std::abs(sum - 1) < 1e-3;
  if (already) return values;
  double largest = *std::max_element(values.begin(), values.end());
  for (double& value : values) value = std::exp(value - largest);
  sum = std::accumulate(values.begin(), values.end(), 0.0);
  for (double& value : values) value /= sum;
  return values;
}

}  // namespace sloy::cli
