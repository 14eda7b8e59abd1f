#include "nn/layers/arguments.h"
#include "nn/layers/kernels.h"

namespace sloy {

Symbol Dense::operator()(const Symbol& x) const { return apply(*this, x); }
Value Dense::call(Scope& scope, Value x) const {
  require_positive("units", units);
  require_rows(x);
  const Value kernel = scope.weight("kernel", {x.dim(-1), units}, kernel_initializer,
                                    kernel_regularizer, kernel_constraint);
  Value y =
      matmul(x, standardized(kernel, {weight_standardization, weight_standardization_epsilon}));
  if (use_bias) {
    y = y + scope.weight("bias", {units}, bias_initializer, bias_regularizer, bias_constraint);
  }
  return activated(scope, y, activation, activity_regularizer);
}

}  // namespace sloy
