/// Loops of the reference kernels: every index of a shape in row-major order, and where each
/// operand's element lies meanwhile.
#pragma once

#include <sloy/op.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace sloy {

/// One number a dimension.
using Index = std::array<std::int64_t, Shape::max_rank>;

/// Elements from one index to the next along each dimension, in row-major order.
inline Index strides_of(const Shape& shape) {
  Index strides{};
  std::int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[static_cast<std::size_t>(axis)] = stride;
    stride *= shape.size(axis);
  }
  return strides;
}

/// Strides of an operand along the dimensions of the result it is broadcast to: 0 where it repeats.
inline Index broadcast_strides(const Shape& from, const Shape& to) {
  const Index own = strides_of(from);
  const int missing = to.rank() - from.rank();
  Index strides{};
  for (int axis = 0; axis < from.rank(); ++axis) {
    if (from.size(axis) == 1) continue;
    strides[static_cast<std::size_t>(axis + missing)] = own[static_cast<std::size_t>(axis)];
  }
  return strides;
}

/// Calls body(offsets) for every index of `shape` in row-major order. offsets[k] is the sum over
/// dimensions of index × strides[k].
template <std::size_t N, class Body>
void walk(const Shape& shape, const std::array<Index, N>& strides, const Body& body) {
  std::array<std::int64_t, N> offsets{};
  Index index{};
  for (std::int64_t left = shape.size(); left > 0; --left) {
    body(offsets);
    for (auto axis = static_cast<std::size_t>(shape.rank()); axis-- > 0;) {
      const std::int64_t size = shape.size(static_cast<int>(axis));
      const bool carry = ++index[axis] == size;
      const std::int64_t moved = carry ? 1 - size : 1;
      for (std::size_t k = 0; k < N; ++k) offsets[k] += moved * strides[k][axis];
      if (!carry) break;
      index[axis] = 0;
    }
  }
}

/// The same for one operand: body(offset).
template <class Body>
void walk(const Shape& shape, const Index& strides, const Body& body) {
  walk(shape, std::array<Index, 1>{strides}, [&](const auto& offsets) { body(offsets[0]); });
}

/// Calls f with a value of the type the elements of a buffer have in a kernel for floats T.
template <class T, class F>
void with_element(DType dtype, const F& f) {
  switch (dtype) {
    case DType::float32:
    case DType::float64: return f(T{});
    case DType::int32: return f(std::int32_t{});
    case DType::uint8: return f(std::uint8_t{});
  }
}

/// The reference kernel of ops whose result has the operand's elements, in their order.
template <class T, class A>
void copy_elements(const A&, const Buffers& buffers) {
  with_element<T>(buffers.inputs[0].dtype, [&]<class Element>(Element) {
    auto x = buffers.input<Element>();
    std::copy(x.begin(), x.end(), buffers.output<Element>().data);
  });
}

}  // namespace sloy
