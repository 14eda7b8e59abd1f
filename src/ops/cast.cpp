#include <sloy/ops.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/check.h"
#include "ops/elementwise.h"
#include "ops/loops.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

std::vector<Type> infer_cast(const CastAttributes& attributes, Operands in) {
  check_count(in, 1);
  if (attributes.dtype == DType::float64) {
    throw ShapeError("a graph's floats are float32", {{"x", to_string(in[0])}},
                     "compile for the reference backend in float64 instead");
  }
  return {{attributes.dtype, in.shape(0)}};
}

/// Towards zero and kept to the range, not-a-number becoming 0: as Tensor::cast does.
template <class To, class From>
To convert(From value) {
  if constexpr (std::is_integral_v<To>) {
    const double wide = value;
    if (std::isnan(wide)) return 0;
    return static_cast<To>(
        std::clamp<double>(wide, std::numeric_limits<To>::min(), std::numeric_limits<To>::max()));
  } else {
    return static_cast<To>(value);
  }
}

template <class T>
void cast_elements(const CastAttributes&, const Buffers& buffers) {
  with_element<T>(buffers.inputs[0].dtype, [&]<class From>(From) {
    with_element<T>(buffers.outputs[0].dtype, [&]<class To>(To) {
      auto x = buffers.input<From>();
      std::transform(x.begin(), x.end(), buffers.output<To>().data, convert<To, From>);
    });
  });
}

std::vector<Type> infer_same(const NoAttributes&, Operands in) {
  check_count(in, 1);
  return {in[0]};
}

}  // namespace

constinit const OpDefinition<CastAttributes> cast_op{{
    .name = "cast",
    .infer = infer_cast,
    .gradient = [](auto&, const Backward& b) -> Values {
      bool between_floats = is_float(b.input().dtype()) && is_float(b.output().dtype());
      return {between_floats ? b.output_gradient() : Value{}};
    },
    .reference = {{cast_elements<float>, cast_elements<double>}},
    .kind = Kind::element_wise,
    .onnx = "Cast",
    .formula = "y = x as another dtype; towards integers by truncation, kept to their range",
}};

constinit const OpDefinition<NoAttributes> stop_gradient_op{{
    .name = "stop_gradient",
    .infer = infer_same,
    .gradient = [](auto&, const Backward&) -> Values { return {Value{}}; },
    .reference = {{copy_elements<float>, copy_elements<double>}},
    .kind = Kind::element_wise,
    .onnx = "Identity",
    .formula = "y = x; no gradient flows back",
}};

Value cast(Value x, DType dtype) { return x.dtype() == dtype ? x : cast_op({dtype}, {x}).front(); }
Value stop_gradient(Value x) { return stop_gradient_op({}, {x}).front(); }

}  // namespace sloy
