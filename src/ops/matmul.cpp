#include "ops/matmul.h"

#include <fmt/format.h>

#include "ops/check.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

std::vector<Type> infer(const MatmulAttributes& attributes, Operands in) {
  check_count(in, 2, 3);
  const auto [transpose_a, transpose_b] = attributes.options;
  check_float(in, 0, "a");
  check_float(in, 1, "b");
  check_rank(in, 0, "a", 2, "rows, columns");
  check_rank(in, 1, "b", 2, "rows, columns");
  const Dim inner_a = in.shape(0)[transpose_a ? 0 : 1];
  const Dim inner_b = in.shape(1)[transpose_b ? 1 : 0];
  if (inner_a != inner_b) {
    throw ShapeError(fmt::format("a has {} {}, b has {} {}", to_string(inner_a),
                                 transpose_a ? "rows" : "columns", to_string(inner_b),
                                 transpose_b ? "columns" : "rows"),
                     {shape_note("a", in.shape(0), transpose_a ? "transposed" : ""),
                      shape_note("b", in.shape(1), transpose_b ? "transposed" : "")},
                     "the two must be equal: rows of a are multiplied with columns of b");
  }
  const Shape shape{in.shape(0)[transpose_a ? 1 : 0], in.shape(1)[transpose_b ? 0 : 1]};
  if (in.size() == 3) {
    check_float(in, 2, "bias");
    if (in.shape(2) != Shape{shape[1]}) {
      throw ShapeError("the bias must have one number a column of the result",
                       {shape_note("bias", in.shape(2)), shape_note("result", shape)});
    }
  }
  return {{DType::float32, shape}};
}

/// y = a·b: da = dy·bᵀ, db = aᵀ·dy; each with the transposes of its operands moved to the result.
Values gradient(const MatmulAttributes& attributes, const Backward& b) {
  assert(b.inputs() == 2 && !attributes.relu && "differentiation comes before fusion");
  const auto [transpose_a, transpose_b] = attributes.options;
  auto [left, right, dy] = std::tuple{b.input(0), b.input(1), b.output_gradient()};
  auto product = [](Value x, bool transpose_x, Value y, bool transpose_y) {
    return matmul(x, y, {.transpose_a = transpose_x, .transpose_b = transpose_y});
  };
  Values gradients(2);
  if (b.needs(0)) {
    gradients[0] = transpose_a ? product(right, transpose_b, dy, true)
                               : product(dy, false, right, !transpose_b);
  }
  if (b.needs(1)) {
    gradients[1] =
        transpose_b ? product(dy, true, left, transpose_a) : product(left, !transpose_a, dy, false);
  }
  return gradients;
}

template <class T>
void multiply_matrices(const MatmulAttributes& attributes, const Buffers& buffers) {
  const auto [transpose_a, transpose_b] = attributes.options;
  auto a = buffers.input<T>(0);
  auto b = buffers.input<T>(1);
  auto y = buffers.output<T>();
  const T* bias = buffers.inputs.size() == 3 ? buffers.input<T>(2).data : nullptr;
  const std::int64_t rows = y.shape.size(0);
  const std::int64_t columns = y.shape.size(1);
  const std::int64_t inner = a.shape.size(transpose_a ? 0 : 1);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      double total = 0;
      for (std::int64_t k = 0; k < inner; ++k) {
        total += double{a[transpose_a ? k * rows + i : i * inner + k]} *
                 double{b[transpose_b ? j * inner + k : k * columns + j]};
      }
      if (bias) total += bias[j];
      if (attributes.relu && total <= 0) total = 0;
      y[i * columns + j] = static_cast<T>(total);
    }
  }
}

Cost cost(const MatmulAttributes& attributes, Operands in, std::span<const Type> results) {
  const std::int64_t inner = in.shape(0).size(attributes.options.transpose_a ? 0 : 1);
  return {.flops = 2.0 * static_cast<double>(inner) * static_cast<double>(results[0].shape.size())};
}

}  // namespace

constinit const OpDefinition<MatmulAttributes> matmul_op{{
    .name = "matmul",
    .infer = infer,
    .gradient = gradient,
    .reference = {{multiply_matrices<float>, multiply_matrices<double>}},
    .cost = cost,
    .onnx = "Gemm",
    .formula = "y_ij = Σ_k a_ik · b_kj",
}};

Value matmul(Value a, Value b, MatmulOptions options) {
  return matmul_op({.options = options}, {a, b}).front();
}

Value matmul(Value x, Value w) {
  if (x.rank() < 2 || w.rank() != 2) {
    throw refusal(x, "matmul",
                  ShapeError("x must have two dimensions or more, and w two",
                             {shape_note("x", x.shape()), shape_note("w", w.shape())},
                             "reshape one of them first"));
  }
  if (x.rank() == 2) return matmul(x, w, {});
  Shape rows = x.shape().without(-1);
  Value y = matmul(reshape(x, {rows.elements(), x.dim(-1)}), w, {});
  rows.push_back(w.dim(1));
  return reshape(y, rows);
}

}  // namespace sloy
