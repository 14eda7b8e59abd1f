#include "nn/layers/kernels.h"

#include <numeric>

#include "base/arguments.h"

namespace sloy {

Value standardized(Value kernel, const Standardization& options) {
  if (!options.wanted) return kernel;
  require_number(options.epsilon > 0, "weight_standardization_epsilon", options.epsilon,
                 "above 0: without it equal weights divide by 0");
  std::vector<int> axes(static_cast<std::size_t>(kernel.rank() - 1));
  std::iota(axes.begin(), axes.end(), 0);
  return normalize(kernel, moments(kernel, axes), {}, options.epsilon);
}

Value activated(Scope& scope, Value y, const Activation& activation,
                const Regularizer& activity_regularizer) {
  const Value result = activation(y);
  if (activity_regularizer) scope.add_loss(activity_regularizer(result) / count(result, {0}));
  return result;
}

}  // namespace sloy
