#include "ops/softmax.h"

#include <sloy/ops.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/check.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

void check_scores(Operands in, std::string_view name) {
  check_float(in, 0, name);
  check_fixed(in.shape(0), check_axis(in.shape(0), -1));
  check_not_empty(in.shape(0));
}

std::vector<Type> infer(const NoAttributes&, Operands in) {
  check_count(in, 1);
  check_scores(in, "x");
  return {in[0]};
}

/// dx = y ⊙ (dy − Σ y ⊙ dy)
Values gradient(const NoAttributes&, const Backward& b) {
  auto [y, dy] = std::pair{b.output(), b.output_gradient()};
  return {y * (dy - sum(y * dy, {.axes = {-1}, .keep_dims = true}))};
}

template <class T>
void reference(const NoAttributes&, const Buffers& buffers) {
  auto x = buffers.input<T>();
  auto y = buffers.output<T>();
  const std::int64_t classes = x.shape.size(-1);
  for (std::int64_t row = 0; row < x.size(); row += classes) {
    const T largest = *std::max_element(x.data + row, x.data + row + classes);
    double total = 0;
    for (std::int64_t i = row; i < row + classes; ++i) total += y[i] = std::exp(x[i] - largest);
    for (std::int64_t i = row; i < row + classes; ++i) y[i] = static_cast<T>(y[i] / total);
  }
}

std::vector<Type> infer_cross_entropy(const NoAttributes&, Operands in) {
  check_count(in, 2);
  check_scores(in, "scores");
  check_dtype(in, 1, "labels", DType::int32);
  const Shape expected = in.shape(0).without(-1);
  if (in.shape(1) != expected) {
    throw ShapeError("there must be one label a row of scores",
                     {shape_note("scores", in.shape(0), "…, classes"),
                      shape_note("labels", in.shape(1)), shape_note("needed", expected)},
                     "labels are class numbers; turn one-hot labels into them with argmax");
  }
  return {{DType::float32, expected}};
}

/// dscores = dy · (softmax − one_hot)
Values cross_entropy_gradient(const NoAttributes&, const Backward& b) {
  Value scores = b.input(0);
  Shape rows = b.output().shape();
  rows.push_back(1);
  Value error = softmax(scores) - one_hot(b.input(1), scores.dim(-1));
  return {reshape(b.output_gradient(), rows) * error, Value{}};
}

/// A label that is no class gives not-a-number; data is checked for them before training.
template <class T>
void cross_entropy(const NoAttributes&, const Buffers& buffers) {
  auto scores = buffers.input<T>(0);
  auto labels = buffers.input<std::int32_t>(1);
  auto y = buffers.output<T>();
  const std::int64_t classes = scores.shape.size(-1);
  for (std::int64_t row = 0; row < y.size(); ++row) {
    const T* x = scores.data + row * classes;
    const double largest = *std::max_element(x, x + classes);
    double total = 0;
    for (std::int64_t i = 0; i < classes; ++i) total += std::exp(x[i] - largest);
    const bool is_class = labels[row] >= 0 && labels[row] < classes;
    const double of_label = is_class ? x[labels[row]] : std::numeric_limits<double>::quiet_NaN();
    y[row] = static_cast<T>(std::log(total) - (of_label - largest));
  }
}

Cost cost(const NoAttributes&, Operands in, std::span<const Type>) {
  return {.flops = 4.0 * static_cast<double>(in.shape(0).size())};
}

}  // namespace

constinit const OpDefinition<NoAttributes> softmax_op{{
    .name = "softmax",
    .infer = infer,
    .gradient = gradient,
    .reference = {{reference<float>, reference<double>}},
    .cost = cost,
    .onnx = "Softmax",
    .formula = "y_i = exp(x_i) / Σ_j exp(x_j)",
}};

constinit const OpDefinition<NoAttributes> softmax_cross_entropy_op{{
    .name = "softmax_cross_entropy",
    .infer = infer_cross_entropy,
    .gradient = cross_entropy_gradient,
    .reference = {{cross_entropy<float>, cross_entropy<double>}},
    .cost = cost,
    .onnx = "SoftmaxCrossEntropyLoss",
    .formula = "y = ln Σ_j exp(scores_j) − scores_label",
}};

Value softmax(Value x) { return softmax_op({}, {x}).front(); }
Value softmax_cross_entropy(Value scores, Value labels) {
  return softmax_cross_entropy_op({}, {scores, labels}).front();
}

}  // namespace sloy
