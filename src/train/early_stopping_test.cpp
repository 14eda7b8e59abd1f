#include <gtest/gtest.h>

#include <limits>

#include "harness/messages.h"
#include "train/fake_run.h"

namespace sloy {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Runs epochs with these values of val_loss and val_accuracy (1 − val_loss) until one stops it;
/// returns how many ran.
int epochs_of(EarlyStopping& stopping, FakeRun& run, const std::vector<double>& val_losses) {
  stopping.on_train_begin(run);
  int ran = 0;
  for (double value : val_losses) {
    run.now = ran++;
    stopping.on_epoch_end(run, logs_of(run, {0, 0, value, 1 - value}));
    if (run.stopped) break;
  }
  stopping.on_train_end(run, {});
  return ran;
}

int epochs_of(EarlyStopping stopping, const std::vector<double>& val_losses) {
  FakeRun run;
  return epochs_of(stopping, run, val_losses);
}

TEST(EarlyStopping, StopsAfterPatienceEpochsWithoutImprovement) {
  const std::vector<double> losses{5, 4, 4.5, 4.5, 4.5, 3, 2};
  EXPECT_EQ(epochs_of({.patience = 2}, losses), 4);
  EXPECT_EQ(epochs_of({.patience = 3}, losses), 5);
  EXPECT_EQ(epochs_of({.patience = 4}, losses), 7) << "improvement starts the count anew";
}

TEST(EarlyStopping, WithoutPatienceStopsAtTheFirstEpochThatIsNoBetter) {
  EXPECT_EQ(epochs_of({}, {5, 4, 4, 3}), 3);
}

TEST(EarlyStopping, AsksForMinDelta) {
  EXPECT_EQ(epochs_of({.min_delta = 0.5, .patience = 2}, {5, 4.6, 4.4, 4.1, 3.8, 3.8}), 6);
  EXPECT_EQ(epochs_of({.min_delta = 0.5, .patience = 1}, {5, 4.6, 4.4}), 2);
}

TEST(EarlyStopping, MoreIsBetterForTheAccuracy) {
  EXPECT_EQ(epochs_of({.monitor = "val_accuracy", .patience = 1}, {0.5, 0.4, 0.3, 0.35}), 4);
  EXPECT_EQ(
      epochs_of({.monitor = "val_accuracy", .patience = 1, .mode = Mode::min}, {0.5, 0.4, 0.3}), 2);
  EXPECT_EQ(epochs_of({.patience = 1, .mode = Mode::max}, {5, 4}), 2);
}

TEST(Best, IsTheLargestOfANumberedAccuracyToo) {
  for (const char* larger : {"accuracy", "val_accuracy", "val_accuracy_1", "accuracy_12"}) {
    EXPECT_TRUE(Best(larger, Mode::automatic).is_better(2, 1)) << larger;
  }
  for (const char* smaller : {"val_loss", "loss_1", "accuracy1", "_1", "12", ""}) {
    EXPECT_TRUE(Best(smaller, Mode::automatic).is_better(1, 2)) << smaller;
  }
}

TEST(EarlyStopping, StopsWhereTheBaselineIsNotBeaten) {
  EXPECT_EQ(epochs_of({.patience = 2, .baseline = 1.0}, {5, 4, 4, 3, 2}), 3);
  EXPECT_EQ(epochs_of({.patience = 2, .baseline = 1.0}, {5, 4, 3, 3, 2}), 4)
      << "while each epoch is better than all before, a fit goes on";
  EXPECT_EQ(epochs_of({.patience = 3, .baseline = 4.5}, {5, 4, 3, 2, 1}), 5);
}

TEST(EarlyStopping, LooksAwayBeforeStartFromEpoch) {
  EXPECT_EQ(epochs_of({.patience = 1, .start_from_epoch = 3}, {1, 2, 3, 4, 5}), 5);
}

TEST(EarlyStopping, NotANumberIsNoImprovementAndNoBest) {
  FakeRun run;
  EarlyStopping stopping{.patience = 3};
  EXPECT_EQ(epochs_of(stopping, run, {not_a_number, 5, not_a_number, 4}), 4);
  EXPECT_EQ(run.restored, std::vector{3});
}

TEST(EarlyStopping, RestoresTheBestWeightsHoweverTheFitEnds) {
  FakeRun stopped;
  EarlyStopping stopping{.patience = 2};
  epochs_of(stopping, stopped, {5, 3, 4, 4});
  EXPECT_EQ(stopping.progress.stopped_epoch, 3);
  EXPECT_EQ(stopped.restored, std::vector{1});

  FakeRun finished;
  EarlyStopping patient{.patience = 10};
  epochs_of(patient, finished, {5, 3, 4, 4});
  EXPECT_EQ(patient.progress.stopped_epoch, -1);
  EXPECT_EQ(finished.restored, std::vector{1});

  FakeRun kept;
  EarlyStopping without{.patience = 2, .restore_best_weights = false};
  epochs_of(without, kept, {5, 3, 4, 4});
  EXPECT_TRUE(kept.kept.empty());
  EXPECT_TRUE(kept.restored.empty());
}

TEST(EarlyStopping, TwoInOneFitKeepWeightsApart) {
  FakeRun run;
  EarlyStopping on_loss{.patience = 9};
  EarlyStopping on_accuracy{.monitor = "val_accuracy", .patience = 9};
  epochs_of(on_loss, run, {5, 3, 4});
  epochs_of(on_accuracy, run, {5, 3, 4});
  EXPECT_EQ(run.kept.size(), 2u);
}

TEST(EarlyStopping, CanBeUsedForASecondFit) {
  FakeRun run;
  EarlyStopping stopping{.patience = 1};
  epochs_of(stopping, run, {1, 2});
  FakeRun second;
  EXPECT_EQ(epochs_of(stopping, second, {9, 8, 7}), 3) << "the first fit's best is forgotten";
}

TEST(EarlyStopping, GoesOnWhereItWasWhenAFitIsResumed) {
  FakeRun run;
  EarlyStopping stopping{.patience = 3};
  epochs_of(stopping, run, {5, 3, 4});

  EarlyStopping resumed{.patience = 3};
  FakeRun later;
  later.goes_on = true;
  later.kept = run.kept;
  resumed.on_train_begin(later);
  resumed.set_state(parse_json(to_json(stopping.state())));
  for (later.now = 3; !later.stopped; ++later.now) {
    resumed.on_epoch_end(later, logs_of(later, {0, 0, 3.5, 0}));
  }
  EXPECT_EQ(resumed.progress.stopped_epoch, 4) << "epochs 2, 3 and 4 were no better than epoch 1";
  resumed.on_train_end(later, {});
  EXPECT_EQ(later.restored, std::vector{1});
}

std::string refusal(EarlyStopping stopping, FakeRun& run) {
  return harness::message_of([&] { stopping.on_train_begin(run); });
}

TEST(EarlyStopping, SaysBeforeTheFirstStepThatAFigureIsMissing) {
  FakeRun run;
  run.names = {"loss", "accuracy"};
  EXPECT_EQ(refusal({}, run),
            "EarlyStopping monitors 'val_loss', which this training doesn't have\n"
            "  figures   loss, accuracy\n"
            "  to fix    hold out data to validate on, or monitor another figure");
  EXPECT_EQ(refusal({.monitor = "acuracy"}, run),
            "EarlyStopping monitors 'acuracy', which this training doesn't have\n"
            "  figures   loss, accuracy\n"
            "  to fix    did you mean 'accuracy'?");
  EXPECT_EQ(refusal({.monitor = "loss", .patience = -1}, run),
            "EarlyStopping's patience can't be -1\n"
            "  to fix   give a number of epochs, 0 or more");
}

}  // namespace
}  // namespace sloy
