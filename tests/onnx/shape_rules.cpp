// ONNX's operators that move elements, and those about shapes.

#include <algorithm>

#include "onnx/node.h"
#include "onnx/out_of_scope.h"

namespace sloy::from_onnx {
namespace {

std::vector<std::int64_t> sizes(const Shape& shape) {
  std::vector<std::int64_t> list;
  for (const Dim& dim : shape) list.push_back(dim.size());
  return list;
}

std::vector<int> axes_of(const std::vector<std::int64_t>& axes, int rank) {
  std::vector<int> found;
  for (std::int64_t axis : axes) found.push_back(axis_of(axis, rank));
  std::sort(found.begin(), found.end());
  return found;
}

/// A list that later operator sets take as an input, earlier ones as an attribute.
std::vector<std::int64_t> list(const Node& node, int input, std::string_view attribute) {
  return node.has(input) ? node.integers(input) : node.integers(attribute);
}

Values reshaped(const Node& node) {
  const Value x = node[0];
  std::vector<std::int64_t> shape = node.integers(1);
  std::int64_t known = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0) shape[i] = x.shape().size(static_cast<int>(i));
    if (shape[i] > 0) known *= shape[i];
  }
  std::replace(shape.begin(), shape.end(), std::int64_t{-1}, x.shape().size() / known);
  return {reshape(x, Shape(shape))};
}

Values flattened(const Node& node) {
  const Value x = node[0];
  const int axis = axis_of(node.integer("axis"), x.rank());
  std::int64_t rows = 1;
  for (int i = 0; i < axis; ++i) rows *= x.shape().size(i);
  return {reshape(x, {rows, x.shape().size() / rows})};
}

Values transposed(const Node& node) {
  const Value x = node[0];
  std::vector<int> permutation;
  if (node.has("perm")) {
    for (std::int64_t axis : node.integers("perm")) permutation.push_back(static_cast<int>(axis));
  } else {
    for (int axis = x.rank(); axis-- > 0;) permutation.push_back(axis);
  }
  return {transpose(x, permutation)};
}

Values concatenated(const Node& node) {
  return {concatenate(node.inputs(), static_cast<int>(node.integer("axis")))};
}

Values squeezed(const Node& node) {
  const Value x = node[0];
  Shape shape = x.shape();
  std::vector<int> axes = axes_of(list(node, 1, "axes"), x.rank());
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) shape = shape.without(*axis);
  return {reshape(x, shape)};
}

Values unsqueezed(const Node& node) {
  const Value x = node[0];
  const std::vector<std::int64_t> added = list(node, 1, "axes");
  const int rank = x.rank() + static_cast<int>(added.size());
  std::vector<std::int64_t> shape = sizes(x.shape());
  for (int axis : axes_of(added, rank)) shape.insert(shape.begin() + axis, 1);
  return {reshape(x, Shape(shape))};
}

Values expanded(const Node& node) {
  const Value x = node[0];
  // The shapes broadcast either way.
  const Value ones = broadcast_to(constant(node, 1), Shape(node.integers(1)));
  return {x * ones};
}

Values split(const Node& node) {
  const Value x = node[0];
  const int axis = axis_of(node.integer("axis"), x.rank());
  std::vector<std::int64_t> parts;
  if (node.has(1) || node.has("split")) {
    parts = list(node, 1, "split");
  } else {
    parts.assign(static_cast<std::size_t>(node.num_outputs()),
                 x.shape().size(axis) / node.num_outputs());
  }
  Values values;
  std::int64_t begin = 0;
  for (std::int64_t part : parts) {
    values.push_back(slice(x, axis, begin, begin + part));
    begin += part;
  }
  return values;
}

Values sliced(const Node& node) {
  Value x = node[0];
  const std::vector<std::int64_t> starts = list(node, 1, "starts"), ends = list(node, 2, "ends");
  const bool has_axes = node.has(3) || node.has("axes");
  const std::vector<std::int64_t> axes = has_axes ? list(node, 3, "axes") : starts;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (node.has(4) && node.integers(4)[i] != 1) node.refuse("steps other than 1");
    const int axis = has_axes ? axis_of(axes[i], x.rank()) : static_cast<int>(i);
    const std::int64_t size = x.shape().size(axis);
    const auto place = [size](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
    };
    if (place(starts[i]) >= place(ends[i])) throw OutOfScope{"a tensor without elements"};
    x = slice(x, axis, place(starts[i]), place(ends[i]));
  }
  return {x};
}

Value padded_with_zeros(Value x, const std::vector<std::int64_t>& cells) {
  const auto rank = static_cast<std::size_t>(x.rank());
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if (cells[axis] == 0 && cells[rank + axis] == 0) continue;
    x = pad(x, static_cast<int>(axis), cells[axis], cells[rank + axis]);
  }
  return x;
}

Values padded(const Node& node) {
  if (node.text("mode") != "constant") node.refuse("with numbers of the data");
  const Value x = node[0];
  const std::vector<std::int64_t> cells = list(node, 1, "pads");
  const Value zeros_around = padded_with_zeros(x, cells);
  const bool from_input = node.since() >= 11;
  if (from_input && !node.has(2)) return {zeros_around};
  const Value number = from_input ? node[2] : constant(node, node.number("value"));
  const Value inside = padded_with_zeros(broadcast_to(constant(node, 1), x.shape()), cells);
  return {where(inside, zeros_around, number)};
}

Values one_hot_of(const Node& node) {
  const std::int64_t depth = node.integers(1).front();
  Value indices = cast(node[0], DType::float32);
  indices = where(less(indices, 0), indices + static_cast<double>(depth), indices);
  const Value values = cast(node[2], DType::float32);
  const Value off = slice(values, 0, 0, 1), on = slice(values, 0, 1, 2);
  const Value hot = one_hot(cast(indices, DType::int32), depth);
  const int axis = axis_of(node.integer("axis"), hot.rank());
  return {transpose(where(hot, on, off), axis_from_end(axis, hot.rank()))};
}

Values shape_of(const Node& node) {
  const Value x = node[0];
  std::vector<std::int64_t> all = sizes(x.shape());
  const auto rank = static_cast<std::int64_t>(all.size());
  const auto place = [rank](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t begin = node.since() < 15 ? 0 : place(node.integer("start"));
  const std::int64_t end = node.has("end") ? place(node.integer("end")) : rank;
  const std::vector<std::int64_t> part(all.begin() + begin, all.begin() + end);
  return {node.graph().constant(Tensor({end - begin}, part))};
}

Values size_of_input(const Node& node) { return {integer_constant(node, node[0].shape().size())}; }

Values given_constant(const Node& node) { return {node.graph().constant(node.tensor("value"))}; }

Values constant_of_shape(const Node& node) {
  const std::vector<std::int64_t> shape = node.integers(0);
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) {
    throw OutOfScope{"a tensor without elements"};
  }
  const Value number =
      node.has("value") ? reshape(given_constant(node).front(), {}) : constant(node, 0);
  return {broadcast_to(number, Shape(shape))};
}

constexpr NamedRule rules[] = {
    {"Concat", concatenated},
    {"Constant", given_constant},
    {"ConstantOfShape", constant_of_shape},
    {"Expand", expanded},
    {"Flatten", flattened},
    {"OneHot", one_hot_of},
    {"Pad", padded},
    {"Reshape", reshaped},
    {"Shape", shape_of},
    {"Size", size_of_input},
    {"Slice", sliced},
    {"Split", split},
    {"Squeeze", squeezed},
    {"Transpose", transposed},
    {"Unsqueeze", unsqueezed},
};

}  // namespace

std::span<const NamedRule> shape_rules() { return rules; }

}  // namespace sloy::from_onnx
