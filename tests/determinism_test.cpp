/// The same seed gives the same bytes: whatever reads the data, wherever the program runs, and
/// however often it is interrupted.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "harness/process.h"

namespace sloy {
namespace {

using harness::bytes_of_file;
using harness::Finished;
using harness::ProcessOptions;
using harness::run_sloy;
using harness::TemporaryDirectory;

/// A training with dropout, batch statistics and a last smaller batch. It prints more than a pipe
/// holds, so that it can't have ended when it is interrupted after its second epoch.
constexpr const char* recipe = R"(
seed = 3
[data]
name = "spirals"
validation = 0.1
[[model.layer]]
type = "Dense"
units = 32
activation = "relu"
[[model.layer]]
type = "BatchNormalization"
[[model.layer]]
type = "Dropout"
rate = 0.3
[[model.layer]]
type = "Dense"
units = 32
activation = "tanh"
[[model.layer]]
type = "Dense"
units = 2
[train]
epochs = 50
batch_size = 7
loss = { type = "SparseCategoricalCrossentropy", from_logits = true }
optimizer = { type = "Adam", learning_rate = 1e-3 }
metrics = ["Accuracy"]
callbacks = [{ type = "EarlyStopping", patience = 1000 },
             { type = "OneCycle", max_learning_rate = 1e-2 }]
)";

/// A convolutional net, with what dense ones don't reach: an image's three channels, blocked ones
/// and oneDNN's weight gradients, Winograd where the processor has it, pooling.
constexpr const char* convolutional_recipe = R"(
seed = 5
[data]
name = "spirals"
validation = 0.1
[[model.layer]]
type = "Dense"
units = 192
[[model.layer]]
type = "Reshape"
target_shape = [8, 8, 3]
[[model.layer]]
type = "Conv2D"
filters = 64
kernel_size = 3
padding = "same"
activation = "relu"
[[model.layer]]
type = "BatchNormalization"
[[model.layer]]
type = "Conv2D"
filters = 64
kernel_size = 3
padding = "same"
activation = "relu"
[[model.layer]]
type = "MaxPooling2D"
[[model.layer]]
type = "Conv2D"
filters = 16
kernel_size = 3
[[model.layer]]
type = "Dropout"
rate = 0.3
[[model.layer]]
type = "Flatten"
[[model.layer]]
type = "Dense"
units = 2
[train]
epochs = 12
batch_size = 50
loss = { type = "SparseCategoricalCrossentropy", from_logits = true }
optimizer = { type = "Adam", learning_rate = 1e-3 }
metrics = ["Accuracy"]
)";

class Trainings : public testing::Test {
 protected:
  explicit Trainings(const char* of = recipe) { std::ofstream(directory_ / "recipe.toml") << of; }

  Finished train(const std::string& out, std::vector<std::string> more = {},
                 const ProcessOptions& options = {}) const {
    std::vector<std::string> arguments{
        "train", directory_ / "recipe.toml", "--out", out, "--threads", "2", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_sloy(arguments, options);
  }
  std::string model(const std::string& out) const {
    return bytes_of_file(directory_.path() / out / "model.safetensors");
  }
  std::string at(const std::string& out) const { return directory_ / out; }

  TemporaryDirectory directory_;
};

TEST_F(Trainings, RepeatByteForByteInAnotherProcess) {
  ASSERT_EQ(train(at("a")).exit_code, 0);
  ASSERT_EQ(train(at("b")).exit_code, 0);
  EXPECT_EQ(model("a"), model("b"));
  const ProcessOptions elsewhere{
      .directory = directory_.path(),
      .environment = {"HOME=/nonexistent", "LC_ALL=ru_RU.UTF-8", "TZ=Asia/Tokyo",
                      "OMP_WAIT_POLICY=passive", "MALLOC_PERTURB_=85"}};
  ASSERT_EQ(train("c", {}, elsewhere).exit_code, 0);
  EXPECT_EQ(model("a"), model("c"));
  ASSERT_EQ(train(at("d"), {"--seed", "4"}).exit_code, 0);
  EXPECT_NE(model("a"), model("d"));
}

TEST_F(Trainings, AreTheSameForAnyNumberOfLoaderThreads) {
  for (const char* workers : {"0", "1", "4"}) {
    const Finished done = train(at(workers), {"--set", std::string("data.workers=") + workers});
    ASSERT_EQ(done.exit_code, 0) << done.err;
  }
  EXPECT_EQ(model("0"), model("1"));
  EXPECT_EQ(model("0"), model("4"));
}

class Interrupted : public Trainings, public testing::WithParamInterface<int> {};

TEST_P(Interrupted, GoOnToTheUninterruptedRunsBytes) {
  const Finished whole = train(at("whole"));
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  const Finished cut = train(at("cut"), {}, {.signal = GetParam(), .signal_after = "\"epoch\":2,"});
  EXPECT_EQ(cut.exit_code, 128 + GetParam());
  EXPECT_EQ(cut.out.find("\"done\""), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(at("cut/model.safetensors")));
  EXPECT_NE(cut.err.find("--out " + at("cut") + " --resume"), std::string::npos) << cut.err;
  const Finished again = train(at("cut"), {"--resume"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out.find("\"epoch\":2,"), std::string::npos) << "begun from the start";
  EXPECT_EQ(model("cut"), model("whole"));
}

INSTANTIATE_TEST_SUITE_P(By, Interrupted, testing::Values(SIGINT, SIGTERM), [](const auto& tested) {
  return tested.param == SIGINT ? "Interrupt" : "Termination";
});

TEST_F(Trainings, ThatAreKilledGoOnToo) {
  ASSERT_EQ(train(at("whole")).exit_code, 0);
  const Finished cut = train(at("cut"), {}, {.signal = SIGKILL, .signal_after = "\"epoch\":3,"});
  EXPECT_EQ(cut.exit_code, 128 + SIGKILL);
  ASSERT_EQ(train(at("cut"), {"--resume"}).exit_code, 0);
  EXPECT_EQ(model("cut"), model("whole"));
}

class ConvolutionalTrainings : public Trainings {
 protected:
  ConvolutionalTrainings() : Trainings(convolutional_recipe) {}
};

TEST_F(ConvolutionalTrainings, RepeatByteForByteForAnyNumberOfLoaderThreads) {
  ASSERT_EQ(train(at("whole")).exit_code, 0);
  for (const char* workers : {"0", "1", "4"}) {
    const Finished done = train(at(workers), {"--set", std::string("data.workers=") + workers});
    ASSERT_EQ(done.exit_code, 0) << done.err;
    EXPECT_EQ(model(workers), model("whole")) << workers << " threads";
  }
  ASSERT_EQ(train(at("other"), {"--seed", "6"}).exit_code, 0);
  EXPECT_NE(model("other"), model("whole"));
}

TEST_F(ConvolutionalTrainings, GoOnToTheUninterruptedRunsBytes) {
  ASSERT_EQ(train(at("whole")).exit_code, 0);
  const Finished cut = train(at("cut"), {}, {.signal = SIGINT, .signal_after = "\"epoch\":2,"});
  ASSERT_EQ(cut.exit_code, 128 + SIGINT) << cut.err;
  const Finished again = train(at("cut"), {"--resume"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out.find("\"epoch\":2,"), std::string::npos) << "begun from the start";
  EXPECT_EQ(model("cut"), model("whole"));
}

TEST_F(Trainings, BeginWhereThereIsNothingToResume) {
  ASSERT_EQ(train(at("a")).exit_code, 0);
  ASSERT_EQ(train(at("b"), {"--resume"}).exit_code, 0);
  EXPECT_EQ(model("a"), model("b"));
}

}  // namespace
}  // namespace sloy
