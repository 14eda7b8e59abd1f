#include "ops/reduce.h"

#include <algorithm>

#include "ops/check.h"
#include "ops/reduce_loops.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

std::vector<Type> infer(const ReduceOptions& options, Operands in) {
  check_count(in, 1);
  check_float(in, 0, "x");
  return {{DType::float32, reduced_shape(in.shape(0), options)}};
}

Values sum_gradient(const ReduceOptions& options, const Backward& b) {
  const Shape& shape = b.input().shape();
  Value dy = reshape(b.output_gradient(), kept_dims(shape, check_axes(shape, options.axes)));
  return {broadcast_to(dy, shape)};
}

template <class T>
void sum_elements(const ReduceOptions& options, const Buffers& buffers) {
  auto x = buffers.input<T>();
  T* y = buffers.output<T>().data;
  const ReductionLoops reduction(x.shape, options.axes);
  reduction.for_each_result([&](std::int64_t first) {
    double total = 0;
    reduction.for_each_of(first, [&](std::int64_t i) { total += x[i]; });
    *y++ = static_cast<T>(total);
  });
}

std::vector<Type> infer_max(const ReduceOptions& options, Operands in) {
  std::vector<Type> types = infer(options, in);
  check_not_empty(in.shape(0));
  return types;
}

/// dy goes to the first of the largest: x is turned so that one axis, the last, is reduced, and
/// that axis' argmax says where.
Values max_gradient(const ReduceOptions& options, const Backward& b) {
  const Shape& shape = b.input().shape();
  const std::vector<int> axes = check_axes(shape, options.axes);
  std::vector<int> order;
  Shape kept;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (std::find(axes.begin(), axes.end(), axis) != axes.end()) continue;
    order.push_back(axis);
    kept.push_back(shape[axis]);
  }
  Shape turned = kept;
  Shape reduced;
  for (int axis : axes) {
    order.push_back(axis);
    turned.push_back(shape[axis]);
    reduced.push_back(shape[axis]);
  }
  Shape rows = kept;
  rows.push_back(reduced.elements());
  Shape ones = kept;
  ones.push_back(1);

  Value winner = argmax(reshape(transpose(b.input(), order), rows));
  Value dx = one_hot(winner, rows[-1]) * reshape(b.output_gradient(), ones);
  std::vector<int> back(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    back[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
  }
  return {transpose(reshape(dx, turned), back)};
}

template <class T>
void max_elements(const ReduceOptions& options, const Buffers& buffers) {
  auto x = buffers.input<T>();
  T* y = buffers.output<T>().data;
  const ReductionLoops reduction(x.shape, options.axes);
  reduction.for_each_result([&](std::int64_t first) {
    T largest = x[first];
    // Not-a-number wins over everything.
    reduction.for_each_of(first, [&](std::int64_t i) {
      if (x[i] > largest || x[i] != x[i]) largest = x[i];
    });
    *y++ = largest;
  });
}

std::vector<Type> infer_argmax(const AxisAttributes& attributes, Operands in) {
  check_count(in, 1);
  check_float(in, 0, "x");
  int axis = check_axis(in.shape(0), attributes.axis);
  check_not_empty(in.shape(0));
  return {{DType::int32, in.shape(0).without(axis)}};
}

template <class T>
void argmax_elements(const AxisAttributes& attributes, const Buffers& buffers) {
  auto x = buffers.input<T>();
  std::int32_t* y = buffers.output<std::int32_t>().data;
  const ReductionLoops reduction(x.shape, {attributes.axis});
  reduction.for_each_result([&](std::int64_t first) {
    T largest = x[first];
    std::int32_t winner = 0;
    std::int32_t place = 0;
    reduction.for_each_of(first, [&](std::int64_t i) {
      // The first not-a-number wins over everything.
      if (x[i] > largest || (x[i] != x[i] && largest == largest)) {
        largest = x[i];
        winner = place;
      }
      ++place;
    });
    *y++ = winner;
  });
}

std::vector<Type> infer_count(const CountAttributes&, Operands in) {
  check_count(in, 0);
  return {{DType::float32, {}}};
}

template <class T>
void write_count(const CountAttributes& attributes, const Buffers& buffers) {
  buffers.output<T>()[0] = static_cast<T>(attributes.elements.size());
}

Cost reduce_cost(const ReduceOptions&, Operands in, std::span<const Type>) {
  return {.flops = static_cast<double>(in.shape(0).size())};
}

}  // namespace

Shape kept_dims(const Shape& shape, const std::vector<int>& axes) {
  Shape kept = shape;
  for (int axis : axes) kept[axis] = 1;
  return kept;
}

Shape reduced_shape(const Shape& shape, const ReduceOptions& options) {
  const std::vector<int> axes = check_axes(shape, options.axes);
  if (options.keep_dims) return kept_dims(shape, axes);
  Shape reduced = shape;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) reduced = reduced.without(*axis);
  return reduced;
}

ReduceOptions canonical(ReduceOptions options, const Shape& shape) {
  if (options.axes.empty()) options.axes = check_axes(shape, {});
  for (int& axis : options.axes) axis = from_first(shape, axis);
  std::sort(options.axes.begin(), options.axes.end());
  return options;
}

constinit const OpDefinition<ReduceOptions> sum_op{{
    .name = "sum",
    .infer = infer,
    .gradient = sum_gradient,
    .reference = {{sum_elements<float>, sum_elements<double>}},
    .cost = reduce_cost,
    .onnx = "ReduceSum",
    .formula = "y = Σ x",
}};

constinit const OpDefinition<ReduceOptions> max_op{{
    .name = "max",
    .infer = infer_max,
    .gradient = max_gradient,
    .reference = {{max_elements<float>, max_elements<double>}},
    .cost = reduce_cost,
    .onnx = "ReduceMax",
    .formula = "y = max x",
}};

constinit const OpDefinition<AxisAttributes> argmax_op{{
    .name = "argmax",
    .infer = infer_argmax,
    .gradient = not_differentiable<AxisAttributes>(),
    .reference = {{argmax_elements<float>, argmax_elements<double>}},
    .cost = [](auto&, Operands in, std::span<const Type>) -> Cost {
      return {.flops = static_cast<double>(in.shape(0).size())};
    },
    .onnx = "ArgMax",
    .formula = "y = min { i : x_i = max x }",
}};

constinit const OpDefinition<CountAttributes> count_op{{
    .name = "count",
    .infer = infer_count,
    .gradient = [](auto&, const Backward&) -> Values { return {}; },
    .reference = {{write_count<float>, write_count<double>}},
    .formula = "y = the number of elements",
}};

Value sum(Value x, ReduceOptions options) {
  return sum_op(canonical(std::move(options), x.shape()), {x}).front();
}
Value mean(Value x, ReduceOptions options) {
  try {
    check_axes(x.shape(), options.axes);
    check_not_empty(x.shape());
  } catch (const ShapeError& error) {
    throw refusal(x, "mean", error);
  }
  return sum(x, options) / count(x, options.axes);
}
Value max(Value x, ReduceOptions options) {
  return max_op(canonical(std::move(options), x.shape()), {x}).front();
}
Value argmax(Value x, int axis) { return argmax_op({from_first(x.shape(), axis)}, {x}).front(); }

Value count(Value x, std::vector<int> axes) {
  Shape counted;
  try {
    for (int axis : check_axes(x.shape(), axes)) counted.push_back(x.dim(axis));
  } catch (const ShapeError& error) {
    throw refusal(x, "count", error);
  }
  const Dim elements = counted.elements();
  if (elements.is_symbolic()) return count_op(x.graph(), {elements}).front();
  return x.graph().constant(static_cast<double>(elements.size()));
}

}  // namespace sloy
