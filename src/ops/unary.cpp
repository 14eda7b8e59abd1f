#include <sloy/ops.h>

#include <cmath>
#include <numbers>

#include "ops/check.h"
#include "ops/elementwise.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

std::vector<Type> infer(const NoAttributes&, Operands in) {
  check_count(in, 1);
  check_float(in, 0, "x");
  return {in[0]};
}

template <class T, auto f>
void each_element(const NoAttributes&, const Buffers& buffers) {
  auto x = buffers.input<T>();
  auto y = buffers.output<T>();
  for (std::int64_t i = 0, size = y.size(); i < size; ++i) y[i] = f(x[i]);
}

/// The reference kernels of y = f(x), for f written once for float and double.
template <auto f>
constexpr OpRules<NoAttributes>::References each{each_element<float, f>, each_element<double, f>};

/// Not-a-number stays what it is.
constexpr auto sign_of = [](auto x) -> decltype(x) {
  if (x > 0) return 1;
  return x < 0 ? -1 : x;
};

Values nothing(const NoAttributes&, const Backward&) { return {Value{}}; }

}  // namespace

constinit const OpDefinition<NoAttributes> negative_op{{
    .name = "negative",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values { return {-b.output_gradient()}; },
    .reference = each<[](auto x) { return -x; }>,
    .kind = Kind::element_wise,
    .onnx = "Neg",
    .formula = "y = −x",
}};

constinit const OpDefinition<NoAttributes> absolute_op{{
    .name = "absolute",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {b.output_gradient() * sign(b.input())};
    },
    .reference = each<[](auto x) { return std::abs(x); }>,
    .kind = Kind::element_wise,
    .onnx = "Abs",
    .formula = "y = |x|",
}};

constinit const OpDefinition<NoAttributes> sign_op{{
    .name = "sign",
    .infer = infer,
    .gradient = nothing,
    .reference = each<sign_of>,
    .kind = Kind::element_wise,
    .onnx = "Sign",
    .formula = "y = −1, 0 or 1 as x is below, at or above 0",
}};

constinit const OpDefinition<NoAttributes> floor_op{{
    .name = "floor",
    .infer = infer,
    .gradient = nothing,
    .reference = each<[](auto x) { return std::floor(x); }>,
    .kind = Kind::element_wise,
    .onnx = "Floor",
    .formula = "y = ⌊x⌋",
}};

constinit const OpDefinition<NoAttributes> exp_op{{
    .name = "exp",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {b.output_gradient() * b.output()};
    },
    .reference = each<[](auto x) { return std::exp(x); }>,
    .kind = Kind::element_wise,
    .onnx = "Exp",
    .formula = "y = exp(x)",
}};

constinit const OpDefinition<NoAttributes> log_op{{
    .name = "log",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {b.output_gradient() / b.input()};
    },
    .reference = each<[](auto x) { return std::log(x); }>,
    .kind = Kind::element_wise,
    .onnx = "Log",
    .formula = "y = ln x",
}};

constinit const OpDefinition<NoAttributes> log1p_op{{
    .name = "log1p",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {b.output_gradient() / (b.input() + 1.0)};
    },
    .reference = each<[](auto x) { return std::log1p(x); }>,
    .kind = Kind::element_wise,
    .formula = "y = ln(1 + x)",
}};

constinit const OpDefinition<NoAttributes> expm1_op{{
    .name = "expm1",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {b.output_gradient() * (b.output() + 1.0)};
    },
    .reference = each<[](auto x) { return std::expm1(x); }>,
    .kind = Kind::element_wise,
    .formula = "y = exp(x) − 1",
}};

constinit const OpDefinition<NoAttributes> square_op{{
    .name = "square",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {b.output_gradient() * (2.0 * b.input())};
    },
    .reference = each<[](auto x) { return x * x; }>,
    .kind = Kind::element_wise,
    .formula = "y = x²",
}};

constinit const OpDefinition<NoAttributes> sqrt_op{{
    .name = "sqrt",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {b.output_gradient() * (0.5 / b.output())};
    },
    .reference = each<[](auto x) { return std::sqrt(x); }>,
    .kind = Kind::element_wise,
    .onnx = "Sqrt",
    .formula = "y = √x",
}};

constinit const OpDefinition<NoAttributes> rsqrt_op{{
    .name = "rsqrt",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {b.output_gradient() * (-0.5 * b.output() * square(b.output()))};
    },
    .reference = each<[](auto x) { return 1 / std::sqrt(x); }>,
    .kind = Kind::element_wise,
    .formula = "y = 1 / √x",
}};

constinit const OpDefinition<NoAttributes> reciprocal_op{{
    .name = "reciprocal",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {b.output_gradient() * -square(b.output())};
    },
    .reference = each<[](auto x) { return 1 / x; }>,
    .kind = Kind::element_wise,
    .onnx = "Reciprocal",
    .formula = "y = 1 / x",
}};

constinit const OpDefinition<NoAttributes> tanh_op{{
    .name = "tanh",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {b.output_gradient() * (1.0 - square(b.output()))};
    },
    .reference = each<[](auto x) { return std::tanh(x); }>,
    .kind = Kind::element_wise,
    .onnx = "Tanh",
    .formula = "y = tanh x",
}};

constinit const OpDefinition<NoAttributes> sigmoid_op{{
    .name = "sigmoid",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {b.output_gradient() * (b.output() * (1.0 - b.output()))};
    },
    .reference = each<[](auto x) { return 1 / (1 + std::exp(-x)); }>,
    .kind = Kind::element_wise,
    .onnx = "Sigmoid",
    .formula = "y = 1 / (1 + exp(−x))",
}};

constinit const OpDefinition<NoAttributes> erf_op{{
    .name = "erf",
    .infer = infer,
    .gradient = [](auto&, const Backward& b) -> Values {
      return {b.output_gradient() * (2 * std::numbers::inv_sqrtpi * exp(-square(b.input())))};
    },
    .reference = each<[](auto x) { return std::erf(x); }>,
    .kind = Kind::element_wise,
    .onnx = "Erf",
    .formula = "y = 2 / √π · ∫₀ˣ exp(−t²) dt",
}};

constinit const OpDefinition<NoAttributes> rectify_op{{
    .name = "rectify",
    .infer = infer,
    // From y, so that x need not be kept.
    .gradient = [](auto&, const Backward& b) -> Values {
      Value y = b.output();
      return {
          where(greater(y, y.graph().constant(0.0)), b.output_gradient(), y.graph().constant(0.0))};
    },
    // Written so that not-a-number passes through.
    .reference = each<[](auto x) -> decltype(x) { return x <= 0 ? 0 : x; }>,
    .kind = Kind::element_wise,
    .onnx = "Relu",
    .formula = "y = max(x, 0)",
}};

Value negative(Value x) { return negative_op({}, {x}).front(); }
Value absolute(Value x) { return absolute_op({}, {x}).front(); }
Value sign(Value x) { return sign_op({}, {x}).front(); }
Value floor(Value x) { return floor_op({}, {x}).front(); }
Value exp(Value x) { return exp_op({}, {x}).front(); }
Value log(Value x) { return log_op({}, {x}).front(); }
Value log1p(Value x) { return log1p_op({}, {x}).front(); }
Value expm1(Value x) { return expm1_op({}, {x}).front(); }
Value square(Value x) { return square_op({}, {x}).front(); }
Value sqrt(Value x) { return sqrt_op({}, {x}).front(); }
Value rsqrt(Value x) { return rsqrt_op({}, {x}).front(); }
Value reciprocal(Value x) { return reciprocal_op({}, {x}).front(); }
Value tanh(Value x) { return tanh_op({}, {x}).front(); }
Value sigmoid(Value x) { return sigmoid_op({}, {x}).front(); }
Value erf(Value x) { return erf_op({}, {x}).front(); }
Value rectify(Value x) { return rectify_op({}, {x}).front(); }

}  // namespace sloy
