#include "ops/moments.h"

#include "ops/check.h"
#include "ops/reduce.h"
#include "ops/reduce_loops.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

std::vector<Type> infer(const ReduceOptions& options, Operands in) {
  check_count(in, 1);
  check_float(in, 0, "x");
  check_not_empty(in.shape(0));
  const Type type{DType::float32, reduced_shape(in.shape(0), options)};
  return {type, type};
}

/// dx = dmean / n + 2 dvariance (x − mean) / n, for n elements in each mean.
Values gradient(const ReduceOptions& options, const Backward& b) {
  Value x = b.input();
  const Shape kept = kept_dims(x.shape(), check_axes(x.shape(), options.axes));
  Value n = count(x, options.axes);
  Value dx;
  if (Value dvariance = b.output_gradient(1)) {
    dx = (x - reshape(b.output(0), kept)) * (2.0 * reshape(dvariance, kept) / n);
  }
  if (Value dmean = b.output_gradient(0)) {
    Value share = reshape(dmean, kept) / n;
    dx = dx ? dx + share : broadcast_to(share, x.shape());
  }
  return {dx};
}

/// In two passes, the second over differences from the mean, so that a large mean costs no digits.
template <class T>
void reference(const ReduceOptions& options, const Buffers& buffers) {
  auto x = buffers.input<T>();
  T* mean = buffers.output<T>(0).data;
  T* variance = buffers.output<T>(1).data;
  const ReductionLoops loops(x.shape, options.axes);
  const auto n = static_cast<double>(loops.count());
  loops.for_each_result([&](std::int64_t first) {
    double sum = 0;
    loops.for_each_of(first, [&](std::int64_t i) { sum += x[i]; });
    const double center = sum / n;
    double squares = 0;
    loops.for_each_of(first, [&](std::int64_t i) { squares += (x[i] - center) * (x[i] - center); });
    *mean++ = static_cast<T>(center);
    *variance++ = static_cast<T>(squares / n);
  });
}

Cost cost(const ReduceOptions&, Operands in, std::span<const Type>) {
  return {.flops = 4.0 * static_cast<double>(in.shape(0).size())};
}

}  // namespace

constinit const OpDefinition<ReduceOptions> moments_op{{
    .name = "moments",
    .infer = infer,
    .gradient = gradient,
    .reference = {{reference<float>, reference<double>}},
    .cost = cost,
    .formula = "mean = Σ x / n, variance = Σ (x − mean)² / n",
}};

Moments moments(Value x, std::vector<int> axes, bool keep_dims) {
  ReduceOptions options{.axes = std::move(axes), .keep_dims = keep_dims};
  std::vector<Value> results = moments_op(canonical(std::move(options), x.shape()), {x});
  return {.mean = results[0], .variance = results[1]};
}

}  // namespace sloy
