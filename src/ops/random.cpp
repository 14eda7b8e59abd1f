#include "ops/random.h"

#include <fmt/format.h>

#include "ops/check.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

std::vector<Type> infer(const RandomOptions& options, Operands in) {
  check_count(in, 2);
  check_dtype(in, 0, "seed", DType::int32);
  check_dtype(in, 1, "step", DType::int32);
  if (in.shape(0) != Shape{2} || in.shape(1) != Shape{}) {
    throw ShapeError("the seed must be two numbers and the step one",
                     {shape_note("seed", in.shape(0)), shape_note("step", in.shape(1))});
  }
  const Shape& shape = options.shape;
  if (shape.rank() == 0) {
    throw ShapeError("the shape needs a first dimension, which counts examples", {},
                     "take shape (1) and reshape the result");
  }
  constexpr std::int64_t most = std::int64_t{1} << 34;
  const Dim example = shape.without(0).elements();
  if (example.is_symbolic() || example.size() > most) {
    throw ShapeError("an example must have a size known now, of at most 2³⁴ elements",
                     {shape_note("shape", shape)});
  }
  return {{DType::float32, shape}};
}

template <class T>
using Fill = void (*)(RandomKey, RandomPlace, std::uint64_t first, std::span<T>);

template <class T, Fill<T> fill>
void draw(const RandomOptions& options, const Buffers& buffers) {
  auto y = buffers.output<T>();
  const RandomKey key = random_key(buffers.input<std::int32_t>(0).data, options);
  const auto step = static_cast<std::uint32_t>(buffers.input<std::int32_t>(1)[0]);
  const std::int64_t examples = y.shape.size(0);
  const std::int64_t size = examples == 0 ? 0 : y.size() / examples;
  for (std::int64_t n = 0; n < examples; ++n) {
    const RandomPlace place{.step = step, .example = static_cast<std::uint64_t>(n)};
    fill(key, place, 0, {y.data + n * size, static_cast<std::size_t>(size)});
  }
}

Values no_gradient(const RandomOptions&, const Backward&) { return {Value{}, Value{}}; }

}  // namespace

RandomKey random_key(const std::int32_t* seed, const RandomOptions& options) {
  const auto join = [](std::uint32_t low, std::uint32_t high) {
    return std::uint64_t{high} << 32 | low;
  };
  const std::uint64_t whole =
      join(static_cast<std::uint32_t>(seed[0]), static_cast<std::uint32_t>(seed[1]));
  return random_key(whole, Purpose::op, join(options.stream, options.purpose));
}

constinit const OpDefinition<RandomOptions> random_uniform_op{{
    .name = "random_uniform",
    .infer = infer,
    .gradient = no_gradient,
    .reference = {{draw<float, fill_uniform>, draw<double, fill_uniform>}},
    .kind = Kind::element_wise,
    .onnx = "RandomUniform",
    .formula = "y uniform in [0, 1), by Philox4x32-10",
}};

constinit const OpDefinition<RandomOptions> random_normal_op{{
    .name = "random_normal",
    .infer = infer,
    .gradient = no_gradient,
    .reference = {{draw<float, fill_normal>, draw<double, fill_normal>}},
    .onnx = "RandomNormal",
    .formula = "y standard normal, by Box and Muller's formula",
}};

Value random_uniform(Value seed, Value step, RandomOptions options) {
  return random_uniform_op(options, {seed, step}).front();
}

Value random_normal(Value seed, Value step, RandomOptions options) {
  return random_normal_op(options, {seed, step}).front();
}

}  // namespace sloy
