#include <sloy/layers.h>

#include "nn/layers/arguments.h"

namespace sloy {

Symbol Maxout::operator()(const Symbol& x) const { return apply(*this, x); }
Value Maxout::call(Scope& scope, Value x) const {
  require_positive("units", units);
  require_positive("pieces", pieces);
  require_rows(x);
  const std::int64_t functions = std::int64_t{units} * pieces;
  Value y = matmul(x, scope.weight("kernel", {x.dim(-1), functions}, kernel_initializer,
                                   kernel_regularizer, kernel_constraint));
  if (use_bias) {
    y = y + scope.weight("bias", {functions}, bias_initializer, bias_regularizer, bias_constraint);
  }
  Shape of_pieces = y.shape().without(-1);
  of_pieces.push_back(units);
  of_pieces.push_back(pieces);
  return max(reshape(y, of_pieces), {.axes = {-1}});
}

}  // namespace sloy
