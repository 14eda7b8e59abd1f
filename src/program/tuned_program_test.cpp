// Programs whose kernels were chosen by their time, on the CPU's own kernels.
#include <gtest/gtest.h>
#include <sloy/layers.h>
#include <sloy/losses.h>
#include <sloy/model.h>
#include <sloy/program.h>

#include <cstdlib>
#include <filesystem>

#include "harness/process.h"
#include "passes/tuning.h"
#include "passes/tuning_file.h"

namespace sloy {
namespace {

/// Says of the first candidate, the rule's own, that it is the fastest, or of the last.
class Biased final : public KernelTimer {
 public:
  explicit Biased(bool first) : first_(first) {}
  std::vector<double> seconds(const Request&, std::span<const Candidate> candidates) override {
    std::vector<double> all(candidates.size(), 2);
    (first_ ? all.front() : all.back()) = 1;
    return all;
  }

 private:
  bool first_;
};

Tuning biased(KernelTimer& timer) {
  auto impl = std::make_shared<Tuning::Impl>();
  impl->timer = &timer;
  return Tuning(std::move(impl));
}

const data::Spec spec{{DType::float32, {16, 16, 16}}, {DType::int32, {}}, 10, {}};

/// Three steps of a small convolutional network.
struct Trained {
  Plan plan;
  State state;

  std::vector<std::byte> bytes() const { return {state.bytes().begin(), state.bytes().end()}; }
};
Trained train(const Tuning& tuning) {
  const Sequential model{Input{16, 16, 16},
                         Conv2D{.filters = 32, .kernel_size = 3, .activation = relu},
                         Conv2D{.filters = 32, .kernel_size = 3},
                         MaxPool2D{},
                         Flatten{},
                         Dense{.units = 10}};
  Model trained = model;
  trained.compile({.loss = SparseCategoricalCrossentropy{.from_logits = true}, .tuning = tuning});
  const Program program = trained.training_program(spec, 16);
  State state(program.variables(), {.seed = 3});
  Tensor x(DType::float32, {16, 16, 16, 16}), y(DType::int32, {16});
  WeightRandom(1, "x").uniform(x.mutable_values<float>(), 0, 1);
  const std::vector<const void*> feeds{x.data(), y.data()};
  const Step step = program.step(16);
  for (int i = 0; i < 3; ++i) step.run(state, feeds);
  return {step.plan(), std::move(state)};
}

std::vector<std::string> kernels_of(const Plan& plan) {
  std::vector<std::string> kernels;
  for (const Plan::Step& step : plan.steps) kernels.push_back(step.op + ": " + step.kernel);
  return kernels;
}

TEST(TunedProgram, TheSameChoicesGiveTheSameBits) {
  Biased first(true);
  const Trained by_rule = train({}), by_time = train(biased(first));
  EXPECT_EQ(kernels_of(by_time.plan), kernels_of(by_rule.plan));
  EXPECT_EQ(by_time.bytes(), by_rule.bytes());
  int tuned = 0;
  for (const Plan::Step& step : by_time.plan.steps) tuned += step.tuned;
  EXPECT_GE(tuned, 5) << "convolutions and their gradients have several kernels";
  for (const Plan::Step& step : by_rule.plan.steps) EXPECT_FALSE(step.tuned);
}

/// Every other kernel computes the same, to rounding.
TEST(TunedProgram, TheLastKernelsLearnAsTheFirst) {
  Biased last(false);
  const Trained by_rule = train({}), by_time = train(biased(last));
  EXPECT_NE(kernels_of(by_time.plan), kernels_of(by_rule.plan));
  const Variables& variables = *by_rule.state.variables();
  for (VariableId id = 0; id < variables.size(); ++id) {
    if (variables[id].role != Role::parameter) continue;
    const Tensor expected = by_rule.state.get(id), got = by_time.state.get(id);
    for (std::int64_t i = 0; i < got.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      ASSERT_NEAR(got.values<float>()[at], expected.values<float>()[at], 1e-5)
          << variables[id].name;
    }
  }
}

TEST(TunedProgram, RepeatsItsRecord) {
  const harness::TemporaryDirectory directory;
  const std::string file = directory / "tuning.json";
  Biased last(false);
  const Tuning measured = biased(last);
  const Trained original = train(measured);
  measured.save(file);
  const Tuning recorded = Tuning::recorded(file);
  const Trained again = train(recorded);
  EXPECT_EQ(kernels_of(again.plan), kernels_of(original.plan));
  EXPECT_EQ(again.bytes(), original.bytes());
  EXPECT_EQ(recorded.choices(), measured.choices());
  EXPECT_TRUE(recorded.complaints().empty());
}

TEST(TunedProgram, CachesWhereTheSystemKeepsSuch) {
  const harness::TemporaryDirectory directory;
  const char* before = std::getenv("XDG_CACHE_HOME");
  const std::string kept = before ? before : "";
  setenv("XDG_CACHE_HOME", directory.path().c_str(), 1);
  const Tuning tuning = Tuning::cached();
  before ? setenv("XDG_CACHE_HOME", kept.c_str(), 1) : unsetenv("XDG_CACHE_HOME");
  train(tuning);
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path() / "sloy")) {
    found.push_back(entry.path());
  }
  ASSERT_EQ(found.size(), 1U);
  const TuningFile content = read_tuning(found[0]);
  EXPECT_EQ(content.machine, cpu_backend().machine());
  EXPECT_EQ(content.choices.size(), tuning.choices().size());
  EXPECT_GE(content.choices.size(), 5U);
  for (const TunedChoice& choice : content.choices) EXPECT_GT(choice.seconds, 0) << choice.node;
}

}  // namespace
}  // namespace sloy
