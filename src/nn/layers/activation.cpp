#include <fmt/format.h>
#include <sloy/layers.h>

#include "base/arguments.h"

namespace sloy {

Symbol ReLU::operator()(const Symbol& x) const { return apply(*this, x); }
Value ReLU::call(Scope& scope, Value x) const {
  require_finite("negative_slope", negative_slope);
  require_finite("threshold", threshold);
  if (max_value) require_finite("max_value", *max_value);
  if (negative_slope < 0 || threshold < 0 || (max_value && *max_value < 0)) {
    throw ConfigError("max_value, negative_slope and threshold can't be negative",
                      {{"max_value", max_value ? fmt::format("{}", *max_value) : "none"},
                       {"negative_slope", fmt::format("{}", negative_slope)},
                       {"threshold", fmt::format("{}", threshold)}});
  }
  Graph& graph = scope.graph();
  Value y = relu(x);
  if (negative_slope != 0 || threshold != 0) {
    const Value edge = graph.constant(threshold);
    y = where(greater_equal(x, edge), x, negative_slope * (x - edge));
  }
  return max_value ? minimum(y, graph.constant(*max_value)) : y;
}

Symbol LeakyReLU::operator()(const Symbol& x) const { return apply(*this, x); }
Value LeakyReLU::call(Scope&, Value x) const {
  require_finite("negative_slope", negative_slope);
  return leaky_relu(x, negative_slope);
}

Symbol ELU::operator()(const Symbol& x) const { return apply(*this, x); }
Value ELU::call(Scope&, Value x) const {
  require_finite("alpha", alpha);
  return elu(x, alpha);
}

Symbol Softmax::operator()(const Symbol& x) const { return apply(*this, x); }
Value Softmax::call(Scope&, Value x) const { return softmax(x); }

}  // namespace sloy
