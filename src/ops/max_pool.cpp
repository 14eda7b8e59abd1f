#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "ops/check.h"
#include "ops/pool.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

std::vector<Type> infer(const PoolOptions& options, Operands in) {
  check_count(in, 1);
  check_float(in, 0, "the input");
  const WindowAxes axes = pool_axes(in.shape(0), options);
  std::int64_t plane = 1;
  for (const WindowAxis& axis : axes) {
    if (__builtin_mul_overflow(plane, axis.input, &plane) ||
        plane > std::numeric_limits<std::int32_t>::max()) {
      throw ShapeError("a plane of the input has more positions than an int32 index can name",
                       {shape_note("input", in.shape(0), image_dims(in.shape(0).rank()))});
    }
  }
  const Shape shape = window_output(in.shape(0), axes);
  return {{DType::float32, shape}, {DType::int32, shape}};
}

template <class T>
void pool(const PoolOptions& options, const Buffers& buffers) {
  auto x = buffers.input<T>();
  auto values = buffers.output<T>(0);
  auto indices = buffers.output<std::int32_t>(1);
  const WindowAxes axes = pool_axes(x.shape, options);
  const std::int64_t channels = x.shape.size(-1);
  std::fill(indices.begin(), indices.end(), -1);
  for (std::int64_t n = 0; n < x.shape.size(0); ++n) {
    for_each_tap(axes, [&](std::int64_t output, std::int64_t, std::int64_t input) {
      const T* from = x.data + (n * input_plane(axes) + input) * channels;
      const std::int64_t to = (n * output_plane(axes) + output) * channels;
      for (std::int64_t c = 0; c < channels; ++c) {
        const bool is_nan = from[c] != from[c];  // wins over every number
        const bool wins = indices[to + c] < 0 || from[c] > values[to + c] ||
                          (is_nan && values[to + c] == values[to + c]);
        if (!wins) continue;
        values[to + c] = from[c];
        indices[to + c] = static_cast<std::int32_t>(input);
      }
    });
  }
}

/// `result` is what max_pool gives for `input`; dy and indices must look the same.
void check_winners(const Shape& values, std::string_view name, const Shape& indices,
                   const Shape& result) {
  if (values == result && indices == result) return;
  throw ShapeError(fmt::format("{} and indices must have the shape of the pool's result", name),
                   {shape_note(std::string(name), values), shape_note("indices", indices),
                    shape_note("result", result, image_dims(result.rank()))});
}

/// Calls body(place in x, place in y) for each winner. Indices outside the plane, which max_pool
/// never gives, are passed over.
template <class Body>
void for_each_winner(const Shape& x, View<const std::int32_t> indices, const Body& body) {
  const std::int64_t channels = x.size(-1);
  const std::int64_t batch_size = x.size(0);
  const std::int64_t plane = x.size() / std::max<std::int64_t>(batch_size * channels, 1);
  const std::int64_t outputs = indices.size() / std::max<std::int64_t>(batch_size * channels, 1);
  for (std::int64_t i = 0, size = indices.size(); i < size; ++i) {
    const std::int64_t n = i / (outputs * channels);
    if (indices[i] < 0 || indices[i] >= plane) continue;
    body((n * plane + indices[i]) * channels + i % channels, i);
  }
}

std::vector<Type> infer_gradient(const PoolGradientAttributes& attributes, Operands in) {
  check_count(in, 2);
  check_float(in, 0, "dy");
  check_dtype(in, 1, "indices", DType::int32);
  const Shape result = pool_shape(attributes.input, attributes.options);
  check_winners(in.shape(0), "dy", in.shape(1), result);
  return {{DType::float32, attributes.input}};
}

template <class T>
void scatter(const PoolGradientAttributes&, const Buffers& buffers) {
  auto dy = buffers.input<T>(0);
  auto dx = buffers.output<T>();
  std::fill(dx.begin(), dx.end(), T{0});
  for_each_winner(dx.shape, buffers.input<std::int32_t>(1),
                  [&](std::int64_t to, std::int64_t from) { dx[to] += dy[from]; });
}

std::vector<Type> infer_gather(const PoolOptions& options, Operands in) {
  check_count(in, 2);
  check_float(in, 0, "x");
  check_dtype(in, 1, "indices", DType::int32);
  const Shape result = pool_shape(in.shape(0), options);
  check_winners(result, "x pooled", in.shape(1), result);
  return {{DType::float32, result}};
}

template <class T>
void gather(const PoolOptions&, const Buffers& buffers) {
  auto x = buffers.input<T>(0);
  auto y = buffers.output<T>();
  std::fill(y.begin(), y.end(), T{0});
  for_each_winner(x.shape, buffers.input<std::int32_t>(1),
                  [&](std::int64_t from, std::int64_t to) { y[to] = x[from]; });
}

}  // namespace

constinit const OpDefinition<PoolOptions> max_pool_op{{
    .name = "max_pool",
    .infer = infer,
    .gradient = [](const PoolOptions& options, const Backward& b) -> Values {
      return {max_pool_gradient(b.output_gradient(), b.output(1), b.input().shape(), options)};
    },
    .reference = {{pool<float>, pool<double>}},
    .cost = [](const PoolOptions& options, Operands in, std::span<const Type> results) -> Cost {
      const std::int64_t taps = num_taps(pool_axes(in.shape(0), options));
      return {static_cast<double>(taps) * static_cast<double>(results[0].shape.size())};
    },
    .onnx = "MaxPool",
    .formula = "y[n, i, c] = max_t x[n, i·stride + t − low, c]",
}};

constinit const OpDefinition<PoolGradientAttributes> max_pool_gradient_op{{
    .name = "max_pool_gradient",
    .infer = infer_gradient,
    .gradient = [](const PoolGradientAttributes& a, const Backward& b) -> Values {
      return {max_pool_gather(b.output_gradient(), b.input(1), a.options), Value{}};
    },
    .reference = {{scatter<float>, scatter<double>}},
    .formula = "dx[n, j, c] = Σ_{i: indices[n, i, c] = j} dy[n, i, c]",
}};

constinit const OpDefinition<PoolOptions> max_pool_gather_op{{
    .name = "max_pool_gather",
    .infer = infer_gather,
    .gradient = [](const PoolOptions& options, const Backward& b) -> Values {
      const Shape& input = b.input(0).shape();
      return {max_pool_gradient(b.output_gradient(), b.input(1), input, options), Value{}};
    },
    .reference = {{gather<float>, gather<double>}},
    .formula = "y[n, i, c] = x[n, indices[n, i, c], c]",
}};

MaxPool max_pool(Value x, PoolOptions options) {
  std::vector<Value> results = max_pool_op(canonical(std::move(options), x.shape()), {x});
  return {.values = results[0], .indices = results[1]};
}

Value max_pool_gradient(Value dy, Value indices, Shape input, PoolOptions options) {
  return max_pool_gradient_op({input, canonical(std::move(options), input)}, {dy, indices}).front();
}

Value max_pool_gather(Value x, Value indices, PoolOptions options) {
  return max_pool_gather_op(canonical(std::move(options), x.shape()), {x, indices}).front();
}

}  // namespace sloy
