// ONNX's reductions.

#include <optional>

#include "onnx/node.h"

namespace sloy::from_onnx {
namespace {

/// Over which axes, or nothing where the result is the operand.
std::optional<ReduceOptions> options_of(const Node& node) {
  ReduceOptions options{.keep_dims = node.integer("keepdims") != 0};
  std::vector<std::int64_t> axes;
  if (node.has(1)) axes = node.integers(1);
  if (node.has("axes")) axes = node.integers("axes");
  for (std::int64_t axis : axes) options.axes.push_back(static_cast<int>(axis));
  const bool nothing =
      node.has("noop_with_empty_axes") && node.integer("noop_with_empty_axes") != 0;
  if (axes.empty() && nothing) return {};
  return options;
}

template <Value (*function)(Value, ReduceOptions)>
Values reduced(const Node& node) {
  const auto options = options_of(node);
  return {options ? function(node[0], *options) : node[0]};
}

Value least(Value x, ReduceOptions options) { return -max(-x, options); }
Value norm_1(Value x, ReduceOptions options) { return sum(absolute(x), options); }
Value sum_of_squares(Value x, ReduceOptions options) { return sum(square(x), options); }
Value norm_2(Value x, ReduceOptions options) { return sqrt(sum_of_squares(x, options)); }
Value log_of_sum(Value x, ReduceOptions options) { return log(sum(x, options)); }
Value log_of_sum_of_exponentials(Value x, ReduceOptions options) {
  return log(sum(exp(x), options));
}

Values place_of_largest(const Node& node, Value x) {
  if (node.integer("select_last_index") != 0) node.refuse("the last of equals");
  const int axis = axis_of(node.integer("axis"), x.rank());
  const Value places = argmax(x, axis);
  if (node.integer("keepdims") == 0) return {places};
  Shape shape = x.shape();
  shape[axis] = 1;
  return {reshape(places, shape)};
}

Values largest_place(const Node& node) { return place_of_largest(node, node[0]); }
Values least_place(const Node& node) { return place_of_largest(node, -node[0]); }

/// 1 at the first of the largest, else 0.
Values hard_maximum(const Node& node) {
  const Value x = node[0];
  const int axis = axis_of(node.integer("axis"), x.rank());
  return {transpose(one_hot(argmax(x, axis), x.dim(axis)), axis_from_end(axis, x.rank()))};
}

constexpr NamedRule rules[] = {
    {"ArgMax", largest_place},
    {"ArgMin", least_place},
    {"Hardmax", hard_maximum},
    {"ReduceL1", reduced<norm_1>},
    {"ReduceL2", reduced<norm_2>},
    {"ReduceLogSum", reduced<log_of_sum>},
    {"ReduceLogSumExp", reduced<log_of_sum_of_exponentials>},
    {"ReduceMax", reduced<max>},
    {"ReduceMean", reduced<mean>},
    {"ReduceMin", reduced<least>},
    {"ReduceSum", reduced<sum>},
    {"ReduceSumSquare", reduced<sum_of_squares>},
};

}  // namespace

std::span<const NamedRule> reduction_rules() { return rules; }

}  // namespace sloy::from_onnx
