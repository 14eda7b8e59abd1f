#include "ops/upsample.h"

#include <sloy/ops.h>

#include <fmt/format.h>

#include <algorithm>

#include "ops/check.h"
#include "ops/loops.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

void check(const UpsampleAttributes& attributes, Operands in) {
  check_count(in, 1);
  check_float(in, 0, "the input");
  const Shape& shape = in.shape(0);
  const int rank = static_cast<int>(attributes.factors.size()) + 2;
  if (rank < 3 || rank > 5 || shape.rank() != rank) {
    throw ShapeError(fmt::format("{} factors for an input of {} dimensions",
                                 attributes.factors.size(), shape.rank()),
                     {shape_note("input", shape, "batch, spatial…, channels")},
                     "give one factor a spatial dimension, of which there are 1, 2 or 3");
  }
  for (int axis = 1; axis + 1 < rank; ++axis) check_fixed(shape, axis);
  for (std::int64_t factor : attributes.factors) {
    if (factor < 1)
      throw ShapeError(fmt::format("the factor {} is too small", factor), {}, "give 1 or more");
  }
}

std::vector<Type> infer(const UpsampleAttributes& attributes, Operands in) {
  check(attributes, in);
  Shape shape = in.shape(0);
  for (int axis = 1; axis + 1 < shape.rank(); ++axis) {
    std::int64_t size = 0;
    if (__builtin_mul_overflow(shape.size(axis),
                               attributes.factors[static_cast<std::size_t>(axis - 1)], &size)) {
      throw ShapeError("the enlarged image is too large", {shape_note("input", shape)});
    }
    shape[axis] = size;
  }
  return {{DType::float32, shape}};
}

std::vector<Type> infer_gradient(const UpsampleAttributes& attributes, Operands in) {
  check(attributes, in);
  Shape shape = in.shape(0);
  for (int axis = 1; axis + 1 < shape.rank(); ++axis) {
    const std::int64_t factor = attributes.factors[static_cast<std::size_t>(axis - 1)];
    if (shape.size(axis) % factor != 0) {
      throw ShapeError(fmt::format("the factor {} does not divide the {} {}", factor,
                                   spatial_name(shape.rank(), axis - 1), shape.size(axis)),
                       {shape_note("dy", shape, image_dims(shape.rank()))});
    }
    shape[axis] = shape.size(axis) / factor;
  }
  return {{DType::float32, shape}};
}

/// Calls body(place in the small image, place in the large one) for each element of the large one,
/// which is walked with every spatial dimension split into (position, copy).
template <class Body>
void for_each_copy(const Shape& small, const UpsampleAttributes& attributes, const Body& body) {
  const Index own = strides_of(small);
  Shape split{small[0]};
  Index strides{own[0]};
  for (int axis = 1; axis + 1 < small.rank(); ++axis) {
    strides[static_cast<std::size_t>(split.rank())] = own[static_cast<std::size_t>(axis)];
    split.push_back(small[axis]);
    split.push_back(attributes.factors[static_cast<std::size_t>(axis - 1)]);
  }
  strides[static_cast<std::size_t>(split.rank())] = 1;
  split.push_back(small[-1]);
  std::int64_t large = 0;
  walk(split, strides, [&](std::int64_t place) { body(place, large++); });
}

template <class T>
void repeat(const UpsampleAttributes& attributes, const Buffers& buffers) {
  auto x = buffers.input<T>();
  auto y = buffers.output<T>();
  for_each_copy(x.shape, attributes,
                [&](std::int64_t small, std::int64_t large) { y[large] = x[small]; });
}

template <class T>
void sum_copies(const UpsampleAttributes& attributes, const Buffers& buffers) {
  auto dy = buffers.input<T>();
  auto dx = buffers.output<T>();
  std::fill(dx.begin(), dx.end(), T{0});
  for_each_copy(dx.shape, attributes,
                [&](std::int64_t small, std::int64_t large) { dx[small] += dy[large]; });
}

}  // namespace

constinit const OpDefinition<UpsampleAttributes> upsample_op{{
    .name = "upsample",
    .infer = infer,
    .gradient = [](const UpsampleAttributes& a, const Backward& b) -> Values {
      return {upsample_gradient(b.output_gradient(), a.factors)};
    },
    .reference = {{repeat<float>, repeat<double>}},
    .onnx = "Resize",
    .formula = "y[n, i, c] = x[n, ⌊i / factor⌋, c]",
}};

constinit const OpDefinition<UpsampleAttributes> upsample_gradient_op{{
    .name = "upsample_gradient",
    .infer = infer_gradient,
    .gradient = [](const UpsampleAttributes& a, const Backward& b) -> Values {
      return {upsample(b.output_gradient(), a.factors)};
    },
    .reference = {{sum_copies<float>, sum_copies<double>}},
    .cost = [](auto&, Operands in,
               std::span<const Type>) { return Cost{static_cast<double>(in.shape(0).size())}; },
    .formula = "dx[n, j, c] = Σ_{i: ⌊i / factor⌋ = j} dy[n, i, c]",
}};

Value upsample(Value x, std::vector<std::int64_t> factors) {
  return upsample_op({std::move(factors)}, {x}).front();
}

Value upsample_gradient(Value dy, std::vector<std::int64_t> factors) {
  return upsample_gradient_op({std::move(factors)}, {dy}).front();
}

}  // namespace sloy
