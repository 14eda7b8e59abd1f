// Memory limits: how they are written, what a program that keeps to one computes, and what is said
// where none can.
#include <gtest/gtest.h>
#include <sloy/error.h>
#include <sloy/ops.h>
#include <sloy/program.h>

#include <algorithm>
#include <numeric>

#include "passes/lower.h"
#include "program/executable.h"

namespace sloy {
namespace {

std::size_t read(const Config& config) {
  MemoryLimit limit;
  from_config(config, limit);
  return limit.bytes;
}

TEST(MemoryLimit, IsAWholeNumberOrATextWithAUnit) {
  EXPECT_EQ(read(1234), 1234u);
  EXPECT_EQ(read(6e8), 600'000'000u);
  EXPECT_EQ(read("1234"), 1234u);
  EXPECT_EQ(read("7B"), 7u);
  EXPECT_EQ(read("600MB"), 600'000'000u);
  EXPECT_EQ(read("1.5GB"), 1'500'000'000u);
  EXPECT_EQ(read("512MiB"), 536'870'912u);
  EXPECT_EQ(read("2 gib"), 2'147'483'648u);
  EXPECT_EQ(read(to_config(MemoryLimit(1234))), 1234u);
}

TEST(MemoryLimit, RefusesWhatIsNoNumberOfBytes) {
  for (const Config& config : {Config("much"), Config("12 parsecs"), Config("-1MB"), Config(-1),
                               Config(""), Config("1e3MB"), Config("nan"), Config("99999999TB")}) {
    EXPECT_THROW(read(config), ConfigError) << to_json(config);
  }
}

/// Ten layers of tanh(x·w) with dropout between them, learning by gradient descent; and a statistic
/// that moves, as those of batch normalisation do.
struct Chain {
  static constexpr std::int64_t width = 64;
  static constexpr int layers = 10;
  Graph graph;
  ProgramOptions options;

  Chain() {
    Value x = graph.input("x", {DType::float32, {batch, width}});
    std::vector<VariableId> ids;
    std::vector<Value> weights;
    for (int i = 0; i < layers; ++i) {
      Variable weight{.name = "w" + std::to_string(i), .type = {DType::float32, {width, width}}};
      weight.initial = [i](std::uint64_t) {
        Tensor numbers(DType::float32, {width, width});
        for (std::int64_t k = 0; k < numbers.size(); ++k) {
          numbers.mutable_values<float>()[static_cast<std::size_t>(k)] =
              0.01f * static_cast<float>((k * 7919 + i * 31) % 61 - 30);
        }
        return numbers;
      };
      ids.push_back(graph.variables().add(std::move(weight)));
      weights.push_back(graph.variable(ids.back()));
      x = tanh(matmul(x, weights.back()));
      x = x * (sigmoid(x) + 0.5);
    }
    const VariableId moved = graph.variables().add(
        {.name = "moved", .type = {DType::float32, {}}, .role = Role::statistic});
    Value loss = mean(x * x);
    options.outputs = {loss};
    std::vector<Value> gradients = gradient(loss, weights);
    for (int i = 0; i < layers; ++i) {
      const auto place = static_cast<std::size_t>(i);
      options.updates.push_back({ids[place], weights[place] - 0.1 * gradients[place]});
    }
    options.updates.push_back({moved, graph.variable(moved) + loss});
    options.batch_size = 512;
  }
};

/// Losses and all variables of five steps.
std::vector<std::vector<std::byte>> run_steps(const Program& program) {
  Tensor x(DType::float32, {512, Chain::width});
  for (std::int64_t k = 0; k < x.size(); ++k) {
    x.mutable_values<float>()[static_cast<std::size_t>(k)] =
        0.02f * static_cast<float>((k * 104729) % 101 - 50);
  }
  State state(program.variables());
  std::vector<std::vector<std::byte>> seen;
  for (int step = 0; step < 5; ++step) {
    const Tensor loss = program.run(state, {x})[0];
    seen.emplace_back(loss.data(), loss.data() + loss.bytes());
    seen.emplace_back(state.bytes().begin(), state.bytes().end());
  }
  return seen;
}

TEST(MemoryLimit, IsKeptByComputingAgainWithEqualBits) {
  Chain free_chain;
  const Program free_program = compile(free_chain.options);
  const Plan& free_plan = free_program.plan();
  EXPECT_EQ(free_plan.saved_bytes, 0u);
  EXPECT_EQ(free_plan.flops_again, 0);

  Chain chain;
  chain.options.memory_limit = free_plan.total_bytes() - free_plan.arena_bytes / 2;
  const Program program = compile(chain.options);
  const Plan& plan = program.plan();
  EXPECT_LE(plan.total_bytes(), chain.options.memory_limit.bytes);
  EXPECT_EQ(plan.arena_bytes + plan.saved_bytes, free_plan.arena_bytes);
  EXPECT_GT(plan.flops_again, 0);
  EXPECT_NEAR(plan.flops - plan.flops_again, free_plan.flops, 1e-6 * free_plan.flops);
  EXPECT_GT(plan.seconds(100, 10), free_plan.seconds(100, 10));
  EXPECT_EQ(run_steps(program), run_steps(free_program));
}

/// Copies are made right before what reads them: of the forward part nothing is computed again
/// before the backward part has begun, and then no two copies wait for long.
TEST(MemoryLimit, ComputesAgainAsLateAsItMay) {
  Chain chain;
  const Plan free_plan = compile(chain.options).plan();
  Chain limited;
  limited.options.memory_limit = free_plan.total_bytes() - free_plan.arena_bytes / 2;
  const Plan plan = compile(limited.options).plan();
  bool backward = false;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    backward = backward || plan.steps[i].phase != Phase::forward;
    if (!plan.steps[i].again) continue;
    EXPECT_TRUE(backward) << "step " << i;
    EXPECT_EQ(plan.steps[i].phase, Phase::forward);
  }
}

TEST(MemoryLimit, ThatIsRoomyChangesNothing) {
  Chain chain;
  const Plan free_plan = compile(chain.options).plan();
  Chain roomy;
  roomy.options.memory_limit = free_plan.total_bytes();
  const Plan plan = compile(roomy.options).plan();
  EXPECT_EQ(plan.saved_bytes, 0u);
  EXPECT_EQ(plan.steps.size(), free_plan.steps.size());
}

TEST(MemoryLimit, ThatCannotBeMetIsRefusedWithTheLeastThatCan) {
  Chain chain;
  chain.options.memory_limit = 1000;
  std::size_t least = 0;
  try {
    static_cast<void>(compile(chain.options));
    FAIL() << "1000 bytes are too few";
  } catch (const MemoryLimitError& error) {
    least = error.least_bytes();
    EXPECT_NE(error.sentence().find("can't be met: a step takes"), std::string::npos);
    EXPECT_NE(error.fix().find("raise the limit to"), std::string::npos);
    const std::vector<Note>& notes = error.notes();
    EXPECT_TRUE(std::any_of(notes.begin(), notes.end(),
                            [](const Note& note) { return note.label == "set by"; }));
  }
  Chain enough;
  enough.options.memory_limit = least;
  EXPECT_LE(compile(enough.options).plan().total_bytes(), least);
  Chain too_few;
  too_few.options.memory_limit = least - 1;
  EXPECT_THROW(static_cast<void>(compile(too_few.options)), ConfigError);
}

/// The size of batches is not known yet: what is too large is refused when it is met.
TEST(MemoryLimit, IsForTheBatchesThatAreMet) {
  Chain chain;
  const std::size_t bytes = compile(chain.options).plan().total_bytes();
  Chain open;
  open.options.batch_size = 0;
  open.options.memory_limit = bytes;
  const Program program = compile(open.options);
  EXPECT_LE(program.plan(512).total_bytes(), bytes);
  EXPECT_THROW(program.plan(51200), ConfigError);
}

}  // namespace
}  // namespace sloy
