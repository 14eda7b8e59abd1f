/// What the benchmark workloads are compiled into: every node has a kernel made for it.
#include <gtest/gtest.h>
#include <sloy/op.h>
#include <sloy/program.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/cli/workloads.h"
#include "graph/form.h"
#include "passes/backend.h"
#include "program/executable.h"

namespace sloy {
namespace {

using cli::Workload;

struct Fed {
  Value features;
  Value target;
};

Fed feed(Graph& graph, const data::Spec& spec) {
  auto batched = [](const Type& type) {
    Shape shape{batch};
    for (const Dim& dim : type.shape) shape.push_back(dim);
    return Type{type.dtype, shape};
  };
  return {graph.input("features", batched(spec.features[0])),
          graph.input("target", batched(spec.targets[0]))};
}

/// What of a workload has to be fast: predictions, loss and metric without training.
Program inference(const Workload& workload, const std::shared_ptr<Variables>& variables,
                  std::int64_t batch_size) {
  Graph graph(variables);
  Build build(graph, false);
  const Fed fed = feed(graph, workload.spec());
  const Model model = workload.make();
  const CompileOptions options = workload.compile_options();
  const Value prediction = model(build, fed.features);
  ProgramOptions wanted{.outputs = {prediction, options.loss[0].value(fed.target, prediction)},
                        .batch_size = batch_size};
  if (workload.spec().num_classes > 0) {
    const std::vector<Value> sums = Metric(Accuracy{})
                                        .call({.target = fed.target,
                                               .prediction = prediction,
                                               .kind = options.loss[0].value.prediction()});
    wanted.outputs.insert(wanted.outputs.end(), sums.begin(), sums.end());
  }
  return compile(wanted);
}

std::string on_reference(const Plan& plan) {
  std::set<std::string> found;
  for (const Plan::Step& step : plan.steps) {
    if (step.kernel != "reference") continue;
    std::string text = step.op + " of " + step.path + ":";
    for (const std::string& operand : step.operands) text += ' ' + operand;
    for (const auto& [offer, reason] : step.refused) text += "; not " + offer + ": " + reason;
    found.insert(text + '\n');
  }
  std::string all;
  for (const std::string& text : found) all += text;
  return all;
}

class EachWorkload : public testing::TestWithParam<Workload> {};

TEST_P(EachWorkload, RunsNoReferenceKernel) {
  const Workload& workload = GetParam();
  Model model = workload.make();
  CompileOptions options = workload.compile_options();
  if (workload.spec().num_classes > 0) options.metrics = {Accuracy{}};
  model.compile(options);
  const std::int64_t odd_rest = workload.batch_size / 2 - 1;
  const Program training = model.training_program(workload.spec(), workload.batch_size);
  EXPECT_EQ(on_reference(training.plan()), "");
  EXPECT_EQ(on_reference(training.plan(odd_rest)), "");
  const Program evaluation = inference(workload, training.variables(), workload.batch_size);
  EXPECT_EQ(on_reference(evaluation.plan()), "");
  const Program prediction = inference(workload, std::make_shared<Variables>(), 1);
  EXPECT_EQ(on_reference(prediction.plan()), "");
  EXPECT_FALSE(training.plan().steps.empty());
}

/// Else every update would have to bring one of them into the other's form.
TEST(Workloads, SlotsLieInTheFormOfTheirParameter) {
  const Workload& convnet = cli::find_workload("W3");
  Model model = convnet.make();
  model.compile(convnet.compile_options());
  const Program training = model.training_program(convnet.spec(), convnet.batch_size);
  training.step(convnet.batch_size);
  const Variables& variables = *training.variables();
  int blocked = 0;
  for (VariableId id = 0; id < variables.size(); ++id) {
    if (variables[id].follows < 0) continue;
    const std::optional<Layout>& layout = variables.form().layout(variables[id].follows);
    EXPECT_EQ(variables.form().layout(id), layout) << variables[id].name;
    blocked += layout && !layout->is_plain();
  }
  EXPECT_GT(blocked, 0) << "no parameter of the convnet lies in blocks";
}

bool is_convolution(const Plan::Step& step) { return step.op.starts_with("convolution"); }

/// The reorders of activations that lie between the first and the last convolution, forwards, and
/// between the first and the last gradient of one, backwards.
std::string reorders_between_convolutions(const Plan& plan) {
  std::string found;
  for (const Phase phase : {Phase::forward, Phase::backward}) {
    std::size_t first = plan.steps.size(), last = 0;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      if (plan.steps[i].phase != phase || !is_convolution(plan.steps[i])) continue;
      first = std::min(first, i);
      last = i;
    }
    for (const Plan::Reorder& reorder : plan.reorders) {
      if (reorder.of_weight || reorder.step < first || reorder.step > last) continue;
      if (reorder.value.starts_with("input ")) continue;  // the images, which come plain
      found += reorder.value + ": " + reorder.from + " to " + reorder.to + "\n";
    }
  }
  return found;
}

/// Layouts end to end: what one convolution writes, with all that is done to it, is what the next
/// one reads. AlexNet's first convolution and pool lie plain where blocks are of 8 channels.
TEST(Workloads, NoActivationIsReorderedBetweenConvolutions) {
  std::vector<const char*> names{"W3", "W4", "W5", "W6b"};
  if (cpu_backend().block_width() == 16) names.push_back("W6a");
  for (const char* name : names) {
    const Workload& workload = cli::find_workload(name);
    Model model = workload.make();
    model.compile(workload.compile_options());
    const Program training = model.training_program(workload.spec(), workload.batch_size);
    EXPECT_EQ(reorders_between_convolutions(training.plan()), "") << name;
  }
}

/// What normalises a batch, forwards and backwards, is a loop through registers, whatever type the
/// activations are stored as.
TEST(Workloads, NormalisationsOfBlocksAreLoops) {
  if (cpu_backend().block_width() != 16) return;  // loops are over blocks of 16 channels
  for (const char* name : {"W4", "W5"}) {
    for (const auto precision : {NumericPrecision::float32, NumericPrecision::mixed_bfloat16}) {
      const Workload& workload = cli::find_workload(name);
      Model model = workload.make();
      CompileOptions options = workload.compile_options();
      options.precision = precision;
      model.compile(options);
      const Program training = model.training_program(workload.spec(), workload.batch_size);
      int loops = 0;
      for (const Plan::Step& step : training.plan().steps) {
        if (step.kernel != "fused") continue;
        EXPECT_FALSE(step.implementation.starts_with("blocked ")) << step.implementation;
        loops += step.implementation.starts_with("blocked-loop ");
      }
      EXPECT_GT(loops, 12) << name;
    }
  }
}

/// W5's kernels have a penalty, which doesn't mind how they lie. Only the input's gradient of a
/// direct convolution wants a kernel otherwise than the other passes.
TEST(Workloads, KernelsLieAsTheirConvolutionsWantThem) {
  const Workload& residual = cli::find_workload("W5");
  Model model = residual.make();
  model.compile(residual.compile_options());
  const Program training = model.training_program(residual.spec(), residual.batch_size);
  int of_weights = 0;
  for (const Plan::Reorder& reorder : training.plan().reorders) {
    if (!reorder.of_weight) continue;
    ++of_weights;
    for (const std::string& reader : reorder.readers) {
      EXPECT_TRUE(reader.starts_with("convolution_input_gradient")) << reader;
    }
  }
  EXPECT_LE(of_weights, 20) << "one a convolution at most";
}

INSTANTIATE_TEST_SUITE_P(Workloads, EachWorkload,
                         testing::ValuesIn(cli::workloads().begin(), cli::workloads().end()),
                         [](const auto& tested) { return std::string(tested.param.name); });

Program training(const char* name, std::int64_t batch_size, MemoryLimit limit = {},
                 const std::optional<OptimizerOptions>& of_optimizer = {}) {
  const Workload& workload = cli::find_workload(name);
  Model model = workload.make();
  CompileOptions options = workload.compile_options();
  options.memory_limit = limit;
  if (of_optimizer) options.optimizer = Optimizer(options.optimizer, *of_optimizer);
  model.compile(options);
  return model.training_program(workload.spec(), batch_size);
}

/// The gradients of VGG-16's dense layers, 411, 67 and 16 MB, are never whole: the arena is that of
/// the convolutions.
TEST(WorkloadMemory, GradientsOfLargeLayersAreUsedAsTheyAreMade) {
  const std::int64_t batch_size = 2;
  const Program program = training("W6b", batch_size);
  int joined = 0;
  for (const Plan::Step& step : program.plan(batch_size).steps) {
    joined += step.op == "product_update";
    EXPECT_TRUE(step.op != "product_update" || step.phase == Phase::update) << step.path;
  }
  EXPECT_EQ(joined, 3);
  const Executable& executable = program.executable(batch_size);
  constexpr std::size_t smallest = std::size_t{4096} * 1000 * 4;
  for (const Block& block : executable.memory().blocks) {
    const Node& node = executable.graph().nodes()[static_cast<std::size_t>(block.node)];
    EXPECT_TRUE(node.op->name() != "matmul" || block.bytes < smallest) << node.path;
  }
  EXPECT_LT(executable.memory().arena_bytes, 150'000'000);
}

/// Where their norm is needed first they are whole. Each is gone before the next one is made, and
/// the two large ones come when the activations are gone.
TEST(WorkloadMemory, GradientsOfLargeLayersLiveOneAtATime) {
  const std::int64_t batch_size = 2;
  const Program program = training("W6b", batch_size, {}, OptimizerOptions{.clipnorm = 1.0});
  const Executable& executable = program.executable(batch_size);
  constexpr std::size_t large = 16'000'000;
  std::vector<Block> gradients;
  std::size_t activations = 0;
  for (const Block& block : executable.memory().blocks) {
    const Node& node = executable.graph().nodes()[static_cast<std::size_t>(block.node)];
    if (node.op->name() != "matmul") {
      activations = std::max(activations, block.bytes);
      continue;
    }
    if (block.bytes >= large) gradients.push_back(block);
  }
  ASSERT_EQ(gradients.size(), 3u);
  for (const Block& a : gradients) {
    EXPECT_LE(a.last, a.first + 3) << "norm and update follow at once";
    for (const Block& b : gradients) {
      EXPECT_TRUE(&a == &b || a.last < b.first || b.last < a.first);
    }
  }
  EXPECT_GT(activations, large);
  // 25088 × 4096 numbers, and next to nothing beside them.
  constexpr std::size_t largest = std::size_t{25088} * 4096 * 4;
  EXPECT_LT(executable.memory().arena_bytes, largest + largest / 20);
}

TEST(WorkloadMemory, ResNetTrainsInAThirdOfItsArena) {
  const Plan free_plan = training("W5", 64).plan();
  const std::size_t third = free_plan.arena_bytes / 3;
  const std::size_t limit = free_plan.total_bytes() - free_plan.arena_bytes + third;
  const Plan plan = training("W5", 64, limit).plan();
  EXPECT_LE(plan.arena_bytes, third);
  EXPECT_EQ(plan.arena_bytes + plan.saved_bytes, free_plan.arena_bytes);
  EXPECT_GT(plan.flops_again, 0);
  EXPECT_LT(plan.flops_again, free_plan.flops / 3) << "the forward part is a third of a step";
}

/// A penalty on a kernel reads it before the convolution does, and takes it in any form.
TEST(WorkloadMemory, PenaltiesLeaveKernelsInTheConvolutionsForm) {
  const Plan plan = training("W5", 64).plan();
  for (const Plan::Step& step : plan.steps) {
    if (step.op != "reorder") continue;
    EXPECT_EQ(step.operands[0].find("(3, 3, 512, 512)"), std::string::npos)
        << step.path << ": " << step.operands[0] << " to " << step.operands[1];
  }
}

}  // namespace
}  // namespace sloy
