#include <sloy/layers/variational.h>

#include "base/arguments.h"

namespace sloy {

Symbol GaussianSampling::operator()(const std::vector<Symbol>& inputs) const {
  return apply(*this, inputs);
}
Value GaussianSampling::call(Scope& scope, std::span<const Value> inputs) const {
  require_number(kl_weight >= 0, "kl_weight", kl_weight, "of 0 or more");
  if (inputs.size() != 2 || inputs[0].shape() != inputs[1].shape() || inputs[0].rank() < 2) {
    std::vector<Note> notes;
    for (const Value& input : inputs) notes.push_back({"input", to_string(input.shape())});
    throw ShapeError("the layer needs a mean and a log variance of one shape", std::move(notes),
                     "give two inputs (batch, n): {mean, log_variance}");
  }
  const Value mean = inputs[0];
  const Value log_variance = inputs[1];
  const Value variance = exp(log_variance);
  const Value divergence = -0.5 * sum(1 + log_variance - square(mean) - variance);
  if (kl_weight > 0) {
    scope.add_loss(kl_weight * divergence / count(mean, {0}));
  }
  if (!scope.training()) return mean;
  return mean + sqrt(variance) * scope.random_normal(mean.shape());
}

}  // namespace sloy
