#include <gtest/gtest.h>
#include <sloy/model.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "harness/messages.h"
#include "harness/process.h"
#include "harness/regression.h"

namespace sloy {
namespace {

using harness::bytes_of_file;
using harness::message_of;
using harness::regression;
using harness::TemporaryDirectory;

/// With everything whose numbers must repeat: dropout, batch statistics, slots.
Sequential noisy_net() {
  return {Input{2},
          Dense{.units = 16, .kernel_regularizer = L2{.l2 = 1e-3}},
          BatchNormalization{},
          Activation{relu},
          Dropout{.rate = 0.3},
          Dense{.units = 2}};
}

const CompileOptions adam_on_classes{.optimizer = Adam{.learning_rate = 0.02},
                                     .loss = SparseCategoricalCrossentropy{.from_logits = true},
                                     .metrics = {Accuracy{}},
                                     .seed = 7};

TEST(Fit, TakesOneStepOfGradientDescentAsByHand) {
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
  model.set_weight("dense/kernel", Tensor(Shape{1, 1}, std::vector<float>{2}));
  model.set_weight("dense/bias", Tensor(Shape{1}, std::vector<float>{1}));
  // Errors 2·1 + 1 − 0 = 3 and 2·(−2) + 1 − 1 = −4; loss (9 + 16)/2; dw = 2·(3·1 + (−4)(−2))/2 =
  // 11, db = 2·(3 − 4)/2 = −1.
  const auto data = data::from_tensors(Tensor(Shape{2, 1}, std::vector<float>{1, -2}),
                                       Tensor(Shape{2, 1}, std::vector<float>{0, 1}));
  const History history = model.fit(data, {.verbose = Verbosity::silent});
  EXPECT_DOUBLE_EQ(history["loss"][0], 12.5);
  EXPECT_NEAR(model.weight("dense/kernel").item(), 2 - 0.1 * 11, 1e-6);
  EXPECT_NEAR(model.weight("dense/bias").item(), 1 + 0.1, 1e-6);
}

TEST(Fit, FindsALine) {
  Sequential model{Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
  const History history =
      model.fit(regression(200), {.epochs = 50, .batch_size = 20, .verbose = Verbosity::silent});
  EXPECT_LT(history["loss"].back(), 1e-6);
  const Tensor kernel = model.weight("dense/kernel");
  EXPECT_NEAR(kernel.values<float>()[0], 2, 1e-2);
  EXPECT_NEAR(kernel.values<float>()[1], -3, 1e-2);
  EXPECT_NEAR(model.weight("dense/bias").item(), 0.5, 1e-2);
}

TEST(Fit, SolvesExclusiveOr) {
  Sequential model{Input{2}, Dense{.units = 8, .activation = tanh}, Dense{.units = 1}};
  model.compile({.optimizer = Adam{.learning_rate = 0.05},
                 .loss = BinaryCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}},
                 .seed = 3});
  const data::Dataset data = data::exclusive_or({.size = 400, .noise = 0});
  model.fit(data, {.epochs = 30, .verbose = Verbosity::silent});
  EXPECT_GT(model.evaluate(data).logs["accuracy"], 0.95);
}

TEST(Fit, MeansAreOverExamplesWhateverTheBatches) {
  // A rate of 0 leaves the model as it is, so an epoch's loss is the whole set's.
  const data::Dataset data = data::moons({.size = 50});
  std::vector<double> losses, accuracies;
  for (std::int64_t batch_size : {50, 7, 1}) {
    Sequential model{Input{2}, Dense{.units = 4, .activation = relu}, Dense{.units = 2}};
    model.compile({.optimizer = SGD{.learning_rate = 0},
                   .loss = SparseCategoricalCrossentropy{.from_logits = true},
                   .metrics = {Accuracy{}}});
    const History history =
        model.fit(data, {.batch_size = batch_size, .verbose = Verbosity::silent});
    losses.push_back(history["loss"][0]);
    accuracies.push_back(history["accuracy"][0]);
    const Evaluation evaluation = model.evaluate(data, {.batch_size = batch_size});
    EXPECT_NEAR(evaluation.loss, losses[0], 1e-6);
    EXPECT_EQ(evaluation.examples, 50);
  }
  EXPECT_NEAR(losses[1], losses[0], 1e-6);
  EXPECT_NEAR(losses[2], losses[0], 1e-6);
  EXPECT_EQ(accuracies[1], accuracies[0]);
  EXPECT_EQ(accuracies[2], accuracies[0]);
}

TEST(Fit, AddsPenaltiesToTheLoss) {
  Sequential model{Input{1},
                   Dense{.units = 1, .use_bias = false, .kernel_regularizer = L2{.l2 = 0.25}}};
  model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
  model.set_weight("dense/kernel", Tensor(Shape{1, 1}, std::vector<float>{2}));
  const auto data = data::from_tensors(Tensor(Shape{1, 1}, std::vector<float>{1}),
                                       Tensor(Shape{1, 1}, std::vector<float>{0}));
  EXPECT_DOUBLE_EQ(model.evaluate(data).loss, 4 + 0.25 * 4);
  model.fit(data, {.verbose = Verbosity::silent});
  EXPECT_NEAR(model.weight("dense/kernel").item(), 2 - 0.1 * (4 + 2 * 0.25 * 2), 1e-6);
}

TEST(Fit, LeavesFrozenLayersAlone) {
  Sequential model{Input{2}, Dense{.units = 3, .trainable = false, .name = "frozen"},
                   Dense{.units = 1, .name = "free"}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  const Tensor frozen = model.weight("frozen/kernel"), free = model.weight("free/kernel");
  model.fit(regression(8), {.verbose = Verbosity::silent});
  EXPECT_EQ(model.weight("frozen/kernel"), frozen);
  EXPECT_NE(model.weight("free/kernel"), free);
  EXPECT_EQ(model.parameters(), 4);
}

/// Another number than the one it was always is near, not ten million deviations off.
TEST(Fit, DoesNotScaleWhatIsOneNumberInAllTheData) {
  const auto data = data::from_tensors(Tensor(Shape{2, 2}, std::vector<float>{5, 1, 5, 3}),
                                       Tensor(Shape{2, 2}, std::vector<float>{0, 0, 0, 0}));
  Sequential model{Input{2}, Normalization{}};
  model.adapt(data);
  const Tensor normal = model.predict(Tensor({1, 2}, std::vector<float>{5.5f, 3}));
  EXPECT_FLOAT_EQ(normal.values<float>()[0], 0.5f);
  EXPECT_FLOAT_EQ(normal.values<float>()[1], 1);
}

TEST(Fit, MeasuresTheDataForNormalization) {
  const auto data =
      data::from_tensors(Tensor(Shape{4, 2}, std::vector<float>{1, 10, 3, 10, 5, 10, 7, 14}),
                         Tensor(Shape{4, 1}, std::vector<float>{0, 0, 0, 0}));
  Sequential model{Input{2}, Normalization{}, Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  model.fit(data, {.verbose = Verbosity::silent});
  const Tensor mean = model.weight("normalization/mean");
  const Tensor variance = model.weight("normalization/variance");
  EXPECT_FLOAT_EQ(mean.values<float>()[0], 4);
  EXPECT_FLOAT_EQ(mean.values<float>()[1], 11);
  EXPECT_FLOAT_EQ(variance.values<float>()[0], 5);
  EXPECT_FLOAT_EQ(variance.values<float>()[1], 3);
}

TEST(Fit, RepeatsByteForByte) {
  const TemporaryDirectory folder;
  const data::Dataset data = data::moons({.size = 100});
  const auto train = [&](std::uint64_t seed, const std::string& name) {
    Sequential model = noisy_net();
    CompileOptions options = adam_on_classes;
    options.seed = seed;
    model.compile(options);
    model.fit(data, {.epochs = 2, .batch_size = 16, .verbose = Verbosity::silent});
    model.save(folder / name);
    return bytes_of_file(folder / name);
  };
  const std::string first = train(7, "a");
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(first, train(7, "b"));
  EXPECT_NE(first, train(8, "c"));
}

/// Interrupts the second epoch after its third step, and counts.
struct InterruptEarly {
  std::shared_ptr<std::vector<int>> steps_of_epochs;
  std::shared_ptr<int> epochs_ended;

  void on_epoch_begin(Run&) { steps_of_epochs->push_back(0); }
  void on_train_batch_end(Run& run, const Logs&) {
    if (++steps_of_epochs->back() == 3 && run.epoch() == 1) run.interrupt();
  }
  void on_epoch_end(Run&, const Logs&) { ++*epochs_ended; }
};

TEST(Fit, AnInterruptEndsItAfterTheStep) {
  Sequential model = noisy_net();
  model.compile(adam_on_classes);
  const InterruptEarly early{std::make_shared<std::vector<int>>(), std::make_shared<int>(0)};
  const History history = model.fit(
      data::moons({.size = 80}),
      {.epochs = 4, .batch_size = 16, .callbacks = {early}, .verbose = Verbosity::silent});
  EXPECT_EQ(*early.steps_of_epochs, (std::vector<int>{5, 3}));
  EXPECT_EQ(*early.epochs_ended, 1) << "the epoch that was broken off did not end";
  EXPECT_EQ(history.epoch, std::vector<int>{0});
}

TEST(Fit, SaysWhichShareCannotBeHeldOut) {
  Sequential model = noisy_net();
  model.compile(adam_on_classes);
  EXPECT_EQ(message_of([&] { model.fit(data::moons({.size = 90}), {.validation_split = 0.001}); }),
            "0.001 of 90 examples can't be held out\n"
            "  of       validation_split, in a recipe [data] validation\n"
            "  to fix   choose a fraction that leaves at least one example on either side");
}

TEST(Fit, ResumedAfterAnyEpochGivesTheUninterruptedRunsBytes) {
  const TemporaryDirectory folder;
  const data::Dataset data = data::moons({.size = 90});
  const auto train = [&](const std::string& name, int epochs, bool resume) {
    Sequential model = noisy_net();
    model.compile(adam_on_classes);
    const History history =
        model.fit(data, {.epochs = epochs,
                         .batch_size = 16,
                         .validation_split = 0.2,
                         .callbacks = {EarlyStopping{.patience = 100},
                                       CSVLogger{.filename = folder / (name + ".csv")}},
                         .verbose = Verbosity::silent,
                         .checkpoints = folder / name,
                         .resume = resume});
    EXPECT_EQ(history.epoch.size(), static_cast<std::size_t>(epochs));
    model.save(folder / (name + ".safetensors"));
  };
  train("whole", 5, false);
  for (int stop = 1; stop < 5; ++stop) {
    const std::string name = "part" + std::to_string(stop);
    train(name, stop, true);
    train(name, 5, true);
    EXPECT_EQ(bytes_of_file(folder / (name + ".safetensors")),
              bytes_of_file(folder / "whole.safetensors"));
    EXPECT_EQ(bytes_of_file(folder / (name + ".csv")), bytes_of_file(folder / "whole.csv"));
    EXPECT_EQ(bytes_of_file(folder / (name + "/epoch-00005.safetensors")),
              bytes_of_file(folder / "whole/epoch-00005.safetensors"));
  }
}

struct KeepNotices {
  std::shared_ptr<std::vector<std::string>> notices;
  void on_notice(Run& run, const Notice& notice) {
    EXPECT_EQ(run.step(), 0) << "before training";
    notices->emplace_back(notice.what());
  }
};

TEST(Fit, ResumesFromTheCheckpointBeforeADamagedOne) {
  const TemporaryDirectory folder;
  const data::Dataset data = data::moons({.size = 40});
  const auto notices = std::make_shared<std::vector<std::string>>();
  const auto train = [&](int epochs) {
    Sequential model = noisy_net();
    model.compile(adam_on_classes);
    model.fit(data, {.epochs = epochs,
                     .callbacks = {KeepNotices{notices}},
                     .verbose = Verbosity::silent,
                     .checkpoints = folder / "run",
                     .resume = true});
  };
  train(3);
  const auto newest = folder / "run/epoch-00003.safetensors";
  const std::string whole = bytes_of_file(newest);
  std::string damaged = whole;
  damaged[damaged.size() - 10] ^= 1;
  std::ofstream(newest, std::ios::binary) << damaged;
  EXPECT_TRUE(notices->empty());
  train(3);
  EXPECT_EQ(bytes_of_file(newest), whole);
  ASSERT_EQ(notices->size(), 1u);
  EXPECT_NE(notices->front().find(newest), std::string::npos) << notices->front();
}

TEST(Fit, OfABatchLargerThanTheDataTakesOneOfAll) {
  const auto notices = std::make_shared<std::vector<std::string>>();
  const auto weights_after = [&](std::int64_t batch_size) {
    Sequential model{Input{2}, Dense{.units = 1}};
    model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
    model.fit(regression(6), {.epochs = 2,
                              .batch_size = batch_size,
                              .callbacks = {KeepNotices{notices}},
                              .verbose = Verbosity::silent});
    return model.weight("dense/kernel");
  };
  const Tensor exact = weights_after(6);
  EXPECT_TRUE(notices->empty());
  EXPECT_EQ(weights_after(100), exact);
  EXPECT_EQ(notices->size(), 1u);
}

/// Moments along an axis for which no kernel was made.
struct CenteredColumns {
  std::string name = {};
  Value call(Scope&, Value x) const {
    const Value images = reshape(x, {batch, 20, 30, 40});
    return reshape(images - moments(images, {2}, true).mean, x.shape());
  }
  static void fields(auto&& field) { field("name", &CenteredColumns::name); }
};

TEST(Fit, NotesHeavyWorkOnReferenceKernels) {
  const auto notices = std::make_shared<std::vector<std::string>>();
  const auto fit = [&](Sequential model, std::int64_t examples, BackendKind backend) {
    model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}, .backend = backend});
    const auto data = data::from_tensors(Tensor(DType::float32, {examples, 24000}),
                                         Tensor(DType::float32, {examples, 1}));
    model.fit(data, {.batch_size = examples,
                     .callbacks = {KeepNotices{notices}},
                     .verbose = Verbosity::silent});
  };
  fit({Input{24000}, Dense{.units = 1}}, 64, BackendKind::cpu);
  fit({Input{24000}, CenteredColumns{}, Dense{.units = 1}}, 2, BackendKind::cpu);
  fit({Input{24000}, CenteredColumns{}, Dense{.units = 1}}, 64, BackendKind::reference);
  EXPECT_TRUE(notices->empty()) << notices->front();
  fit({Input{24000}, CenteredColumns{}, Dense{.units = 1}}, 64, BackendKind::cpu);
  ASSERT_EQ(notices->size(), 1u);
  // 64 · 24,000 elements, each with four operations for the moments and one for the subtraction.
  EXPECT_EQ(notices->front(),
            "the program is slow: 2 steps with much work run on reference kernels, plain loops on "
            "one thread\n"
            "  centered_columns   moments, 0.00614 GFLOP    not simd: the axes are neither all but "
            "the last, nor the last, nor the positions\n"
            "  centered_columns   subtract, 0.00154 GFLOP   not fused: operand 1 is broadcast in "
            "its middle\n"
            "  to fix             use another op, or other shapes or dtypes of its operands");
}

TEST(Fit, RefusesToResumeAnotherTraining) {
  const TemporaryDirectory folder;
  const data::Dataset data = data::moons({.size = 40});
  const auto train = [&](CompileOptions options) {
    Sequential model = noisy_net();
    model.compile(options);
    model.fit(data, {.verbose = Verbosity::silent, .checkpoints = folder / "run", .resume = true});
  };
  train(adam_on_classes);
  CompileOptions other = adam_on_classes;
  other.seed = 8;
  EXPECT_EQ(
      message_of([&] { train(other); }),
      "the checkpoint is of another training: not of the same seed\n"
      "  checkpoint   " +
          folder / "run/epoch-00001.safetensors" +
          "\n"
          "  there        7\n"
          "  here         8\n"
          "  to fix       resume with the settings it was begun with, or begin anew in another "
          "directory");
}

TEST(Model, LoadsWhatItSaved) {
  const TemporaryDirectory folder;
  Sequential model = noisy_net();
  model.compile(adam_on_classes);
  const data::Dataset data = data::moons({.size = 60});
  model.fit(data, {.epochs = 2, .verbose = Verbosity::silent});
  model.set_class_names({"upper", "lower"});
  model.save(folder / "model.safetensors");

  Model back = Model::load(folder / "model.safetensors");
  EXPECT_EQ(back.class_names(), model.class_names());
  EXPECT_EQ(back.to_config(), model.to_config());
  EXPECT_EQ(back.weight_names(), model.weight_names());
  const Tensor x(Shape{3, 2}, std::vector<float>{0, 1, -1, 0.5, 2, 2});
  EXPECT_EQ(back.predict(x), model.predict(x));
  // It trains on.
  back.compile(adam_on_classes);
  const double before = back.evaluate(data).loss;
  EXPECT_NEAR(before, model.evaluate(data).loss, 1e-6);
  back.fit(data, {.epochs = 20, .verbose = Verbosity::silent});
  EXPECT_LT(back.evaluate(data).loss, before);
}

TEST(Model, RefusesFilesThatAreNoModels) {
  const TemporaryDirectory folder;
  EXPECT_THROW(Model::load(folder / "missing"), FileError);
  std::ofstream(folder / "text") << "this is no safetensors file, it only looks long enough";
  EXPECT_THROW(Model::load(folder / "text"), FileError);
}

struct Counter {
  int* epochs;
  int* batches;
  void on_train_batch_end(Run&, const Logs&) { ++*batches; }
  void on_epoch_end(Run& run, const Logs& logs) {
    ++*epochs;
    EXPECT_TRUE(logs.find("val_accuracy"));
    EXPECT_EQ(run.step(), run.steps());
    if (run.epoch() == 1) run.stop();
  }
};

TEST(Callbacks, AreCalledAndMayStopAFit) {
  int epochs = 0, batches = 0;
  Sequential model = noisy_net();
  model.compile(adam_on_classes);
  const data::Dataset data = data::moons({.size = 50});
  const History history = model.fit(data, {.epochs = 9,
                                           .batch_size = 16,
                                           .validation_data = data,
                                           .callbacks = {Counter{&epochs, &batches}},
                                           .verbose = Verbosity::silent});
  EXPECT_EQ(epochs, 2);
  EXPECT_EQ(batches, 2 * 4);
  EXPECT_EQ(history.epoch, (std::vector<int>{0, 1}));
}

struct Watcher {
  void on_epoch_end(Run& run, const Logs&) {
    run.model().predict(Tensor(Shape{1, 2}, std::vector<float>{1, 2}));
  }
};

TEST(Callbacks, WatchingDoesNotChangeTraining) {
  const data::Dataset data = data::moons({.size = 50});
  const auto train = [&](std::vector<Callback> callbacks) {
    Sequential model = noisy_net();
    model.compile(adam_on_classes);
    model.fit(data, {.epochs = 3,
                     .validation_data = data,
                     .callbacks = std::move(callbacks),
                     .verbose = Verbosity::silent});
    return model.weight("dense/kernel");
  };
  const Tensor alone = train({});
  EXPECT_EQ(alone, train({Watcher{}}));
}

TEST(Fit, StopsAtTheStepWhereTheLossIsNoNumber) {
  // Each step multiplies the prediction by 1 − 4e8: its square in the fourth is above 1e50.
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = 1e8}, .loss = MeanSquaredError{}});
  const auto data = data::from_tensors(Tensor(Shape{10, 1}, std::vector<float>(10, 1.0f)),
                                       Tensor(DType::float32, {10, 1}));
  EXPECT_EQ(message_of([&] {
              model.fit(
                  data,
                  {.epochs = 2, .batch_size = 2, .shuffle = false, .verbose = Verbosity::silent});
            }),
            "training diverged: the loss is inf\n"
            "  epoch           1 of 2\n"
            "  step            4 of 5\n"
            "  learning_rate   1e+08\n"
            "  to fix          lower the learning rate, or look for numbers that are not finite or "
            "very large in the data");
}

TEST(Fit, SeesThatTheLastStepOfAnEpochSpoiltTheWeights) {
  // The loss of the only step is finite, 1e36; the gradient times the rate is not.
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = 1e30}, .loss = MeanSquaredError{}});
  const auto data = data::from_tensors(Tensor(Shape{1, 1}, std::vector<float>{1}),
                                       Tensor(Shape{1, 1}, std::vector<float>{1e18f}));
  EXPECT_EQ(message_of([&] { model.fit(data, {.verbose = Verbosity::silent}); }).substr(0, 62),
            "training diverged: dense/kernel holds numbers that are not fin");
}

/// Data that take their time.
struct SlowLine {
  static constexpr int milliseconds = 2;

  std::int64_t size() const { return 6; }
  data::Spec spec() const { return {{DType::float32, {1}}, {DType::float32, {1}}}; }
  void read(std::int64_t index, const data::Slot& slot) const {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    slot.features_as<float>()[0] = slot.target_as<float>()[0] = static_cast<float>(index);
  }
};

TEST(Fit, TellsHowLongItWaitedForData) {
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = 1e-3}, .loss = MeanSquaredError{}});
  struct Watch {
    std::vector<double>& shares;
    std::vector<double>& seconds;
    void on_epoch_end(sloy::Run& run, const Logs&) {
      shares.push_back(run.data_wait());
      seconds.push_back(run.seconds());
    }
  };
  std::vector<double> shares, seconds;
  model.fit(SlowLine{}, {.epochs = 2,
                         .batch_size = 1,
                         .callbacks = {Watch{shares, seconds}},
                         .workers = 0,
                         .verbose = Verbosity::silent});
  ASSERT_EQ(shares.size(), 2u);
  for (std::size_t epoch = 0; epoch < 2; ++epoch) {
    // Six batches were waited for one after the other.
    EXPECT_GE(shares[epoch] * seconds[epoch], 6e-3 * SlowLine::milliseconds);
    EXPECT_LE(shares[epoch], 1) << "of this epoch alone";
  }
}

TEST(FitErrors, ComeBeforeTheFirstStep) {
  const data::Dataset classes = data::moons({.size = 20});
  const auto fit = [&](Sequential model, Loss loss, const data::Dataset& data,
                       FitOptions options = {}) {
    options.verbose = Verbosity::silent;
    model.compile({.optimizer = SGD{}, .loss = std::move(loss)});
    model.fit(data, options);
  };
  EXPECT_EQ(message_of([&] {
              fit({Input{3}, Dense{.units = 2}}, SparseCategoricalCrossentropy{.from_logits = true},
                  classes);
            }),
            "the examples have another shape than the model's input\n"
            "  example   (2)\n"
            "  input     (3)\n"
            "  to fix    reshape the data, or begin a new model with Input{2}");
  EXPECT_THROW(
      fit({Input{2}, Dense{.units = 2}}, CategoricalCrossentropy{.from_logits = true}, classes),
      ShapeError);
  EXPECT_THROW(fit({Input{2}, Dense{.units = 3}}, MeanSquaredError{}, regression(4)), ShapeError);
  EXPECT_THROW(fit({Input{2}, Dense{.units = 1}}, MeanSquaredError{}, data::Dataset{}), DataError);
  EXPECT_EQ(message_of([&] {
              fit({Input{2}, Dense{.units = 1}}, MeanSquaredError{}, regression(4),
                  {.callbacks = {EarlyStopping{}}});
            }),
            "EarlyStopping monitors 'val_loss', which this training doesn't have\n"
            "  figures   loss\n"
            "  to fix    hold out data to validate on, or monitor another figure");
  Sequential never_compiled{Input{2}, Dense{.units = 1}};
  EXPECT_THROW(never_compiled.fit(regression(4)), ConfigError);
}

TEST(Evaluate, CountsTheConfusion) {
  Sequential model{Input{3}, Activation{linear}};
  model.compile(
      {.loss = SparseCategoricalCrossentropy{.from_logits = true}, .metrics = {Accuracy{}}});
  // Scores are the features: predicted 0, 1, 2, 2, 0 for the labels 0, 1, 1, 2, 2.
  const auto data = data::from_tensors(
      Tensor(Shape{5, 3}, std::vector<float>{9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 9, 9, 0, 0}),
      Tensor(Shape{5}, std::vector<std::int32_t>{0, 1, 1, 2, 2}));
  const Evaluation evaluation = model.evaluate(data, {.batch_size = 2, .confusion_matrix = true});
  ASSERT_TRUE(evaluation.confusion_matrix);
  EXPECT_EQ(*evaluation.confusion_matrix,
            Tensor(Shape{3, 3}, std::vector<double>{1, 0, 0, 0, 1, 1, 1, 0, 1}));
  EXPECT_DOUBLE_EQ(evaluation.logs["accuracy"], 0.6);
}

}  // namespace
}  // namespace sloy
