#include <fmt/format.h>
#include <sloy/layers.h>

#include "nn/layers/arguments.h"

namespace sloy {

Symbol Conv2D::operator()(const Symbol& x) const { return apply(*this, x); }
Value Conv2D::call(Scope& scope, Value x) const {
  require_positive("filters", filters);
  require_positive("kernel_size", kernel_size);
  require_positive("strides", strides);
  require_positive("dilation_rate", dilation_rate);
  require_positive("groups", groups);
  require_images(x);
  const std::int64_t channels = x.dim(-1).size();
  if (channels % groups != 0 || filters % groups != 0) {
    throw ConfigError("groups must divide both the input's channels and the filters",
                      {{"groups", std::to_string(groups)},
                       {"channels", std::to_string(channels)},
                       {"filters", std::to_string(filters)}});
  }
  const Value kernel = scope.weight(
      "kernel", {kernel_size.height(), kernel_size.width(), channels / groups, filters},
      kernel_initializer, kernel_regularizer);
  Value y = convolution(x, kernel,
                        {.window = window(x.shape(), to_list(kernel_size), to_list(strides),
                                          padding, to_list(dilation_rate)),
                         .groups = groups});
  if (use_bias) y = y + scope.weight("bias", {filters}, bias_initializer, bias_regularizer);
  return activation(y);
}

}  // namespace sloy
