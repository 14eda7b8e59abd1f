#include <sloy/ops.h>

#include <cmath>

#include "ops/check.h"
#include "ops/elementwise.h"
#include "ops/loops.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

/// float32, or int32 as the counters of steps are.
std::vector<Type> infer_number(const NoAttributes&, Operands in) {
  check_count(in, 2);
  check_number(in);
  return {{in[0].dtype, broadcast_shapes(in.shape(0), in.shape(1))}};
}

std::vector<Type> infer_float(const NoAttributes&, Operands in) {
  check_count(in, 2);
  check_float(in, 0, "a");
  check_float(in, 1, "b");
  return {{DType::float32, broadcast_shapes(in.shape(0), in.shape(1))}};
}

template <class T, auto f>
void pairs(const Buffers& buffers) {
  auto a = buffers.input<T>(0);
  auto b = buffers.input<T>(1);
  auto y = buffers.output<T>();
  std::array strides{broadcast_strides(a.shape, y.shape), broadcast_strides(b.shape, y.shape)};
  T* next = y.data;
  walk(y.shape, strides, [&](const auto& at) { *next++ = f(a[at[0]], b[at[1]]); });
}

/// int32 is computed in 64 bits and wraps around.
template <auto f>
constexpr auto wrapping = [](std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(f(std::int64_t{a}, std::int64_t{b}));
};

template <class T, auto f>
void number_pairs(const NoAttributes&, const Buffers& buffers) {
  if (buffers.inputs[0].dtype == DType::int32) return pairs<std::int32_t, wrapping<f>>(buffers);
  pairs<T, f>(buffers);
}

template <class T, auto f>
void float_pairs(const NoAttributes&, const Buffers& buffers) {
  pairs<T, f>(buffers);
}

template <auto f>
constexpr OpRules<NoAttributes>::References on_numbers{number_pairs<float, f>,
                                                       number_pairs<double, f>};
template <auto f>
constexpr OpRules<NoAttributes>::References on_floats{float_pairs<float, f>,
                                                      float_pairs<double, f>};

/// The two gradients, each summed over what broadcasting repeated; one nobody needs is not written.
template <class A, class B>
Values for_each_needed(const Backward& b, const A& gradient_of_a, const B& gradient_of_b) {
  Values gradients(2);
  if (b.needs(0)) gradients[0] = sum_to(gradient_of_a(), b.input(0).shape());
  if (b.needs(1)) gradients[1] = sum_to(gradient_of_b(), b.input(1).shape());
  return gradients;
}

/// dy goes to `a` where the condition holds, to `b` elsewhere.
Values split(const Backward& b, Value condition) {
  Value dy = b.output_gradient();
  Value zero = dy.graph().constant(0.0);
  return for_each_needed(
      b, [&] { return where(condition, dy, zero); }, [&] { return where(condition, zero, dy); });
}

}  // namespace

constinit const OpDefinition<NoAttributes> add_op{{
    .name = "add",
    .infer = infer_number,
    .gradient = [](auto&, const Backward& b) -> Values {
      auto dy = [&] { return b.output_gradient(); };
      return for_each_needed(b, dy, dy);
    },
    .reference = on_numbers<[](auto a, auto b) { return a + b; }>,
    .kind = Kind::element_wise,
    .onnx = "Add",
    .formula = "y = a + b",
}};

constinit const OpDefinition<NoAttributes> subtract_op{{
    .name = "subtract",
    .infer = infer_number,
    .gradient = [](auto&, const Backward& b) -> Values {
      Value dy = b.output_gradient();
      return for_each_needed(
          b, [&] { return dy; }, [&] { return -dy; });
    },
    .reference = on_numbers<[](auto a, auto b) { return a - b; }>,
    .kind = Kind::element_wise,
    .onnx = "Sub",
    .formula = "y = a − b",
}};

constinit const OpDefinition<NoAttributes> multiply_op{{
    .name = "multiply",
    .infer = infer_number,
    .gradient = [](auto&, const Backward& b) -> Values {
      Value dy = b.output_gradient();
      return for_each_needed(
          b, [&] { return dy * b.input(1); }, [&] { return dy * b.input(0); });
    },
    .reference = on_numbers<[](auto a, auto b) { return a * b; }>,
    .kind = Kind::element_wise,
    .onnx = "Mul",
    .formula = "y = a · b",
}};

constinit const OpDefinition<NoAttributes> divide_op{{
    .name = "divide",
    .infer = infer_float,
    .gradient = [](auto&, const Backward& b) -> Values {
      Value dy = b.output_gradient();
      return for_each_needed(
          b, [&] { return dy / b.input(1); }, [&] { return -dy * (b.output() / b.input(1)); });
    },
    .reference = on_floats<[](auto a, auto b) { return a / b; }>,
    .kind = Kind::element_wise,
    .onnx = "Div",
    .formula = "y = a / b",
}};

constinit const OpDefinition<NoAttributes> maximum_op{{
    .name = "maximum",
    .infer = infer_number,
    .gradient = [](auto&, const Backward& b) -> Values {
      return split(b, greater_equal(b.input(0), b.input(1)));
    },
    // The second condition passes not-a-number on from either side.
    .reference = on_numbers<[](auto a, auto b) { return a >= b || a != a ? a : b; }>,
    .kind = Kind::element_wise,
    .onnx = "Max",
    .formula = "y = a where a ≥ b, else b",
}};

constinit const OpDefinition<NoAttributes> minimum_op{{
    .name = "minimum",
    .infer = infer_number,
    .gradient = [](auto&, const Backward& b) -> Values {
      return split(b, less_equal(b.input(0), b.input(1)));
    },
    .reference = on_numbers<[](auto a, auto b) { return a <= b || a != a ? a : b; }>,
    .kind = Kind::element_wise,
    .onnx = "Min",
    .formula = "y = a where a ≤ b, else b",
}};

constinit const OpDefinition<NoAttributes> power_op{{
    .name = "power",
    .infer = infer_float,
    .gradient = [](auto&, const Backward& b) -> Values {
      Value dy = b.output_gradient();
      Value base = b.input(0);
      Value exponent = b.input(1);
      return for_each_needed(
          b, [&] { return dy * (exponent * power(base, exponent - 1.0)); },
          [&] { return dy * (b.output() * log(base)); });
    },
    .reference = on_floats<[](auto a, auto b) { return std::pow(a, b); }>,
    .kind = Kind::element_wise,
    .onnx = "Pow",
    .formula = "y = aᵇ",
}};

Value add(Value a, Value b) { return add_op({}, {a, b}).front(); }
Value subtract(Value a, Value b) { return subtract_op({}, {a, b}).front(); }
Value multiply(Value a, Value b) { return multiply_op({}, {a, b}).front(); }
Value divide(Value a, Value b) { return divide_op({}, {a, b}).front(); }
Value maximum(Value a, Value b) { return maximum_op({}, {a, b}).front(); }
Value minimum(Value a, Value b) { return minimum_op({}, {a, b}).front(); }
Value power(Value a, Value b) { return power_op({}, {a, b}).front(); }

}  // namespace sloy
