#include <fmt/format.h>

#include "nn/layers/arguments.h"
#include "nn/layers/kernels.h"

namespace sloy {
template <int N>
Symbol Conv<N>::operator()(const Symbol& x) const {
  return apply(*this, x);
}
template <int N>
Value Conv<N>::call(Scope& scope, Value x) const {
  require_positive("filters", filters);
  require_positive("kernel_size", kernel_size);
  require_positive("strides", strides);
  require_positive("dilation_rate", dilation_rate);
  require_positive("groups", groups);
  require_directions(x, N);
  const std::int64_t channels = x.dim(-1).size();
  if (channels % groups != 0 || filters % groups != 0) {
    throw ConfigError("groups must divide both the input's channels and the filters",
                      {{"groups", std::to_string(groups)},
                       {"channels", std::to_string(channels)},
                       {"filters", std::to_string(filters)}});
  }
  const Value kernel = scope.weight("kernel", kernel_shape(kernel_size, channels / groups, filters),
                                    kernel_initializer, kernel_regularizer, kernel_constraint);
  Value y =
      convolution(x, standardized(kernel, {weight_standardization, weight_standardization_epsilon}),
                  {.window = window(x.shape(), to_list(kernel_size), to_list(strides), padding,
                                    to_list(dilation_rate)),
                   .groups = groups});
  if (use_bias) {
    y = y + scope.weight("bias", {filters}, bias_initializer, bias_regularizer, bias_constraint);
  }
  return activated(scope, y, activation, activity_regularizer);
}

template struct Conv<1>;
template struct Conv<2>;
template struct Conv<3>;

}  // namespace sloy
