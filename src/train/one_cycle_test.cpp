#include <gtest/gtest.h>

#include <limits>

#include "train/fake_run.h"

namespace sloy {
namespace {

/// The rate of every step of a fit of two epochs, as callbacks are called.
std::vector<double> rates_of(OneCycle cycle, std::int64_t steps_in_epoch) {
  FakeRun run;
  run.total = 2;
  run.steps_in_all = steps_in_epoch;
  cycle.on_train_begin(run);
  std::vector<double> rates;
  for (run.now = 0; run.now < run.total; ++run.now) {
    run.steps_done = 0;
    cycle.on_epoch_begin(run);
    while (run.steps_done < steps_in_epoch) {
      rates.push_back(run.rate);
      ++run.steps_done;
      cycle.on_train_batch_end(run, {});
    }
  }
  return rates;
}

void expect_near(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 1e-12 * expected[i] + 1e-17) << "step " << i;
  }
}

// The numbers are those of torch.optim.lr_scheduler.OneCycleLR (PyTorch 2.15) with these arguments
// and cycle_momentum=False.
TEST(OneCycle, IsPyTorchsOverAllStepsOfTheFit) {
  expect_near(rates_of({.max_learning_rate = 0.01}, 5),
              {0.00039999999999999931, 0.0051999999999999998, 0.01, 0.0095048463201347373,
               0.0081174565394976309, 0.0061126202193628925, 0.0038874197806371079,
               0.0018825834605023699, 0.00049519367986526283, 4.0000000000000001e-08});
}

TEST(OneCycle, IsPyTorchsWithLines) {
  expect_near(rates_of({.max_learning_rate = 0.5,
                        .pct_start = 0.25,
                        .anneal_strategy = AnnealStrategy::linear,
                        .div_factor = 10,
                        .final_div_factor = 50},
                       4),
              {0.05, 0.5, 0.41683333333333333, 0.33366666666666667, 0.2505, 0.16733333333333333,
               0.084166666666666667, 0.001});
}

TEST(OneCycle, HasARateForAnyNumberOfSteps) {
  const OneCycle cycle{.max_learning_rate = 1, .div_factor = 2, .final_div_factor = 2};
  EXPECT_EQ(cycle.learning_rate(0, 1), 1);
  EXPECT_EQ(cycle.learning_rate(0, 2), 1) << "three tenths of two steps are less than one";
  EXPECT_EQ(cycle.learning_rate(1, 2), 0.25);
  EXPECT_EQ(cycle.learning_rate(7, 2), 0.25) << "past the end";
  EXPECT_EQ(cycle.learning_rate(0, 0), 1) << "of no steps, as of one";
}

TEST(OneCycle, RefusesWhatIsNoRate) {
  const auto message = [](OneCycle cycle) {
    try {
      FakeRun run;
      cycle.on_train_begin(run);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message({.max_learning_rate = 0}),
            "OneCycle's max_learning_rate can't be 0\n"
            "  to fix   give a number above 0");
  EXPECT_EQ(message({.pct_start = 1.5}),
            "OneCycle's pct_start can't be 1.5\n"
            "  to fix   give a number from 0 to 1");
  EXPECT_EQ(message({.div_factor = std::numeric_limits<double>::quiet_NaN()}),
            "OneCycle's div_factor can't be nan\n"
            "  to fix   give a number above 0");
  EXPECT_EQ(message({}), "");
}

}  // namespace
}  // namespace sloy
