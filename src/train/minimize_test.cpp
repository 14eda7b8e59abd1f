#include <gtest/gtest.h>
#include <sloy/minimize.h>

#include <cmath>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;
using Numbers = std::span<const Value>;

Value valley(Numbers w) { return 0.1 * square(w[0]) + 2 * square(w[1]); }
Value rosenbrock(Numbers w) { return square(1 - w[0]) + 100 * square(w[1] - square(w[0])); }
Value saddle(Numbers w) { return square(w[0]) - square(w[1]); }

/// The first step after which the function is below a limit; −1 where none is.
int steps_until(const Descent& descent, double limit) {
  for (std::size_t i = 0; i < descent.values.size(); ++i) {
    if (descent.values[i] < limit) return static_cast<int>(i);
  }
  return -1;
}

int valley_steps(const Optimizer& optimizer, int most) {
  return steps_until(minimize(valley, {-5, -2}, optimizer, most), 1e-6);
}

/// Exact descent on the valley: the numbers that follow from its factors 1 − 0.2·η and 1 − 4·η.
TEST(Minimize, DescentTakesTheStepsThatFollowFromItsFactors) {
  EXPECT_EQ(valley_steps(SGD{.learning_rate = 0.01}, 4000), 3680);
  EXPECT_EQ(valley_steps(SGD{.learning_rate = 0.1}, 400), 365);
  EXPECT_EQ(valley_steps(SGD{.learning_rate = 0.4}, 100), 89);
}

/// Polyak's asymptotically best rates for curvatures from 0.2 to 4.
TEST(Minimize, HeavyBallTakesThreeTimesFewerSteps) {
  EXPECT_EQ(valley_steps(SGD{.learning_rate = 0.668,
                             .momentum = 0.4026,
                             .momentum_form = MomentumForm::heavy_ball},
                         100),
            26);
}

/// Descent converges on it for η < 0.5, heavy ball for η < (1 + β) / 2.
TEST(Minimize, MomentumWidensTheRangeOfRates) {
  const auto distance = [](double rate, double beta) {
    const Descent descent = minimize(
        valley, {-5, -2},
        SGD{.learning_rate = rate, .momentum = beta, .momentum_form = MomentumForm::heavy_ball},
        3000);
    return std::abs(descent.points.back()[1]);
  };
  EXPECT_LT(distance(0.495, 0), 1e-10);
  EXPECT_GT(distance(0.505, 0), 1e10);
  EXPECT_LT(distance(0.745, 0.5), 1e-10);
  EXPECT_GT(distance(0.755, 0.5), 1e10);
}

TEST(Minimize, GivesWhereItWentAndWhatTheFunctionWasThere) {
  const Descent descent = minimize(valley, {-5, -2}, SGD{.learning_rate = 0.1}, 3);
  ASSERT_EQ(descent.points.size(), 4u);
  ASSERT_EQ(descent.values.size(), 4u);
  double x = -5, y = -2;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(descent.points[i][0], x, 1e-15);
    EXPECT_NEAR(descent.points[i][1], y, 1e-15);
    EXPECT_NEAR(descent.values[i], 0.1 * x * x + 2 * y * y, 1e-14);
    x -= 0.1 * 0.2 * x;
    y -= 0.1 * 4 * y;
  }
  EXPECT_EQ(minimize(valley, {1, 2}, SGD{}, 0).points.size(), 1u);
}

TEST(Minimize, EveryOptimizerDescendsIntoRosenbrocksValley) {
  const std::vector<std::pair<Optimizer, double>> optimizers = {
      {SGD{.learning_rate = 1e-3}, 0.5},
      {SGD{.learning_rate = 1e-3, .momentum = 0.9, .nesterov = true}, 1e-3},
      {SGD{.learning_rate = 1e-2, .momentum = 0.9, .momentum_form = MomentumForm::averaged}, 0.5},
      {RMSprop{.learning_rate = 1e-3}, 0.5},
      {RMSprop{.learning_rate = 1e-3, .momentum = 0.5, .centered = true}, 0.5},
      {Adagrad{.learning_rate = 0.5}, 0.5},
      {Adadelta{.learning_rate = 1, .epsilon = 1e-4}, 3},
      {Adam{.learning_rate = 0.02}, 1e-2},
      {Adam{.learning_rate = 0.02, .amsgrad = true}, 0.5},
      {AdamW{.learning_rate = 0.02, .weight_decay = 1e-4}, 1e-2},
      {Adamax{.learning_rate = 0.02}, 0.5},
      {Nadam{.learning_rate = 0.02}, 1e-2},
      {Lion{.learning_rate = 1e-3}, 0.5},
      {Lamb{.learning_rate = 0.01}, 0.5},
      {Lars{.learning_rate = 0.5}, 0.5}};
  for (const auto& [optimizer, limit] : optimizers) {
    const Descent descent = minimize(rosenbrock, {-1.5, 2}, optimizer, 4000);
    EXPECT_LT(descent.values.back(), limit) << to_json(to_config(optimizer));
  }
}

/// Descent that begins exactly on the ridge stays there; a hair beside it leaves, Adam sooner.
TEST(Minimize, ASaddleIsLeftWhereTheStartIsNotOnItsRidge) {
  const SGD sgd{.learning_rate = 0.05};
  const Adam adam{.learning_rate = 0.05};
  EXPECT_EQ(minimize(saddle, {1, 0}, sgd, 200).points.back()[1], 0);
  const int slow = steps_until(minimize(saddle, {1, 1e-6}, sgd, 400), -1);
  const int fast = steps_until(minimize(saddle, {1, 1e-6}, adam, 400), -1);
  EXPECT_GT(fast, 0);
  EXPECT_LT(fast, slow);
}

/// Another unit for a coordinate: its path is the same in that unit for rules that divide by the
/// gradient's size (ε → 0), not for descent.
TEST(Minimize, AdaGradAndRMSpropDoNotSeeTheScaleOfACoordinate) {
  const auto difference = [](const Optimizer& optimizer) {
    const Descent plain =
        minimize([](Numbers w) { return square(w[0]) + square(w[1]); }, {1, 1}, optimizer, 30);
    const Descent scaled = minimize([](Numbers w) { return square(w[0]) + square(1000 * w[1]); },
                                    {1, 1}, optimizer, 30);
    return std::abs(plain.points.back()[1] - scaled.points.back()[1]);
  };
  EXPECT_LT(difference(RMSprop{.learning_rate = 0.02, .epsilon = 1e-30}), 1e-12);
  EXPECT_LT(
      difference(Adagrad{.learning_rate = 0.1, .initial_accumulator_value = 0, .epsilon = 1e-30}),
      1e-12);
  EXPECT_GT(difference(SGD{.learning_rate = 1e-7}), 1e-6);
}

/// On a constant gradient AdaGrad's steps shrink as 1/√t, RMSprop's don't.
TEST(Minimize, StepsOfAdaGradShrinkOnAConstantGradient) {
  const auto step = [](const Optimizer& optimizer, int t) {
    const Descent descent = minimize([](Numbers w) { return 3 * w[0]; }, {0}, optimizer, t);
    return descent.points[descent.points.size() - 2][0] - descent.points.back()[0];
  };
  const Adagrad adagrad{.learning_rate = 0.1, .initial_accumulator_value = 0};
  EXPECT_NEAR(step(adagrad, 100) * 10, step(adagrad, 1), 1e-6);
  const RMSprop rmsprop{.learning_rate = 0.1};
  EXPECT_NEAR(step(rmsprop, 200), 0.1, 1e-6);
}

/// As in the loop of a net the schedule moves on by itself.
TEST(Minimize, TakesSchedules) {
  const LearningRate rate = PiecewiseConstantDecay{.boundaries = {1}, .values = {0.5, 0.25}};
  const Descent descent =
      minimize([](Numbers w) { return w[0]; }, {0}, SGD{.learning_rate = rate}, 4);
  EXPECT_EQ(descent.points[4][0], -(0.5 + 0.5 + 0.25 + 0.25));
}

TEST(Minimize, SaysWhatCannotBe) {
  EXPECT_EQ(message_of([] { minimize(valley, {}, SGD{}, 1); }), "there is no number to start from");
  EXPECT_EQ(message_of([] {
              minimize(valley, {1, 1}, SGD{}, -1);
            }),
            "there can't be -1 steps\n"
            "  to fix   give 0 or more");
  EXPECT_EQ(message_of([] {
              minimize(valley, {1, 1}, {SGD{}, {.gradient_accumulation_steps = 2}}, 1);
            }),
            "a function has no batches whose gradients could be accumulated\n"
            "  to fix   leave gradient_accumulation_steps out");
}

}  // namespace
}  // namespace sloy
