#include <gtest/gtest.h>
#include <sloy/layers/variational.h>
#include <sloy/model.h>

#include <cmath>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

const Tensor means({2, 3}, std::vector<double>{0.5, -1, 2, 0, 0.25, -0.75});
const Tensor log_variances({2, 3}, std::vector<double>{0.1, -0.5, 1, 0, -2, 0.75});

struct Built {
  Graph graph;
  Build build;
  Value result;

  Built(double kl_weight, bool training) : build(graph, training) {
    Scope scope = Scope(build).enter("code");
    const std::array inputs{graph.input("mean", {DType::float32, {batch, 3}}),
                            graph.input("log_variance", {DType::float32, {batch, 3}})};
    result = GaussianSampling{.kl_weight = kl_weight}.call(scope, inputs);
  }
};

TEST(GaussianSampling, AddsTheDivergenceFromTheStandardNormal) {
  Built built(0.25, false);
  double expected = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const double m = means.values<double>()[i], l = log_variances.values<double>()[i];
    expected -= 0.5 * (1 + l - m * m - std::exp(l)) / 2;
  }
  ASSERT_EQ(built.build.losses().size(), 1u);
  EXPECT_NEAR(
      evaluate(built.build.losses()[0], {means, log_variances}, NumericPrecision::float64).item(),
      0.25 * expected, 1e-12);
  EXPECT_TRUE(Built(0, false).build.losses().empty());
}

TEST(GaussianSampling, GivesTheMeanInInference) {
  const Tensor z =
      evaluate(Built(1, false).result, {means, log_variances}, NumericPrecision::float64);
  EXPECT_EQ(z, means);
}

TEST(GaussianSampling, DrawsWithThatMeanAndVarianceInTraining) {
  constexpr std::int64_t count = 20000;
  std::vector<double> m(3 * count), l(3 * count);
  for (std::size_t i = 0; i < m.size(); ++i) {
    m[i] = means.values<double>()[i % 3];
    l[i] = log_variances.values<double>()[i % 3];
  }
  Built built(1, true);
  const Tensor z = evaluate(built.result, {Tensor({count, 3}, m), Tensor({count, 3}, l)},
                            NumericPrecision::float64);
  for (std::size_t column = 0; column < 3; ++column) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double value = z.values<double>()[3 * i + column];
      sum += value;
      squares += value * value;
    }
    const double mean = sum / count, variance = squares / count - mean * mean;
    const double expected = std::exp(l[column]);
    EXPECT_NEAR(mean, m[column], 4 * std::sqrt(expected / count));
    EXPECT_NEAR(variance / expected, 1, 4 * std::sqrt(2.0 / count));
  }
}

TEST(GaussianSampling, NeedsTwoInputsOfOneShape) {
  const Symbol a = Input{3}, b = Input{4};
  EXPECT_EQ(message_of([&] {
              GaussianSampling{}({a, b});
            }),
            "the layer needs a mean and a log variance of one shape\n"
            "  input    (batch, 3)\n"
            "  input    (batch, 4)\n"
            "  layer    gaussian_sampling   GaussianSampling\n"
            "  to fix   give two inputs (batch, n): {mean, log_variance}");
  EXPECT_THROW(GaussianSampling{.kl_weight = -1}({a, a}), ConfigError);
}

}  // namespace
}  // namespace sloy
