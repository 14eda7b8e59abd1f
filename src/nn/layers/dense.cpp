#include <sloy/layers.h>

#include "nn/layers/arguments.h"

namespace sloy {

Symbol Dense::operator()(const Symbol& x) const { return apply(*this, x); }
Value Dense::call(Scope& scope, Value x) const {
  require_positive("units", units);
  require_rows(x);
  Value y =
      matmul(x, scope.weight("kernel", {x.dim(-1), units}, kernel_initializer, kernel_regularizer));
  if (use_bias) y = y + scope.weight("bias", {units}, bias_initializer, bias_regularizer);
  return activation(y);
}

}  // namespace sloy
