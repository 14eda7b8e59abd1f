// Derivatives at points where differences say nothing: kinks, ties, and where a careless formula
// gives not-a-number.
#include <gtest/gtest.h>
#include <sloy/ops.h>
#include <sloy/program.h>

#include <functional>
#include <limits>

namespace sloy {
namespace {

std::vector<double> derivatives(const std::function<Value(Value)>& f,
                                const std::vector<double>& at) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {static_cast<std::int64_t>(at.size())}});
  Value dx = gradient(f(x), std::span(&x, 1))[0];
  const Tensor point({static_cast<std::int64_t>(at.size())}, at);
  const Tensor slope = evaluate(dx, {point}, NumericPrecision::float64);
  return {slope.values<double>().begin(), slope.values<double>().end()};
}

using Numbers = std::vector<double>;

TEST(GradientPoints, AtZero) {
  EXPECT_EQ(derivatives(rectify, {0}), Numbers{0});
  EXPECT_EQ(derivatives(absolute, {0}), Numbers{0});
  EXPECT_EQ(derivatives(softplus, {0}), Numbers{0.5});
  EXPECT_EQ(derivatives([](Value x) { return elu(x, 1.0); }, {0}), Numbers{1});
  EXPECT_EQ(derivatives([](Value x) { return leaky_relu(x, 0.1); }, {0}), Numbers{0.1});
}

TEST(GradientPoints, StepsPassNothing) {
  EXPECT_EQ(derivatives(floor, {1.5, 2}), (Numbers{0, 0}));
  EXPECT_EQ(derivatives(sign, {1.5, 0}), (Numbers{0, 0}));
  EXPECT_EQ(derivatives(stop_gradient, {1.5, 2}), (Numbers{0, 0}));
  EXPECT_EQ(derivatives([](Value x) { return greater(x, x.graph().constant(1.0)) * x; }, {0, 2}),
            (Numbers{0, 1}));
  EXPECT_EQ(
      derivatives([](Value x) { return cast(cast(x, DType::int32), DType::float32) * x; }, {2.5}),
      Numbers{2});
}

TEST(GradientPoints, TiesGoToTheFirst) {
  EXPECT_EQ(derivatives([](Value x) { return max(x); }, {1, 3, 3, 2}), (Numbers{0, 1, 0, 0}));
  EXPECT_EQ(derivatives([](Value x) { return maximum(x, x.graph().constant(2.0)); }, {2}),
            Numbers{1});
  EXPECT_EQ(derivatives([](Value x) { return minimum(x.graph().constant(2.0), x); }, {2}),
            Numbers{0});
  const auto pooled = [](Value x) {
    return max_pool(reshape(x, {1, 4, 1}), {.pool_size = {2}, .window = {.strides = {2}}}).values;
  };
  EXPECT_EQ(derivatives(pooled, {5, 5, -1, -1}), (Numbers{1, 0, 1, 0}));
}

/// A branch that is not taken may overflow; its derivative times 0 must still be 0.
TEST(GradientPoints, BranchesNotTakenDoNotSpoilTheOther) {
  EXPECT_EQ(derivatives([](Value x) { return elu(x, 1.0); }, {1000}), Numbers{1});
  EXPECT_EQ(derivatives(softplus, {1000, -1000}), (Numbers{1, 0}));
  const auto loss = [](Value x) { return sigmoid_cross_entropy(x, x.graph().constant(1.0)); };
  EXPECT_EQ(derivatives(loss, {1000, -1000, 0}), (Numbers{0, -1, -0.5}));
}

TEST(GradientPoints, ArgmaxHasNone) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {3}});
  EXPECT_THROW(gradient(argmax(x), std::span(&x, 1)), ConfigError);
}

}  // namespace
}  // namespace sloy
