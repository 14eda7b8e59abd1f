#include <sloy/ops.h>

#include <cmath>
#include <numbers>

namespace sloy {

Value leaky_relu(Value x, double negative_slope) {
  return where(greater(x, x.graph().constant(0.0)), x, x * negative_slope);
}

/// The exponential sees no positive x: where it overflows, its gradient times 0 is not 0.
Value elu(Value x, double alpha) {
  Value zero = x.graph().constant(0.0);
  return where(greater(x, zero), x, expm1(minimum(x, zero)) * alpha);
}

Value gelu(Value x, bool approximate) {
  constexpr double cubic = 0.044715;  // Hendrycks and Gimpel's fit
  Value of_normal = approximate
                        ? tanh(std::sqrt(2 * std::numbers::inv_pi) * (x + cubic * (x * square(x))))
                        : erf(x * (1 / std::numbers::sqrt2));
  return 0.5 * x * (1.0 + of_normal);
}

/// Through |x|, whose derivative at 0 is 0, so that softplus' derivative there is ½ as it should.
Value softplus(Value x) {
  Value size = absolute(x);
  return 0.5 * (x + size) + log1p(exp(-size));
}

}  // namespace sloy
