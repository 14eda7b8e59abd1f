#include <sloy/ops.h>

namespace sloy {

/// The largest score is taken off first and cancels, so no gradient need flow through it.
Value log_softmax(Value x) {
  const ReduceOptions along_classes{.axes = {-1}, .keep_dims = true};
  Value shifted = x - stop_gradient(max(x, along_classes));
  return shifted - log(sum(exp(shifted), along_classes));
}

/// −y log σ(x) − (1 − y) log(1 − σ(x)) = softplus(x) − y·x, which no x overflows. The large terms
/// cancel first, so that a small loss keeps its digits. |x| as in softplus.
Value sigmoid_cross_entropy(Value scores, Value targets) {
  Value size = absolute(scores);
  return (0.5 * (scores + size) - targets * scores) + log1p(exp(-size));
}

}  // namespace sloy
