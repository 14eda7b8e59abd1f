/// Callbacks that keep or go back to the best epoch.
#include <gtest/gtest.h>
#include <sloy/model.h>

#include <filesystem>

#include "harness/messages.h"
#include "harness/process.h"
#include "harness/regression.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::regression;
using harness::TemporaryDirectory;

/// Raises the rate at the end of an epoch, so that the best epoch is known.
struct SpoilAfter {
  int epoch;
  void on_epoch_end(Run& run, const Logs&) {
    if (run.epoch() == epoch) run.set_learning_rate(3);
  }
};

TEST(EarlyStopping, GoesBackToTheBestEpoch) {
  const data::Dataset data = regression(64);
  Sequential model{Input{2}, Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = 0.05}, .loss = MeanSquaredError{}});
  const History history =
      model.fit(data, {.epochs = 20,
                       .validation_data = data,
                       .callbacks = {SpoilAfter{3}, EarlyStopping{.patience = 2}},
                       .verbose = Verbosity::silent});
  ASSERT_EQ(history.epoch.size(), 6u);  // the best is epoch 3, then two that are worse
  EXPECT_LT(history["val_loss"][3], history["val_loss"][2]);
  EXPECT_GT(history["val_loss"][4], history["val_loss"][3]);
  EXPECT_NEAR(model.evaluate(data).loss, history["val_loss"][3], 1e-6);
}

TEST(ModelCheckpoint, SavesTheBest) {
  const TemporaryDirectory folder;
  const data::Dataset data = regression(64);
  Sequential model{Input{2}, Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = 0.05}, .loss = MeanSquaredError{}});
  const History history = model.fit(
      data, {.epochs = 6,
             .validation_data = data,
             .callbacks = {SpoilAfter{2}, ModelCheckpoint{.filepath = folder / "{epoch:02d}",
                                                          .save_best_only = true}},
             .verbose = Verbosity::silent});
  EXPECT_TRUE(std::filesystem::exists(folder / "03"));
  EXPECT_FALSE(std::filesystem::exists(folder / "04"));
  Model best = Model::load(folder / "03");
  best.compile({.loss = MeanSquaredError{}});
  EXPECT_NEAR(best.evaluate(data).loss, history["val_loss"][2], 1e-6);
}

TEST(ModelCheckpoint, KnowsTheFiguresOfItsName) {
  const auto named = [](const std::string& path) {
    return message_of([&] {
      Sequential model{Input{2}, Dense{.units = 1}};
      model.compile({.optimizer = SGD{.learning_rate = 0.05}, .loss = MeanSquaredError{}});
      model.fit(regression(4),
                {.callbacks = {ModelCheckpoint{.filepath = path}}, .verbose = Verbosity::silent});
    });
  };
  EXPECT_EQ(named("a-{epohc:03d}"),
            "ModelCheckpoint's filepath has {epohc}, which is no figure\n"
            "  filepath   a-{epohc:03d}\n"
            "  known      epoch, loss\n"
            "  to fix     did you mean 'epoch'?");
  EXPECT_EQ(named("{{a}}-{val_loss}"),
            "ModelCheckpoint's filepath has {val_loss}, which is no figure\n"
            "  filepath   {{a}}-{val_loss}\n"
            "  known      epoch, loss\n"
            "  to fix     did you mean 'loss'?");
}

}  // namespace
}  // namespace sloy
