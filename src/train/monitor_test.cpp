#include <gtest/gtest.h>
#include <sloy/model.h>

#include <memory>

namespace sloy {
namespace {

/// Two metrics that are the same number, the predictions' mean: one says that larger is better.
struct MeanPrediction {
  Value call(Value, Value prediction) const { return prediction; }
};
struct Score {
  Value call(Value, Value prediction) const { return prediction; }
  static constexpr bool larger_is_better = true;
};

struct Notices {
  std::shared_ptr<std::vector<std::string>> texts;
  void on_notice(Run&, const Notice& notice) { texts->emplace_back(notice.what()); }
};

struct Found {
  std::optional<int> stopped_epoch;
  std::vector<std::string> notices;
};

/// Lets EarlyStopping follow `monitor` while the predictions grow from epoch to epoch.
Found follow(const std::string& monitor, Mode mode = Mode::automatic) {
  const auto data = data::from_tensors(Tensor({1, 1}, {1.0f}), Tensor({1, 1}, {100.0f}));
  Sequential model{Input{1}, Dense{.units = 1, .kernel_initializer = Zeros{}}};
  model.compile({.optimizer = SGD{.learning_rate = 0.01},
                 .loss = MeanSquaredError{},
                 .metrics = {MeanPrediction{}, Score{}}});
  const Notices notices{std::make_shared<std::vector<std::string>>()};
  const Callback stopping = EarlyStopping{.monitor = monitor, .patience = 1, .mode = mode};
  model.fit(data, {.epochs = 4,
                   .batch_size = 1,
                   .validation_data = data,
                   .callbacks = {stopping, notices},
                   .verbose = Verbosity::silent});
  const int epoch = stopping.as<EarlyStopping>()->progress.stopped_epoch;
  return {epoch < 0 ? std::nullopt : std::optional(epoch), *notices.texts};
}

TEST(Monitor, TakesTheDirectionThatTheMetricSays) {
  for (const char* name : {"score", "val_score"}) {
    const Found found = follow(name);
    EXPECT_EQ(found.stopped_epoch, std::nullopt) << name;
    EXPECT_TRUE(found.notices.empty()) << name;
  }
}

TEST(Monitor, GivesANoticeWhereNothingTellsTheDirection) {
  const Found found = follow("val_mean_prediction");
  EXPECT_EQ(found.stopped_epoch, 1) << "smaller is taken for better";
  EXPECT_EQ(found.notices,
            (std::vector<std::string>{
                "EarlyStopping takes a smaller val_mean_prediction for better: nothing says which "
                "it is\n"
                "  to fix   set its mode to max or min, or give the metric a member "
                "larger_is_better"}));
  EXPECT_TRUE(follow("val_mean_prediction", Mode::max).notices.empty());
  EXPECT_EQ(follow("val_mean_prediction", Mode::max).stopped_epoch, std::nullopt);
  EXPECT_TRUE(follow("val_loss").notices.empty());
}

TEST(Monitor, LossesAsMetricsAreSmallerTheBetter) {
  EXPECT_EQ(Metric(MeanAbsoluteError{}).larger_is_better(), false);
  EXPECT_EQ(Metric(SparseCategoricalCrossentropy{}).larger_is_better(), false);
  EXPECT_EQ(Metric(Accuracy{}).larger_is_better(), true);
  EXPECT_EQ(Metric(MeanPrediction{}).larger_is_better(), std::nullopt);
}

}  // namespace
}  // namespace sloy
