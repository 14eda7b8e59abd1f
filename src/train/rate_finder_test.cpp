#include <gtest/gtest.h>
#include <sloy/model.h>

#include <algorithm>
#include <cmath>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

data::Dataset line(std::int64_t count) {
  std::vector<float> x, y;
  for (std::int64_t i = 0; i < count; ++i) {
    x.push_back(static_cast<float>(std::sin(static_cast<double>(i))));
    y.push_back(3 * x.back() - 1);
  }
  return data::from_tensors(Tensor(Shape{count, 1}, x), Tensor(Shape{count, 1}, y));
}

Sequential compiled(Optimizer optimizer) {
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.optimizer = std::move(optimizer), .loss = MeanSquaredError{}, .seed = 3});
  return model;
}

TEST(RateFinder, GrowsTheRateByOneFactorAndLeavesTheModelAsItWas) {
  Sequential model = compiled(Adam{});
  model.fit(line(64), {.epochs = 2, .verbose = Verbosity::silent});
  Sequential same = compiled(Adam{});
  same.fit(line(64), {.epochs = 2, .verbose = Verbosity::silent});
  const Tensor before = model.weight("dense/kernel");

  const RateCurve curve = model.find_learning_rate(
      line(64), {.min_learning_rate = 1e-4, .max_learning_rate = 1e-2, .steps = 21});
  ASSERT_EQ(curve.learning_rates.size(), 21u);
  ASSERT_EQ(curve.losses.size(), 21u);
  for (std::size_t i = 0; i < 21; ++i) {
    EXPECT_NEAR(curve.learning_rates[i], 1e-4 * std::pow(10, 0.1 * static_cast<double>(i)), 1e-12);
  }
  EXPECT_EQ(model.weight("dense/kernel"), before);
  // Slots and the step's number too: what follows is what follows without it.
  model.fit(line(64), {.epochs = 1, .verbose = Verbosity::silent});
  same.fit(line(64), {.epochs = 1, .verbose = Verbosity::silent});
  EXPECT_EQ(model.weight("dense/kernel"), same.weight("dense/kernel"));
}

/// One batch, so each loss follows from the step before: by plain descent w − η·g.
TEST(RateFinder, TakesTheStepsItSays) {
  const auto data = data::from_tensors(Tensor(Shape{1, 1}, std::vector<float>{1}),
                                       Tensor(Shape{1, 1}, std::vector<float>{0}));
  Sequential model{Input{1}, Dense{.units = 1, .use_bias = false}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  model.set_weight("dense/kernel", Tensor(Shape{1, 1}, std::vector<float>{2}));
  const RateCurve curve = model.find_learning_rate(
      data, {.min_learning_rate = 0.01, .max_learning_rate = 0.4, .steps = 12, .smoothing = 0.5});
  double w = 2, average = 0;
  for (std::size_t i = 0; i < curve.losses.size(); ++i) {
    EXPECT_NEAR(curve.losses[i], w * w, 1e-5 * w * w);
    average = 0.5 * average + 0.5 * w * w;
    EXPECT_NEAR(curve.smoothed[i], average / (1 - std::pow(0.5, i + 1)), 1e-5);
    w -= curve.learning_rates[i] * 2 * w;
  }
}

TEST(RateFinder, EndsWhereTheLossGrowsAndSuggestsARateThatLearns) {
  Sequential model = compiled(SGD{});
  const RateCurve curve = model.find_learning_rate(line(256), {.batch_size = 64});
  EXPECT_LT(curve.learning_rates.size(), 100u) << "descent on a line diverges long before 10";
  EXPECT_GT(curve.suggestion, 1e-3);
  EXPECT_LT(curve.suggestion, 1);
  Sequential tried = compiled(SGD{.learning_rate = curve.suggestion});
  const History history = tried.fit(line(256), {.epochs = 10, .verbose = Verbosity::silent});
  EXPECT_LT(history["loss"].back(), 0.5 * history["loss"].front());
}

TEST(RateFinder, LeavesSchedulesOutAndTakesAccumulatedSteps) {
  Sequential model =
      compiled({SGD{.learning_rate = CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 5}},
                {.gradient_accumulation_steps = 3}});
  const RateCurve curve = model.find_learning_rate(
      line(64),
      {.min_learning_rate = 1e-3, .max_learning_rate = 1e-1, .steps = 20, .batch_size = 8});
  EXPECT_EQ(curve.losses.size(), 20u);
  EXPECT_LT(curve.losses.back(), curve.losses.front());
}

TEST(RateFinder, SaysWhatCannotBe) {
  Sequential model = compiled(SGD{});
  const auto refused = [&](const RateFinderOptions& options) {
    const std::string message = message_of([&] { model.find_learning_rate(line(8), options); });
    return message.substr(0, message.find('\n'));
  };
  EXPECT_EQ(refused({.min_learning_rate = 0}), "min_learning_rate can't be 0");
  EXPECT_EQ(refused({.min_learning_rate = 1, .max_learning_rate = 1}),
            "max_learning_rate can't be 1");
  EXPECT_EQ(refused({.steps = 1}), "steps can't be 1");
  EXPECT_EQ(refused({.smoothing = 1}), "smoothing can't be 1");
  EXPECT_EQ(refused({.stop_factor = 1}), "stop_factor can't be 1");
  EXPECT_EQ(refused({.batch_size = 0}), "batch_size must be 1 or more, not 0");
}

}  // namespace
}  // namespace sloy
