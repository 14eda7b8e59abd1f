#include <gtest/gtest.h>

#include <limits>

#include "harness/messages.h"
#include "train/fake_run.h"

namespace sloy {
namespace {

using harness::message_of;

/// The rate after each epoch of a fit with these validation losses.
std::vector<double> rates_after(ReduceLROnPlateau& plateau, FakeRun& run,
                                const std::vector<double>& losses) {
  plateau.on_train_begin(run);
  std::vector<double> rates;
  for (double loss : losses) {
    plateau.on_epoch_end(run, logs_of(run, {0, 0, loss, 0}));
    rates.push_back(run.rate);
    ++run.now;
  }
  return rates;
}

std::vector<double> rates_after(ReduceLROnPlateau plateau, const std::vector<double>& losses) {
  FakeRun run;
  run.rate = 1;
  return rates_after(plateau, run, losses);
}

using Rates = std::vector<double>;

TEST(ReduceLROnPlateau, ReducesAfterItsPatience) {
  EXPECT_EQ(rates_after({.factor = 0.5, .patience = 2}, {5, 4, 4, 4, 4, 4}),
            (Rates{1, 1, 1, 0.5, 0.5, 0.25}));
  EXPECT_EQ(rates_after({.factor = 0.5, .patience = 0}, {5, 6, 4, 4}), (Rates{1, 0.5, 0.5, 0.25}));
}

TEST(ReduceLROnPlateau, BetterMeansBetterByMinDelta) {
  EXPECT_EQ(rates_after({.factor = 0.5, .patience = 1, .min_delta = 0.5}, {5, 4.6, 4.4}),
            (Rates{1, 0.5, 0.5}))
      << "4.6 is not, 4.4 is better than 5";
}

/// Two epochs after a reduction don't count; then patience begins anew.
TEST(ReduceLROnPlateau, EpochsOfItsCooldownDoNotCount) {
  EXPECT_EQ(rates_after({.factor = 0.5, .patience = 1, .cooldown = 2}, {5, 5, 5, 5, 5, 5}),
            (Rates{1, 0.5, 0.5, 0.25, 0.25, 0.125}));
}

TEST(ReduceLROnPlateau, NeverGoesBelowTheLeastRate) {
  EXPECT_EQ(rates_after({.factor = 0.1, .patience = 1, .min_lr = 0.05}, {5, 5, 5, 5}),
            (Rates{1, 0.1, 0.05, 0.05}));
}

TEST(ReduceLROnPlateau, LooksForTheLargestOfAnAccuracy) {
  FakeRun run;
  run.rate = 1;
  ReduceLROnPlateau plateau{.monitor = "val_accuracy", .factor = 0.5, .patience = 1};
  plateau.on_train_begin(run);
  for (double accuracy : {0.5, 0.6, 0.7}) {
    plateau.on_epoch_end(run, logs_of(run, {0, 0, 0, accuracy}));
  }
  EXPECT_EQ(run.rate, 1);
}

TEST(ReduceLROnPlateau, GoesOnWhereItWasWhenAFitIsResumed) {
  const std::vector<double> losses{5, 4, 4, 4, 4, 4, 4, 4};
  const ReduceLROnPlateau settings{.factor = 0.5, .patience = 2, .cooldown = 1};
  const Rates whole = rates_after(settings, losses);
  for (std::size_t done = 1; done < losses.size(); ++done) {
    FakeRun run;
    run.rate = 1;
    ReduceLROnPlateau before = settings;
    rates_after(before, run, {losses.begin(), losses.begin() + static_cast<std::ptrdiff_t>(done)});
    ReduceLROnPlateau after = settings;
    after.on_train_begin(run);
    after.set_state(parse_json(to_json(before.state())));
    for (std::size_t i = done; i < losses.size(); ++i) {
      after.on_epoch_end(run, logs_of(run, {0, 0, losses[i], 0}));
      EXPECT_EQ(run.rate, whole[i]) << "resumed after " << done << ", epoch " << i;
    }
  }
}

TEST(ReduceLROnPlateau, SaysWhichArgumentCannotBe) {
  const auto refused = [](ReduceLROnPlateau plateau) {
    FakeRun run;
    const std::string message = message_of([&] { plateau.on_train_begin(run); });
    return message.substr(0, message.find('\n'));
  };
  EXPECT_EQ(refused({.factor = 1}), "ReduceLROnPlateau's factor can't be 1");
  EXPECT_EQ(refused({.patience = -1}), "ReduceLROnPlateau's patience can't be -1");
  EXPECT_EQ(refused({.cooldown = -2}), "ReduceLROnPlateau's cooldown can't be -2");
  EXPECT_EQ(refused({.min_lr = -1}), "ReduceLROnPlateau's min_lr can't be -1");
}

std::vector<double> rates_of(LearningRateScheduler scheduler, int epochs) {
  FakeRun run;
  run.rate = 1;
  scheduler.on_train_begin(run);
  std::vector<double> rates;
  for (run.now = 0; run.now < epochs; ++run.now) {
    scheduler.on_epoch_begin(run);
    rates.push_back(run.rate);
  }
  return rates;
}

TEST(LearningRateScheduler, TakesAFunctionOfTheEpochAndTheRateSoFar) {
  EXPECT_EQ(
      rates_of({.schedule = [](int epoch, double rate) { return epoch < 2 ? rate : rate / 2; }}, 4),
      (Rates{1, 1, 0.5, 0.25}));
}

TEST(LearningRateScheduler, TakesAScheduleWhoseStepsAreEpochs) {
  EXPECT_EQ(
      rates_of({.schedule = PiecewiseConstantDecay{.boundaries = {1}, .values = {0.5, 0.1}}}, 4),
      (Rates{0.5, 0.5, 0.1, 0.1}));
}

TEST(LearningRateScheduler, IsReadAndWrittenWithASchedule) {
  const Config written = parse_toml(R"(
    type = "LearningRateScheduler"
    schedule = { type = "PiecewiseConstantDecay", boundaries = [1], values = [0.5, 0.25] }
  )");
  const Callback callback = callback_from_config(written);
  EXPECT_EQ(to_config(callback), written);
  EXPECT_EQ(rates_of(*callback.as<LearningRateScheduler>(), 3), (Rates{0.5, 0.5, 0.25}));
  EXPECT_EQ(message_of([] {
              to_config(Callback(
                  LearningRateScheduler{.schedule = [](int, double rate) { return rate; }}));
            }),
            "a LearningRateScheduler's function can't be written to a file\n"
            "  to fix   give it a schedule, whose steps are epochs then");
}

TEST(LearningRateScheduler, RefusesWhatIsNoRate) {
  FakeRun run;
  EXPECT_EQ(message_of([&] { LearningRateScheduler{}.on_train_begin(run); }),
            "LearningRateScheduler needs a schedule\n"
            "  to fix   give it one whose steps are epochs, or a function of the epoch");
  LearningRateScheduler scheduler{.schedule = [](int, double) { return -1.0; }};
  EXPECT_EQ(message_of([&] { scheduler.on_epoch_begin(run); }),
            "the learning rate of epoch 1 can't be -1\n"
            "  to fix   give a number of 0 or more");
}

}  // namespace
}  // namespace sloy
