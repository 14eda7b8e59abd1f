#include <gtest/gtest.h>
#include <sloy/model.h>

#include <memory>
#include <mutex>
#include <set>

#include "harness/process.h"

namespace sloy {
namespace {

using harness::TemporaryDirectory;

/// With dropout and slots, whose numbers must go on as well as the data's order.
Sequential compiled_net() {
  Sequential model{Input{2}, Dense{.units = 8}, Dropout{.rate = 0.3}, Dense{.units = 2}};
  model.compile({.optimizer = Adam{.learning_rate = 0.02},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .seed = 5});
  return model;
}

std::vector<Tensor> weights_of(const Model& model) {
  std::vector<Tensor> weights;
  for (const std::string& name : model.weight_names()) weights.push_back(model.weight(name));
  return weights;
}

data::Dataset examples() { return data::moons({.size = 60}); }

FitOptions epochs_to(int epochs, int initial_epoch = 0) {
  return {.epochs = epochs,
          .batch_size = 16,
          .initial_epoch = initial_epoch,
          .verbose = Verbosity::silent};
}

std::vector<Tensor> trained_at_once(int epochs) {
  Sequential model = compiled_net();
  model.fit(examples(), epochs_to(epochs));
  return weights_of(model);
}

TEST(SuccessiveFits, TrainAsOneFitOfAllTheirEpochs) {
  Sequential model = compiled_net();
  for (int i = 0; i < 3; ++i) model.fit(examples(), epochs_to(1));
  EXPECT_EQ(weights_of(model), trained_at_once(3));
}

TEST(SuccessiveFits, MayCountTheirEpochsOn) {
  Sequential model = compiled_net();
  model.fit(examples(), epochs_to(2));
  model.fit(examples(), epochs_to(4, 2));
  EXPECT_EQ(weights_of(model), trained_at_once(4));
}

/// Four examples, which write down in which epochs they are read.
struct EpochKeeper {
  std::shared_ptr<std::pair<std::mutex, std::set<std::int64_t>>> seen;
  std::int64_t size() const { return 4; }
  data::Spec spec() const { return {{DType::float32, {1}}, {DType::float32, {1}}, 0, {}}; }
  void read(std::int64_t, data::Slot slot) const {
    slot.features_as<float>()[0] = slot.target_as<float>()[0] = 1;
    const std::lock_guard lock(seen->first);
    seen->second.insert(slot.epoch);
  }
};

TEST(SuccessiveFits, TellSourcesTheEpochSinceCompile) {
  const EpochKeeper source{std::make_shared<std::pair<std::mutex, std::set<std::int64_t>>>()};
  Sequential model{Input{1}, Dense{.units = 1}};
  const auto epochs_of = [&](const FitOptions& options) {
    source.seen->second.clear();
    model.fit(source, options);
    return source.seen->second;
  };
  using Epochs = std::set<std::int64_t>;
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  EXPECT_EQ(epochs_of(epochs_to(2)), (Epochs{0, 1}));
  EXPECT_EQ(epochs_of(epochs_to(1)), (Epochs{2}));
  EXPECT_EQ(epochs_of(epochs_to(3, 1)), (Epochs{3, 4})) << "more were trained than are named";
  EXPECT_EQ(epochs_of(epochs_to(10, 9)), (Epochs{9})) << "fewer were";
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  EXPECT_EQ(epochs_of(epochs_to(1)), (Epochs{0}));
}

TEST(SuccessiveFits, ResumeWithTheOrdersOfTheFitThatWasInterrupted) {
  const TemporaryDirectory folder;
  const auto fit_second = [&](Model& model, int epochs) {
    FitOptions options = epochs_to(epochs);
    options.checkpoints = folder / "checkpoints";
    options.resume = true;
    model.fit(examples(), options);
  };
  Sequential interrupted = compiled_net();
  interrupted.fit(examples(), epochs_to(2));
  fit_second(interrupted, 1);

  Sequential resumed = compiled_net();  // by a process that knows nothing of the first fit
  fit_second(resumed, 3);
  EXPECT_EQ(weights_of(resumed), trained_at_once(5));
  resumed.fit(examples(), epochs_to(1));
  EXPECT_EQ(weights_of(resumed), trained_at_once(6));
}

/// What a callback asks of the model is the next fit's; this one goes on as it was compiled.
struct Freezing {
  void on_epoch_end(Run& run, const Logs&) { run.model().set_trainable("dense", false); }
};

TEST(SuccessiveFits, ACallbackMayFreezeALayerForTheNext) {
  Sequential model = compiled_net();
  FitOptions options = epochs_to(3);
  options.callbacks = {Freezing{}};
  model.fit(examples(), options);
  EXPECT_EQ(weights_of(model), trained_at_once(3));
  const Tensor frozen = model.weight("dense/kernel");
  model.fit(examples(), epochs_to(1));
  EXPECT_EQ(model.weight("dense/kernel"), frozen);
}

}  // namespace
}  // namespace sloy
