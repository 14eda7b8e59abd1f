#include <gtest/gtest.h>
#include <sloy/constraints.h>
#include <sloy/ops.h>
#include <sloy/optimizers.h>
#include <sloy/program.h>
#include <sloy/scope.h>

#include <cmath>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;
using Numbers = std::vector<double>;

Numbers constrained(const Constraint& constraint, const Shape& shape, const Numbers& weight) {
  Graph graph;
  const Tensor result =
      evaluate(constraint(graph.constant(Tensor(shape, weight))), {}, NumericPrecision::float64);
  const std::span<const double> numbers = result.values<double>();
  return {numbers.begin(), numbers.end()};
}

void expect_near(const Numbers& found, const Numbers& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12);
}

constexpr double epsilon = 1e-7;

/// Columns (3, 4) and (0.3, −0.4): norms 5 and 0.5.
const Shape matrix{2, 2};
const Numbers columns{3, 0.3, 4, -0.4};

TEST(Constraints, MaxNorm) {
  const double large = 2 / (5 + epsilon), small = 0.5 / (0.5 + epsilon);
  expect_near(constrained(MaxNorm{}, matrix, columns),
              {3 * large, 0.3 * small, 4 * large, -0.4 * small});
  // By rows: norms √9.09 and √16.16.
  const double first = std::sqrt(9.09), second = std::sqrt(16.16);
  expect_near(constrained(MaxNorm{.max_value = 3.5, .axis = {1}}, matrix, columns),
              {3 * first / (first + epsilon), 0.3 * first / (first + epsilon),
               4 * 3.5 / (second + epsilon), -0.4 * 3.5 / (second + epsilon)});
}

TEST(Constraints, NonNeg) {
  EXPECT_EQ(constrained(NonNeg{}, {4}, {-1, 0, 2, -0.5}), (Numbers{0, 0, 2, 0}));
}

TEST(Constraints, UnitNorm) {
  expect_near(
      constrained(UnitNorm{}, matrix, columns),
      {3 / (5 + epsilon), 0.3 / (0.5 + epsilon), 4 / (5 + epsilon), -0.4 / (0.5 + epsilon)});
  expect_near(constrained(UnitNorm{}, {2}, {0, 0}), {0, 0});
}

TEST(Constraints, MinMaxNorm) {
  const auto scale = [](double norm, double wanted) { return wanted / (norm + epsilon); };
  expect_near(constrained(MinMaxNorm{.min_value = 1, .max_value = 3}, matrix, columns),
              {3 * scale(5, 3), 0.3 * scale(0.5, 1), 4 * scale(5, 3), -0.4 * scale(0.5, 1)});
  expect_near(
      constrained(MinMaxNorm{.min_value = 1, .max_value = 3, .rate = 0.25}, matrix, columns),
      {3 * scale(5, 0.25 * 3 + 0.75 * 5), 0.3 * scale(0.5, 0.25 + 0.75 * 0.5),
       4 * scale(5, 0.25 * 3 + 0.75 * 5), -0.4 * scale(0.5, 0.25 + 0.75 * 0.5)});
}

TEST(Constraints, TakeNormsOverSeveralAxes) {
  Numbers kernel(2 * 2 * 3 * 1, 0.5);  // a norm of √3 = √(12/4) leads into the one unit
  const Numbers found =
      constrained(MaxNorm{.max_value = 1, .axis = {0, 1, 2}}, {2, 2, 3, 1}, kernel);
  for (double number : found) EXPECT_NEAR(number, 0.5 / (std::sqrt(3.0) + epsilon), 1e-12);
}

struct AtMostOne {
  Value call(Value weight) const { return minimum(weight, 1); }
};

/// Whatever the optimizer: the weight is what its update ends with.
TEST(Constraints, EndEveryOptimizersStep) {
  struct Case {
    Constraint constraint;
    double low, high;
  };
  for (const auto& [constraint, low, high] :
       {Case{MaxNorm{.max_value = 0.5}, 0, 0.5}, Case{UnitNorm{}, 1 - 1e-6, 1},
        Case{MinMaxNorm{.min_value = 0.2, .max_value = 0.4}, 0.2 - 1e-6, 0.4}}) {
    for (const Optimizer& optimizer :
         {Optimizer(SGD{.learning_rate = 0.3, .momentum = 0.9}),
          Optimizer(Adam{.learning_rate = 0.3}), Optimizer(Lion{.learning_rate = 0.2}),
          Optimizer(Lamb{.learning_rate = 0.5})}) {
      Graph graph;
      Build build(graph, true);
      Scope scope = Scope(build).enter("dense");
      const Value w = scope.weight("kernel", {3, 2}, GlorotUniform{}, {}, constraint);
      const Value loss = mean(square(w - 2.0));
      const Program step = compile({.outputs = {loss}, .updates = optimizer.minimize(loss)});
      State state(step.variables());
      for (int t = 0; t < 20; ++t) {
        step.run(state, {});
        const Tensor now = state.get(graph.variables().find("dense/kernel"));
        for (std::size_t unit = 0; unit < 2; ++unit) {
          double squares = 0;
          for (std::size_t i = 0; i < 3; ++i) {
            squares += std::pow(now.values<float>()[2 * i + unit], 2);
          }
          EXPECT_LE(std::sqrt(squares), high + 1e-6) << optimizer.type();
          EXPECT_GE(std::sqrt(squares), low) << optimizer.type();
        }
      }
    }
  }
}

TEST(Constraints, AreReadAndWritten) {
  const Config written = parse_toml("type = \"MaxNorm\"\nmax_value = 3.0\naxis = [0, 1, 2]");
  Constraint constraint;
  EXPECT_FALSE(constraint);
  EXPECT_TRUE(to_config(constraint).is_null());
  from_config(written, constraint);
  EXPECT_TRUE(constraint);
  EXPECT_EQ(to_config(constraint), written);
  from_config(parse_toml("type = \"UnitNorm\"\naxis = 1"), constraint);
  EXPECT_EQ(to_config(constraint), to_config(Constraint(UnitNorm{.axis = 1})));
  from_config(Config(), constraint);
  EXPECT_FALSE(constraint);
  EXPECT_EQ(to_config(Constraint(AtMostOne{})), Config("AtMostOne"));
  EXPECT_THROW(from_config(Config("MaximalNorm"), constraint), ConfigError);
}

TEST(Constraints, SayWhichArgumentCannotBe) {
  const auto refused = [](const Constraint& constraint) {
    const std::string message = message_of([&] { constrained(constraint, matrix, columns); });
    return message.substr(0, message.find('\n'));
  };
  EXPECT_EQ(refused(MaxNorm{.max_value = 0}), "MaxNorm's max_value can't be 0");
  EXPECT_EQ(refused(MinMaxNorm{.min_value = -1}), "MinMaxNorm's min_value can't be -1");
  EXPECT_EQ(refused(MinMaxNorm{.min_value = 2}), "MinMaxNorm's max_value can't be 1");
  EXPECT_EQ(refused(MinMaxNorm{.rate = 0}), "MinMaxNorm's rate can't be 0");
  EXPECT_EQ(refused(UnitNorm{.axis = {}}),
            "a constraint's axis is empty: a norm would be that of each number alone");
  EXPECT_NE(refused(UnitNorm{.axis = {2}}), "no error");
}

}  // namespace
}  // namespace sloy
