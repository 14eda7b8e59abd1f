#include "ops/shape.h"

#include <sloy/ops.h>

#include <fmt/format.h>

#include <algorithm>

#include "ops/check.h"
#include "ops/loops.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

std::vector<Type> infer_reshape(const ShapeAttributes& attributes, Operands in) {
  check_count(in, 1);
  const Dim before = in.shape(0).elements();
  const Dim after = attributes.shape.elements();
  if (before != after) {
    throw ShapeError(
        fmt::format("{} elements can't become {}", to_string(before), to_string(after)),
        {shape_note("from", in.shape(0)), shape_note("to", attributes.shape)});
  }
  return {{in[0].dtype, attributes.shape}};
}

std::vector<Type> infer_transpose(const TransposeAttributes& attributes, Operands in) {
  check_count(in, 1);
  const Shape& shape = in.shape(0);
  std::vector<int> sorted = attributes.permutation;
  std::sort(sorted.begin(), sorted.end());
  bool each_once = static_cast<int>(sorted.size()) == shape.rank();
  for (std::size_t i = 0; each_once && i < sorted.size(); ++i) {
    each_once = sorted[i] == static_cast<int>(i);
  }
  if (!each_once) {
    throw ShapeError("the permutation must name each axis of x once",
                     {shape_note("x", shape),
                      {"given", fmt::format("({})", fmt::join(attributes.permutation, ", "))}},
                     fmt::format("list the numbers 0 to {} in the order wanted", shape.rank() - 1));
  }
  Shape turned;
  for (int axis : attributes.permutation) turned.push_back(shape[axis]);
  return {{in[0].dtype, turned}};
}

Values transpose_gradient(const TransposeAttributes& attributes, const Backward& b) {
  std::vector<int> back(attributes.permutation.size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    back[static_cast<std::size_t>(attributes.permutation[i])] = static_cast<int>(i);
  }
  return {transpose(b.output_gradient(), back)};
}

template <class T>
void transpose_elements(const TransposeAttributes& attributes, const Buffers& buffers) {
  with_element<T>(buffers.inputs[0].dtype, [&]<class Element>(Element) {
    auto x = buffers.input<Element>();
    auto y = buffers.output<Element>();
    const Index strides = strides_of(x.shape);
    Index turned{};
    for (std::size_t i = 0; i < attributes.permutation.size(); ++i) {
      turned[i] = strides[static_cast<std::size_t>(attributes.permutation[i])];
    }
    Element* next = y.data;
    walk(y.shape, turned, [&](std::int64_t at) { *next++ = x[at]; });
  });
}

std::vector<Type> infer_broadcast(const ShapeAttributes& attributes, Operands in) {
  check_count(in, 1);
  if (in.shape(0).rank() > attributes.shape.rank() ||
      broadcast_shapes(in.shape(0), attributes.shape) != attributes.shape) {
    throw ShapeError("repeating x can't give this shape",
                     {shape_note("x", in.shape(0)), shape_note("wanted", attributes.shape)},
                     "only dimensions of size 1 and missing leading ones repeat");
  }
  return {{in[0].dtype, attributes.shape}};
}

template <class T>
void broadcast_elements(const ShapeAttributes&, const Buffers& buffers) {
  with_element<T>(buffers.inputs[0].dtype, [&]<class Element>(Element) {
    auto x = buffers.input<Element>();
    auto y = buffers.output<Element>();
    Element* next = y.data;
    walk(y.shape, broadcast_strides(x.shape, y.shape), [&](std::int64_t at) { *next++ = x[at]; });
  });
}

}  // namespace

constinit const OpDefinition<ShapeAttributes> reshape_op{{
    .name = "reshape",
    .infer = infer_reshape,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {reshape(b.output_gradient(), b.input().shape())};
    },
    .reference = {{copy_elements<float>, copy_elements<double>}},
    .kind = Kind::view,
    .onnx = "Reshape",
    .formula = "the same elements, in the same order, under another shape",
}};

constinit const OpDefinition<TransposeAttributes> transpose_op{{
    .name = "transpose",
    .infer = infer_transpose,
    .gradient = transpose_gradient,
    .reference = {{transpose_elements<float>, transpose_elements<double>}},
    .onnx = "Transpose",
    .formula = "dimension i of y is dimension permutation[i] of x",
}};

constinit const OpDefinition<ShapeAttributes> broadcast_to_op{{
    .name = "broadcast_to",
    .infer = infer_broadcast,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {sum_to(b.output_gradient(), b.input().shape())};
    },
    .reference = {{broadcast_elements<float>, broadcast_elements<double>}},
    .onnx = "Expand",
    .formula = "x repeated along dimensions of size 1 and new leading ones",
}};

Value reshape(Value x, Shape shape) {
  return x.shape() == shape ? x : reshape_op({shape}, {x}).front();
}

Value transpose(Value x, std::vector<int> permutation) {
  return transpose_op({std::move(permutation)}, {x}).front();
}

Value broadcast_to(Value x, Shape shape) {
  return x.shape() == shape ? x : broadcast_to_op({shape}, {x}).front();
}

Value sum_to(Value x, Shape shape) {
  if (x.shape() == shape) return x;
  std::vector<int> axes;
  const int missing = x.rank() - shape.rank();
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis < missing || shape[axis - missing] != x.dim(axis)) axes.push_back(axis);
  }
  return reshape(sum(x, {.axes = axes}), shape);
}

}  // namespace sloy
