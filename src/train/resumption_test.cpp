// Trainings that are broken off in the middle of an epoch and resumed, by another model from the
// last checkpoint, follow those that were never interrupted bit for bit: the rate of each step and
// the weights, whatever sets the rate and whatever an optimizer keeps.

#include <gtest/gtest.h>
#include <sloy/model.h>

#include <set>

#include "harness/process.h"
#include "harness/regression.h"

namespace sloy {
namespace {

using harness::regression;
using harness::TemporaryDirectory;

constexpr int epochs = 4, batches = 5, batch_size = 4;

data::Dataset numbers() { return regression(batches * batch_size); }

/// With what a step draws and what a batch leaves behind.
Sequential net() {
  return {Input{2},
          Dense{.units = 5, .kernel_regularizer = L1{.l1 = 1e-3, .proximal = true}},
          BatchNormalization{},
          tanh,
          Dropout{.rate = 0.2},
          Dense{.units = 1, .kernel_constraint = MaxNorm{}}};
}

/// The rate of each step done, and maybe the step that is the last.
struct Watcher {
  int interrupted_epoch = -1;  ///< −1: none
  std::shared_ptr<std::vector<double>> rates = std::make_shared<std::vector<double>>();

  void on_train_batch_end(Run& run, const Logs&) {
    rates->push_back(run.learning_rate());
    if (run.epoch() == interrupted_epoch && run.step() == 3) run.interrupt();
  }
};

struct Training {
  std::string optimizer;  ///< as in a recipe
  std::vector<std::string> callbacks = {};
};

struct Trained {
  std::vector<double> rates;
  std::vector<Tensor> weights;
};

/// Trains a new model, into these checkpoints or on from them.
Trained train(const Training& training, const std::string& checkpoints, int interrupted_epoch) {
  Sequential model = net();
  model.compile({.optimizer = optimizer_from_config(parse_json(training.optimizer)),
                 .loss = MeanSquaredError{},
                 .seed = 5});
  const Watcher watcher{.interrupted_epoch = interrupted_epoch};
  FitOptions options{.epochs = epochs,
                     .batch_size = batch_size,
                     .verbose = Verbosity::silent,
                     .checkpoints = checkpoints,
                     .resume = true};
  for (const std::string& callback : training.callbacks) {
    options.callbacks.push_back(callback_from_config(parse_json(callback)));
  }
  options.callbacks.push_back(watcher);
  model.fit(numbers(), options);
  Trained trained{*watcher.rates, {}};
  for (const std::string& name : model.weight_names()) {
    trained.weights.push_back(model.weight(name));
  }
  return trained;
}

void expect_the_same_when_resumed(const Training& training) {
  SCOPED_TRACE(training.optimizer +
               (training.callbacks.empty() ? std::string() : training.callbacks[0]));
  const TemporaryDirectory folder;
  const Trained whole = train(training, folder / "whole", -1);
  ASSERT_EQ(whole.rates.size(), static_cast<std::size_t>(epochs * batches));
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const std::string checkpoints = folder / ("broken" + std::to_string(epoch));
    const Trained broken = train(training, checkpoints, epoch);
    const Trained resumed = train(training, checkpoints, -1);
    // Of the epoch that was broken off nothing is kept: its steps are done again.
    std::vector<double> rates(broken.rates.begin(), broken.rates.begin() + epoch * batches);
    EXPECT_LT(rates.size(), broken.rates.size());
    rates.insert(rates.end(), resumed.rates.begin(), resumed.rates.end());
    EXPECT_EQ(rates, whole.rates) << "broken off in epoch " << epoch;
    EXPECT_EQ(resumed.weights, whole.weights) << "broken off in epoch " << epoch;
  }
}

/// One of each type, some steps before and some after each of their corners.
const std::vector<std::string> schedules{
    R"({"type":"ExponentialDecay","initial_learning_rate":0.1,"decay_steps":7,"decay_rate":0.6})",
    R"({"type":"ExponentialDecay","initial_learning_rate":0.1,"decay_steps":7,"decay_rate":0.6,
        "staircase":true})",
    R"({"type":"PiecewiseConstantDecay","boundaries":[3,11,16],"values":[0.1,0.05,0.02,0.01]})",
    R"({"type":"PolynomialDecay","initial_learning_rate":0.1,"decay_steps":6,"power":1.5,
        "cycle":true})",
    R"({"type":"InverseTimeDecay","initial_learning_rate":0.1,"decay_steps":4,"decay_rate":0.5})",
    R"({"type":"CosineDecay","initial_learning_rate":0.01,"decay_steps":12,"warmup_target":0.1,
        "warmup_steps":4})",
    R"({"type":"CosineDecayRestarts","initial_learning_rate":0.1,"first_decay_steps":3,
        "m_mul":0.8})",
    R"({"type":"LinearWarmup","warmup_steps":6,"schedule":
        {"type":"ExponentialDecay","initial_learning_rate":0.1,"decay_steps":7,"decay_rate":0.6}})",
};

TEST(Resumption, GoesOnWithEverySchedule) {
  std::set<std::string> types;
  for (const std::string& schedule : schedules) {
    types.insert(parse_json(schedule).at("type").as_string());
    expect_the_same_when_resumed(
        {.optimizer = R"({"type":"SGD","momentum":0.5,"learning_rate":)" + schedule + "}"});
  }
  for (const TypeEntry<LearningRate>& type : schedule_types()) {
    EXPECT_TRUE(types.contains(std::string(type.name))) << type.name;
  }
}

TEST(Resumption, GoesOnWithEveryOptimizersSlots) {
  for (const TypeEntry<Optimizer>& type : optimizer_types()) {
    expect_the_same_when_resumed({.optimizer = R"({"type":")" + std::string(type.name) + R"("})"});
  }
}

TEST(Resumption, GoesOnWithCallbacksThatSetTheRate) {
  const std::string optimizer = R"({"type":"Adam","learning_rate":0.05})";
  expect_the_same_when_resumed(
      {optimizer, {R"({"type":"OneCycle","max_learning_rate":0.1,"pct_start":0.4})"}});
  expect_the_same_when_resumed(
      {optimizer, {R"({"type":"ReduceLROnPlateau","monitor":"loss","factor":0.5,"patience":1,
            "min_delta":1000})"}});
  expect_the_same_when_resumed(
      {optimizer, {R"({"type":"LearningRateScheduler","schedule":{"type":"ExponentialDecay",
            "initial_learning_rate":0.1,"decay_steps":1,"decay_rate":0.5}})"}});
}

/// Five batches an epoch, three an update: a sum of gradients goes on over the end of an epoch.
TEST(Resumption, GoesOnWithWhatIsAddedUpAndAveraged) {
  const std::string adam = R"({"type":"Adam","learning_rate":0.05,)";
  expect_the_same_when_resumed({adam + R"("gradient_accumulation_steps":3})"});
  expect_the_same_when_resumed({adam + R"("use_ema":true,"ema_momentum":0.75})"});
  expect_the_same_when_resumed(
      {adam + R"("use_ema":true,"ema_momentum":0.75,"ema_bias_correction":true})"});
  expect_the_same_when_resumed(
      {adam + R"("use_ema":true,"ema_momentum":0.75,"ema_overwrite_frequency":3})"});
  expect_the_same_when_resumed(
      {R"({"type":"SGD","momentum":0.9,"gradient_accumulation_steps":3,"use_ema":true,
           "ema_momentum":0.75,"weight_decay":0.1,"clipnorm":1.0,"learning_rate":)" +
       schedules[5] + "}"});
  expect_the_same_when_resumed(
      {adam + R"("gradient_accumulation_steps":2})",
       {R"({"type":"OneCycle","max_learning_rate":0.1,"pct_start":0.4})"}});
}

}  // namespace
}  // namespace sloy
