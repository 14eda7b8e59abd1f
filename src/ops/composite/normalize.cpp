#include <sloy/ops.h>

namespace sloy {

/// Scale first: it is as small as the variance, and x is passed over once.
Value normalize(Value x, Moments moments, Affine affine, double epsilon) {
  Value scale = rsqrt(moments.variance + epsilon);
  if (affine.gamma) scale = scale * affine.gamma;
  Value y = (x - moments.mean) * scale;
  return affine.beta ? y + affine.beta : y;
}

Value unit_normalize(Value x, double epsilon) {
  Value squares = sum(square(x), {.axes = {-1}, .keep_dims = true});
  return x * rsqrt(maximum(squares, epsilon * epsilon));
}

}  // namespace sloy
