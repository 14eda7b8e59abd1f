#include <gtest/gtest.h>
#include <sloy/ops.h>
#include <sloy/program.h>

#include <cmath>
#include <random>

#include "harness/op_gradients.h"

namespace sloy {
namespace {

using Vector = std::vector<double>;

Tensor random_tensor(const Shape& shape, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  Tensor tensor(DType::float64, shape);
  for (double& x : tensor.mutable_values<double>()) x = std::normal_distribution()(random);
  return tensor;
}

/// A computation of one result that looks at its operands alone.
template <class F>
Computation of(F f) {
  return [f](Graph&, const std::vector<Value>& in) { return std::vector<Value>{f(in)}; };
}

/// Its numbers at the operands, in double.
template <class F>
Vector at(F f, const std::vector<Tensor>& operands) {
  Graph graph;
  std::vector<Value> inputs;
  for (const Tensor& operand : operands) {
    const DType dtype = is_float(operand.dtype()) ? DType::float32 : operand.dtype();
    inputs.push_back(graph.input(std::to_string(inputs.size()), {dtype, operand.shape()}));
  }
  const Tensor y = evaluate(f(inputs), operands, NumericPrecision::float64);
  return {y.values<double>().begin(), y.values<double>().end()};
}

template <class F, class G>
void expect_equal(F f, G g, const std::vector<Tensor>& operands) {
  const Vector a = at(f, operands);
  const Vector b = at(g, operands);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a[i], b[i], 1e-12 * (1 + std::abs(b[i]))) << i;
  }
}

template <class F>
void expect_gradients(F f, const std::vector<Tensor>& operands) {
  EXPECT_EQ(check_gradient(differentiated(of(f), operands)), "");
  EXPECT_EQ(check_second_gradient(differentiated(of(f), operands)), "");
}

const auto x_of = [](const std::vector<Value>& in) { return in[0]; };

TEST(Activation, FollowTheirFormulas) {
  const Tensor x({5}, Vector{-2, -0.5, 0, 0.5, 2});
  const Vector leaky = at([](auto& in) { return leaky_relu(in[0], 0.1); }, {x});
  const Vector exponential = at([](auto& in) { return elu(in[0], 1.5); }, {x});
  const Vector soft = at([](auto& in) { return softplus(in[0]); }, {x});
  for (std::size_t i = 0; i < 5; ++i) {
    const double v = x.values<double>()[i];
    EXPECT_DOUBLE_EQ(leaky[i], v > 0 ? v : 0.1 * v);
    EXPECT_NEAR(exponential[i], v > 0 ? v : 1.5 * (std::exp(v) - 1), 1e-15);
    EXPECT_NEAR(soft[i], std::log(1 + std::exp(v)), 1e-15);
  }
}

TEST(Activation, HaveGradients) {
  const std::vector<Tensor> x{random_tensor({7})};
  expect_gradients([](auto& in) { return leaky_relu(in[0], 0.1); }, x);
  expect_gradients([](auto& in) { return elu(in[0], 1.5); }, x);
  expect_gradients([](auto& in) { return softplus(in[0]); }, x);
}

TEST(Activation, TanhIsALogisticFunctionScaled) {
  expect_equal([](auto& in) { return tanh(in[0]); },
               [](auto& in) { return 2.0 * sigmoid(2.0 * in[0]) - 1.0; }, {random_tensor({33})});
}

TEST(Activation, RectifierWithSlopeIsTheLargerOfTwoLines) {
  expect_equal([](auto& in) { return leaky_relu(in[0], 0.1); },
               [](auto& in) { return maximum(0.1 * in[0], in[0]); }, {random_tensor({33})});
}

TEST(Softmax, OfAScoreAndZeroIsTheLogisticFunction) {
  const Tensor x = random_tensor({9, 1});
  const auto with_zero = [](auto& in) {
    const std::vector<Value> both{in[0], in[0] * 0.0};
    return slice(softmax(concatenate(both)), 1, 0, 1);
  };
  expect_equal(with_zero, [](auto& in) { return sigmoid(in[0]); }, {x});
}

TEST(Softmax, SumsToOne) {
  const auto total = [](auto& in) { return sum(softmax(in[0]), {.axes = {-1}}); };
  for (double one : at(total, {random_tensor({5, 17})})) EXPECT_NEAR(one, 1, 1e-15);
}

TEST(LogSoftmax, IsTheLogarithmOfSoftmax) {
  const std::vector<Tensor> x{random_tensor({4, 5})};
  const auto direct = [](auto& in) { return log_softmax(in[0]); };
  expect_equal(
      direct, [](auto& in) { return log(softmax(in[0])); }, x);
  expect_gradients(direct, x);
}

TEST(LogSoftmax, StaysFiniteFarOut) {
  const Vector y =
      at([](auto& in) { return log_softmax(in[0]); }, {Tensor({1, 3}, Vector{1000, 0, -1000})});
  EXPECT_EQ(y, (Vector{0, -1000, -2000}));
}

TEST(SoftmaxCrossEntropy, IsMinusTheLabelsLogSoftmax) {
  const Tensor labels({4}, std::vector<std::int32_t>{0, 4, 2, 2});
  expect_equal(
      [](auto& in) { return softmax_cross_entropy(in[0], in[1]); },
      [](auto& in) { return -sum(one_hot(in[1], 5) * log_softmax(in[0]), {.axes = {-1}}); },
      {random_tensor({4, 5}), labels});
}

TEST(SigmoidCrossEntropy, IsTheFormulaAndItsGradients) {
  Tensor targets({6}, Vector{0, 1, 0.3, 0.9, 1, 0});
  const std::vector<Tensor> operands{random_tensor({6}), targets};
  const auto direct = [](auto& in) { return sigmoid_cross_entropy(in[0], in[1]); };
  const auto formula = [](auto& in) {
    Value p = sigmoid(in[0]);
    return -(in[1] * log(p) + (1.0 - in[1]) * log(1.0 - p));
  };
  expect_equal(direct, formula, operands);
  expect_gradients(direct, operands);
}

Value batch_norm(const std::vector<Value>& in) {
  return normalize(in[0], moments(in[0], {0, 1}), {.gamma = in[1], .beta = in[2]}, 1e-3);
}

/// Against the formula with sums written out, which shares no code with moments.
TEST(Normalize, IsTheFormulaAndItsGradients) {
  const std::vector<Tensor> operands{random_tensor({3, 4, 2}), random_tensor({2}, 2),
                                     random_tensor({2}, 3)};
  const Vector y = at(batch_norm, operands);
  auto x = operands[0].values<double>();
  for (std::size_t channel = 0; channel < 2; ++channel) {
    double total = 0;
    double squares = 0;
    for (std::size_t i = channel; i < 24; i += 2) total += x[i];
    const double middle = total / 12;
    for (std::size_t i = channel; i < 24; i += 2) squares += (x[i] - middle) * (x[i] - middle);
    const double scale = operands[1].values<double>()[channel] / std::sqrt(squares / 12 + 1e-3);
    for (std::size_t i = channel; i < 24; i += 2) {
      EXPECT_NEAR(y[i], (x[i] - middle) * scale + operands[2].values<double>()[channel], 1e-13);
    }
  }
  expect_gradients(batch_norm, operands);
}

/// γ = √(σ² + ε), β = μ gives the input back.
TEST(Normalize, IsUndoneByItsOwnMoments) {
  const auto undone = [](auto& in) {
    const Moments of_x = moments(in[0], {0});
    return normalize(in[0], of_x, {.gamma = sqrt(of_x.variance + 1e-3), .beta = of_x.mean}, 1e-3);
  };
  expect_equal(undone, x_of, {random_tensor({8, 3})});
}

TEST(Mean, DividesByTheBatchOnceItIsKnown) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {batch, 2}});
  for (std::int64_t size : {1, 3, 8}) {
    const Tensor ones({size, 2}, Vector(static_cast<std::size_t>(2 * size), 1.0));
    EXPECT_EQ(evaluate(mean(x), {ones}).item(), 1);
    EXPECT_EQ(evaluate(mean(x, {.axes = {0}}), {ones}).values<float>()[1], 1);
    EXPECT_EQ(evaluate(count(x), {ones}).item(), static_cast<double>(2 * size));
  }
  EXPECT_THROW(mean(graph.input("none", {DType::float32, {0}})), ShapeError);
}

TEST(SumTo, UndoesBroadcasting) {
  const std::vector<Tensor> x{random_tensor({2, 3, 4})};
  EXPECT_EQ(at([](auto& in) { return sum_to(in[0], {2, 3, 4}); }, x), at(x_of, x));
  expect_equal(
      [](auto& in) {
        return sum_to(in[0], {3, 1});
      },
      [](auto& in) {
        return reshape(sum(in[0], {.axes = {0, 2}}), {3, 1});
      },
      x);
  expect_equal([](auto& in) { return sum_to(in[0], {}); }, [](auto& in) { return sum(in[0]); }, x);
}

TEST(Matmul, TakesRowsOfAnyRank) {
  const std::vector<Tensor> operands{random_tensor({2, 3, 4}), random_tensor({4, 5}, 2)};
  const auto product = [](auto& in) { return matmul(in[0], in[1]); };
  const Vector y = at(product, operands);
  auto a = operands[0].values<double>();
  auto w = operands[1].values<double>();
  ASSERT_EQ(y.size(), 30u);
  for (std::size_t row = 0; row < 6; ++row) {
    for (std::size_t column = 0; column < 5; ++column) {
      double total = 0;
      for (std::size_t k = 0; k < 4; ++k) total += a[row * 4 + k] * w[k * 5 + column];
      EXPECT_NEAR(y[row * 5 + column], total, 1e-14);
    }
  }
  expect_gradients(product, operands);
}

/// A stack of linear layers is one matrix.
TEST(Matmul, OfMatmulIsOneMatrix) {
  expect_equal([](auto& in) { return matmul(matmul(in[0], in[1]), in[2]); },
               [](auto& in) { return matmul(in[0], matmul(in[1], in[2])); },
               {random_tensor({4, 3}), random_tensor({3, 5}, 2), random_tensor({5, 2}, 3)});
}

}  // namespace
}  // namespace sloy
