#include <algorithm>

#include "ops/check.h"
#include "ops/pool.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

std::vector<Type> infer(const PoolOptions& options, Operands in) {
  check_count(in, 1);
  check_float(in, 0, "the input");
  return {{DType::float32, pool_shape(in.shape(0), options)}};
}

/// How many cells of each window lie inside the input.
std::vector<std::int64_t> cells_inside(const WindowAxes& axes) {
  std::vector<std::int64_t> cells(static_cast<std::size_t>(output_plane(axes)));
  for_each_tap(axes, [&](std::int64_t output, std::int64_t, std::int64_t) {
    ++cells[static_cast<std::size_t>(output)];
  });
  return cells;
}

template <class T>
void pool(const PoolOptions& options, const Buffers& buffers) {
  auto x = buffers.input<T>();
  auto y = buffers.output<T>();
  const WindowAxes axes = pool_axes(x.shape, options);
  const std::vector<std::int64_t> cells = cells_inside(axes);
  const std::int64_t channels = x.shape.size(-1);
  std::fill(y.begin(), y.end(), T{0});
  for (std::int64_t n = 0; n < x.shape.size(0); ++n) {
    for_each_tap(axes, [&](std::int64_t output, std::int64_t, std::int64_t input) {
      const T* from = x.data + (n * input_plane(axes) + input) * channels;
      T* to = y.data + (n * output_plane(axes) + output) * channels;
      for (std::int64_t c = 0; c < channels; ++c) to[c] += from[c];
    });
  }
  for (std::int64_t i = 0, size = y.size(); i < size; ++i) {
    const std::int64_t position = i / channels % output_plane(axes);
    y[i] /= static_cast<T>(cells[static_cast<std::size_t>(position)]);
  }
}

std::vector<Type> infer_gradient(const PoolGradientAttributes& attributes, Operands in) {
  check_count(in, 1);
  check_float(in, 0, "dy");
  const Shape result = pool_shape(attributes.input, attributes.options);
  if (in.shape(0) != result) {
    throw ShapeError(
        "dy does not have the shape of the pool's result",
        {shape_note("dy", in.shape(0)), shape_note("result", result, image_dims(result.rank()))});
  }
  return {{DType::float32, attributes.input}};
}

template <class T>
void spread(const PoolGradientAttributes& attributes, const Buffers& buffers) {
  auto dy = buffers.input<T>();
  auto dx = buffers.output<T>();
  const WindowAxes axes = pool_axes(dx.shape, attributes.options);
  const std::vector<std::int64_t> cells = cells_inside(axes);
  const std::int64_t channels = dx.shape.size(-1);
  std::fill(dx.begin(), dx.end(), T{0});
  for (std::int64_t n = 0; n < dx.shape.size(0); ++n) {
    for_each_tap(axes, [&](std::int64_t output, std::int64_t, std::int64_t input) {
      const T* from = dy.data + (n * output_plane(axes) + output) * channels;
      T* to = dx.data + (n * input_plane(axes) + input) * channels;
      const auto share = static_cast<T>(cells[static_cast<std::size_t>(output)]);
      for (std::int64_t c = 0; c < channels; ++c) to[c] += from[c] / share;
    });
  }
}

Cost cost_over(const Shape& input, const PoolOptions& options) {
  const std::int64_t taps = num_taps(pool_axes(input, options));
  return {static_cast<double>(taps) * static_cast<double>(pool_shape(input, options).size())};
}

}  // namespace

constinit const OpDefinition<PoolOptions> average_pool_op{{
    .name = "average_pool",
    .infer = infer,
    .gradient = [](const PoolOptions& options, const Backward& b) -> Values {
      return {average_pool_gradient(b.output_gradient(), b.input().shape(), options)};
    },
    .reference = {{pool<float>, pool<double>}},
    .cost = [](const PoolOptions& options, Operands in,
               std::span<const Type>) { return cost_over(in.shape(0), options); },
    .onnx = "AveragePool",
    .formula = "y[n, i, c] = mean of x[n, i·stride + t − low, c] over the t inside",
}};

constinit const OpDefinition<PoolGradientAttributes> average_pool_gradient_op{{
    .name = "average_pool_gradient",
    .infer = infer_gradient,
    .gradient = [](const PoolGradientAttributes& a, const Backward& b) -> Values {
      return {average_pool(b.output_gradient(), a.options)};
    },
    .reference = {{spread<float>, spread<double>}},
    .cost = [](const PoolGradientAttributes& a, Operands,
               std::span<const Type>) { return cost_over(a.input, a.options); },
    .formula = "dx[n, j, c] = Σ of dy[n, i, c] / (cells inside window i) over windows i with j",
}};

Value average_pool(Value x, PoolOptions options) {
  return average_pool_op(canonical(std::move(options), x.shape()), {x}).front();
}

Value average_pool_gradient(Value dy, Shape input, PoolOptions options) {
  return average_pool_gradient_op({input, canonical(std::move(options), input)}, {dy}).front();
}

}  // namespace sloy
