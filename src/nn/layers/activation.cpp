#include <fmt/format.h>
#include <sloy/layers.h>

#include <algorithm>

#include "base/arguments.h"
#include "ops/check.h"
#include "ops/rows.h"

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

Symbol PReLU::operator()(const Symbol& x) const { return apply(*this, x); }
Value PReLU::call(Scope& scope, Value x) const {
  std::vector<int> shared;
  if (!shared_axes.empty()) shared = check_axes(x.shape(), shared_axes);
  const auto is_shared = [&](int axis) {
    return std::binary_search(shared.begin(), shared.end(), axis);
  };
  if (is_shared(0)) {
    throw ShapeError("the slopes are shared over the batch in any case",
                     {{"input", to_string(x.shape())}}, "leave axis 0 out of shared_axes");
  }
  Shape size;
  std::vector<int> own;
  for (int axis = 1; axis < x.rank(); ++axis) {
    size.push_back(is_shared(axis) ? Dim(1) : x.dim(axis));
    if (!is_shared(axis)) own.push_back(axis);
  }
  const Value alpha =
      scope.weight("alpha", size, alpha_initializer, alpha_regularizer, alpha_constraint);
  const auto with_slopes = [](Value y, Value slopes) {
    return where(greater(y, y.graph().constant(0.0)), y, y * slopes);
  };
  if (own.empty()) return with_slopes(x, reshape(alpha, {}));
  const Rows rows(x, own);
  return rows.back(with_slopes(rows.rows(), reshape(alpha, {size.elements()})));
}

Symbol GELU::operator()(const Symbol& x) const { return apply(*this, x); }
Value GELU::call(Scope&, Value x) const { return gelu(x, approximate); }

Symbol Softmax::operator()(const Symbol& x) const { return apply(*this, x); }
Value Softmax::call(Scope&, Value x) const {
  const Rows rows(x, axis.values());
  return rows.back(softmax(rows.rows()));
}

}  // namespace sloy
