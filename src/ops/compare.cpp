#include <fmt/format.h>
#include <sloy/ops.h>

#include <cmath>
#include <limits>

#include "ops/check.h"
#include "ops/elementwise.h"
#include "ops/loops.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

std::vector<Type> infer_comparison(const NoAttributes&, Operands in) {
  check_count(in, 2);
  check_number(in);
  return {{DType::float32, broadcast_shapes(in.shape(0), in.shape(1))}};
}

template <class T, class Element, auto holds>
void compare_pairs(const Buffers& buffers) {
  auto a = buffers.input<Element>(0);
  auto b = buffers.input<Element>(1);
  auto y = buffers.output<T>();
  std::array strides{broadcast_strides(a.shape, y.shape), broadcast_strides(b.shape, y.shape)};
  T* next = y.data;
  walk(y.shape, strides, [&](const auto& at) { *next++ = holds(a[at[0]], b[at[1]]) ? 1 : 0; });
}

template <class T, auto holds>
void compare(const NoAttributes&, const Buffers& buffers) {
  if (buffers.inputs[0].dtype == DType::int32) {
    return compare_pairs<T, std::int32_t, holds>(buffers);
  }
  compare_pairs<T, T, holds>(buffers);
}

/// A step function: its derivative is 0 wherever there is one.
Values no_gradient(const NoAttributes&, const Backward&) { return {Value{}, Value{}}; }

template <auto holds>
constexpr OpRules<NoAttributes> comparison(std::string_view name, std::string_view onnx,
                                           std::string_view formula) {
  return {.name = name,
          .infer = infer_comparison,
          .gradient = no_gradient,
          .reference = {{compare<float, holds>, compare<double, holds>}},
          .kind = Kind::element_wise,
          .onnx = onnx,
          .formula = formula};
}

std::vector<Type> infer_where(const NoAttributes&, Operands in) {
  check_count(in, 3);
  check_float(in, 0, "condition");
  check_float(in, 1, "a");
  check_float(in, 2, "b");
  return {
      {DType::float32, broadcast_shapes(in.shape(0), broadcast_shapes(in.shape(1), in.shape(2)))}};
}

template <class T>
void choose(const NoAttributes&, const Buffers& buffers) {
  auto condition = buffers.input<T>(0);
  auto a = buffers.input<T>(1);
  auto b = buffers.input<T>(2);
  auto y = buffers.output<T>();
  std::array strides{broadcast_strides(condition.shape, y.shape),
                     broadcast_strides(a.shape, y.shape), broadcast_strides(b.shape, y.shape)};
  T* next = y.data;
  walk(y.shape, strides,
       [&](const auto& at) { *next++ = condition[at[0]] != 0 ? a[at[1]] : b[at[2]]; });
}

Values where_gradient(const NoAttributes&, const Backward& b) {
  Value condition = b.input(0);
  Value dy = b.output_gradient();
  Value zero = dy.graph().constant(0.0);
  Values gradients(3);
  if (b.needs(1)) gradients[1] = sum_to(where(condition, dy, zero), b.input(1).shape());
  if (b.needs(2)) gradients[2] = sum_to(where(condition, zero, dy), b.input(2).shape());
  return gradients;
}

}  // namespace

constinit const OpDefinition<NoAttributes> equal_op{
    comparison<[](auto a, auto b) { return (a == b); }>("equal", "Equal",
                                                        "y = 1 where a = b, else 0")};
constinit const OpDefinition<NoAttributes> not_equal_op{
    comparison<[](auto a, auto b) { return (a != b); }>("not_equal", {},
                                                        "y = 1 where a ≠ b, else 0")};
constinit const OpDefinition<NoAttributes> greater_op{
    comparison<[](auto a, auto b) { return (a > b); }>("greater", "Greater",
                                                       "y = 1 where a > b, else 0")};
constinit const OpDefinition<NoAttributes> greater_equal_op{
    comparison<[](auto a, auto b) { return (a >= b); }>("greater_equal", "GreaterOrEqual",
                                                        "y = 1 where a ≥ b, else 0")};
constinit const OpDefinition<NoAttributes> less_op{
    comparison<[](auto a, auto b) { return (a < b); }>("less", "Less",
                                                       "y = 1 where a < b, else 0")};
constinit const OpDefinition<NoAttributes> less_equal_op{
    comparison<[](auto a, auto b) { return (a <= b); }>("less_equal", "LessOrEqual",
                                                        "y = 1 where a ≤ b, else 0")};

constinit const OpDefinition<NoAttributes> where_op{{
    .name = "where",
    .infer = infer_where,
    .gradient = where_gradient,
    .reference = {{choose<float>, choose<double>}},
    .kind = Kind::element_wise,
    .onnx = "Where",
    .formula = "y = a where condition ≠ 0, else b",
}};

Value detail::comparable(Value x, double number) {
  if (x.dtype() != DType::int32) return x.graph().constant(number);
  using Integer = std::numeric_limits<std::int32_t>;
  if (std::floor(number) != number || number < Integer::min() || number > Integer::max()) {
    throw ConfigError(fmt::format("int32 values can't be compared with {}", number), {},
                      "compare with a whole number of int32, or cast the values to float32");
  }
  return x.graph().constant(Tensor::scalar(static_cast<std::int32_t>(number)));
}

Value equal(Value a, Value b) { return equal_op({}, {a, b}).front(); }
Value not_equal(Value a, Value b) { return not_equal_op({}, {a, b}).front(); }
Value greater(Value a, Value b) { return greater_op({}, {a, b}).front(); }
Value greater_equal(Value a, Value b) { return greater_equal_op({}, {a, b}).front(); }
Value less(Value a, Value b) { return less_op({}, {a, b}).front(); }
Value less_equal(Value a, Value b) { return less_equal_op({}, {a, b}).front(); }
Value where(Value condition, Value a, Value b) { return where_op({}, {condition, a, b}).front(); }

}  // namespace sloy
