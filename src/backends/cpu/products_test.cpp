/// Convolutions, products and reorders as programs run them, against the reference backend.
#include <gtest/gtest.h>
#include <sloy/ops.h>
#include <sloy/program.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "backends/cpu/machine.h"
#include "graph/form.h"

namespace sloy {
namespace {

Tensor random_tensor(Shape shape, double scale, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0f, static_cast<float>(scale));
  Tensor tensor(DType::float32, shape);
  for (float& value : tensor.mutable_values<float>()) value = normal(random);
  return tensor;
}

/// A small network that is trained by descent: image → two convolutions → two dense layers.
struct Network {
  Graph graph;
  std::vector<VariableId> weights;

  Value weight(std::string name, Shape shape) {
    Variable variable{.name = std::move(name), .type = {DType::float32, shape}};
    const double fan_in = static_cast<double>(shape.size()) / static_cast<double>(shape.size(-1));
    const auto seed = static_cast<unsigned>(weights.size());
    variable.initial = [=](std::uint64_t) {
      return random_tensor(shape, 1.0 / std::sqrt(fan_in), seed);
    };
    weights.push_back(graph.variables().add(variable));
    return graph.variable(weights.back());
  }

  ProgramOptions training_step(BackendKind backend) {
    Value x = graph.input("x", {DType::float32, {batch, 8, 8, 3}});
    Value target = graph.input("target", {DType::float32, {batch, 10}});
    const Window same3 = window(x.shape(), {3, 3}, {1, 1}, same);
    Value y = rectify(convolution(x, weight("k1", {3, 3, 3, 32}), {.window = same3}));
    y = rectify(convolution(y, weight("k2", {3, 3, 32, 64}), {.window = same3}));
    y = max_pool(y, {.pool_size = {4, 4}, .window = {.strides = {4, 4}}}).values;
    y = reshape(y, {batch, 256});
    y = rectify(matmul(y, weight("w1", {256, 64})) + weight("b1", {64}));
    y = matmul(y, weight("w2", {64, 10}));
    Value loss = mean(square(y - target));
    std::vector<Value> parameters;
    for (VariableId id : weights) parameters.push_back(graph.variable(id));
    const std::vector<Value> slopes = gradient(loss, parameters);
    ProgramOptions options{.outputs = {loss}, .batch_size = 8, .backend = backend};
    for (std::size_t i = 0; i < weights.size(); ++i) {
      options.updates.push_back({weights[i], parameters[i] - slopes[i] * 0.05});
    }
    return options;
  }
};

std::set<std::string> kernels_of(const Plan& plan, const std::string& op) {
  std::set<std::string> kernels;
  for (const Plan::Step& step : plan.steps) {
    if (step.op == op) kernels.insert(step.kernel);
  }
  return kernels;
}

TEST(Products, TrainAsTheReferenceDoes) {
  Network fast, slow;
  Program fast_step = compile(fast.training_step(BackendKind::cpu));
  Program slow_step = compile(slow.training_step(BackendKind::reference));
  State fast_state(fast_step.variables()), slow_state(slow_step.variables());
  for (unsigned step = 0; step < 3; ++step) {
    const std::vector<Tensor> feeds{random_tensor({8, 8, 8, 3}, 1.0, 10 + step),
                                    random_tensor({8, 10}, 1.0, 20 + step)};
    const double fast_loss = fast_step.run(fast_state, feeds)[0].item();
    const double slow_loss = slow_step.run(slow_state, feeds)[0].item();
    EXPECT_NEAR(fast_loss, slow_loss, 1e-5 * slow_loss);
  }
  for (std::size_t i = 0; i < fast.weights.size(); ++i) {
    const Tensor got = fast_state.get(fast.weights[i]);
    const Tensor expected = slow_state.get(slow.weights[i]);
    for (std::int64_t k = 0; k < got.size(); ++k) {
      const auto at = static_cast<std::size_t>(k);
      ASSERT_NEAR(got.values<float>()[at], expected.values<float>()[at], 2e-5)
          << fast.graph.variables()[fast.weights[i]].name;
    }
  }
}

TEST(Products, TakeTheKernelsMeantForThem) {
  Network network;
  const Program step = compile(network.training_step(BackendKind::cpu));
  const Plan& plan = step.plan();
  for (const char* op : {"convolution", "convolution_input_gradient", "convolution_kernel_gradient",
                         "matmul", "reorder"}) {
    EXPECT_FALSE(kernels_of(plan, op).contains("reference")) << op;
  }
  if (cpu::this_machine().instructions != cpu::InstructionSet::avx512) return;
  using Kernels = std::set<std::string>;
  EXPECT_EQ(kernels_of(plan, "convolution"), (Kernels{"onednn blocked", "winograd"}));
  EXPECT_EQ(kernels_of(plan, "convolution_input_gradient"), Kernels{"winograd"});
  EXPECT_EQ(kernels_of(plan, "matmul"), (Kernels{"panels", "simd tiny"}));
}

TEST(Products, MixedTrainingTakesWinogradAndLeavesWeightsItsForm) {
  Network network;
  ProgramOptions options = network.training_step(BackendKind::cpu);
  options.precision = NumericPrecision::mixed_bfloat16;
  const Program step = compile(options);
  if (cpu::this_machine().instructions == cpu::InstructionSet::baseline) return;
  if (!cpu::this_machine().amx) {
    EXPECT_TRUE(kernels_of(step.plan(), "convolution_kernel_gradient").contains("winograd"));
  }
  const StateForm& form = network.graph.variables().form();
  Network in_float32;
  compile(in_float32.training_step(BackendKind::cpu));
  const StateForm& expected = in_float32.graph.variables().form();
  for (std::size_t i = 0; i < network.weights.size(); ++i) {
    EXPECT_EQ(form.layout(network.weights[i]), expected.layout(in_float32.weights[i])) << i;
  }
  EXPECT_FALSE(form.layout(network.weights[1])->is_plain());
}

TEST(Products, AskingForDirectConvolutionKeepsWinogradAway) {
  Network network;
  ProgramOptions options = network.training_step(BackendKind::cpu);
  options.convolution = ConvolutionAlgorithm::direct;
  const Program step = compile(options);
  for (const Plan::Step& planned : step.plan().steps) {
    EXPECT_EQ(planned.implementation.find("wino"), std::string::npos);
  }
}

// A run's guard must see that training has diverged; oneDNN's own ReLU would hide it.
TEST(Products, NotANumberPassesThroughReLU) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {2, 64}});
  Value w = graph.input("w", {DType::float32, {64, 64}});
  Value b = graph.input("b", {DType::float32, {64}});
  const Program step = compile({.outputs = {rectify(matmul(x, w) + b)}, .batch_size = 1});
  State state(step.variables());
  Tensor bad(DType::float32, {2, 64});
  bad.mutable_values<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  const Tensor y =
      step.run(state, {bad, Tensor(DType::float32, {64, 64}), Tensor(DType::float32, {64})})[0];
  EXPECT_TRUE(std::isnan(y.values<float>()[0]));
  EXPECT_EQ(y.values<float>()[64], 0.0f);
}

TEST(Products, GroupsAndOddChannelsFindKernels) {
  for (const auto& [channels, filters, groups] : {std::tuple{32, 32, 32},
                                                  {32, 64, 2},
                                                  {6, 9, 3},
                                                  {5, 7, 1},
                                                  {16, 8, 1},
                                                  {20, 20, 20},
                                                  {16, 1, 1},
                                                  {20, 3, 1}}) {
    Graph graph;
    Value x = graph.input("x", {DType::float32, {2, 6, 6, channels}});
    Value k = graph.input("k", {DType::float32, {3, 3, channels / groups, filters}});
    Value y = convolution(x, k, {.groups = groups});
    const std::vector<Value> slopes = gradient(sum(square(y)), std::vector<Value>{x, k});
    const std::vector<Tensor> feeds{random_tensor({2, 6, 6, channels}, 1.0, 1),
                                    random_tensor({3, 3, channels / groups, filters}, 1.0, 2)};
    const Program step = compile({.outputs = {y, slopes[0], slopes[1]}, .batch_size = 1});
    State state(step.variables());
    const Results results = step.run(state, feeds);
    for (const Plan::Step& planned : step.plan().steps) {
      EXPECT_NE(planned.kernel, "reference") << planned.op << ' ' << channels << ' ' << groups;
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const Tensor expected = evaluate(i == 0 ? y : slopes[i - 1], feeds);
      for (std::size_t at = 0; at < results[i].values<float>().size(); ++at) {
        const float want = expected.values<float>()[at];
        ASSERT_NEAR(results[i].values<float>()[at], want, 1e-4 * (1.0f + std::abs(want)));
      }
    }
  }
}

TEST(Products, FewFiltersTakeOurOwnKernel) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {2, 6, 6, 16}});
  Value k = graph.input("k", {DType::float32, {3, 3, 16, 1}});
  Value y = convolution(x, k);
  const std::vector<Value> slopes = gradient(y, std::vector<Value>{k});
  const Program step = compile({.outputs = {y, slopes[0]}, .batch_size = 1});
  EXPECT_EQ(kernels_of(step.plan(), "convolution"), std::set<std::string>{"few results"});
  EXPECT_EQ(kernels_of(step.plan(), "convolution_kernel_gradient"),
            std::set<std::string>{"few results"});
}

TEST(Products, ADecoderConvolvesTheSmallImageUnlessAskedForTheFormula) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {2, 6, 6, 8}});
  Value k = graph.input("k", {DType::float32, {3, 3, 8, 4}});
  Value y = convolution(upsample(x, {2, 2}), k);
  ProgramOptions options{.outputs = {y}, .batch_size = 1};
  EXPECT_TRUE(kernels_of(compile(options).plan(), "upsample").empty());
  options.convolution = ConvolutionAlgorithm::direct;
  EXPECT_FALSE(kernels_of(compile(options).plan(), "upsample").empty());
}

// A prediction of one example: weights are read once, indices of the pool aren't written.
TEST(Products, OneExampleTakesKernelsOfItsOwn) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {batch, 8, 8, 64}});
  Value k = graph.input("k", {DType::float32, {3, 3, 64, 64}});
  Value w = graph.input("w", {DType::float32, {1024, 64}});
  Value b = graph.input("b", {DType::float32, {64}});
  Value y = convolution(x, k, {.window = window(x.shape(), {3, 3}, {1, 1}, same)});
  y = max_pool(rectify(y), {.pool_size = {2, 2}, .window = {.strides = {2, 2}}}).values;
  Value z = rectify(matmul(reshape(y, {batch, 1024}), w) + b);
  const std::vector<Tensor> feeds{random_tensor({1, 8, 8, 64}, 1.0, 1),
                                  random_tensor({3, 3, 64, 64}, 0.04, 2),
                                  random_tensor({1024, 64}, 0.03, 3), random_tensor({64}, 1.0, 4)};
  const Program program = compile({.outputs = {z}, .batch_size = 1});
  EXPECT_EQ(kernels_of(program.plan(), "matmul"), std::set<std::string>{"few rows"});
  State state(program.variables());
  const Tensor seen = program.run(state, feeds)[0];
  const Tensor expected = evaluate(z, feeds);
  for (std::size_t i = 0; i < 64; ++i) {
    ASSERT_NEAR(seen.values<float>()[i], expected.values<float>()[i], 1e-5);
  }
}

// The kernel lies as a larger batch's convolution has chosen.
TEST(Products, FewPixelsTakeTheFormThatTrainingChose) {
  if (cpu::this_machine().instructions == cpu::InstructionSet::baseline) return;
  Network network;
  Graph& graph = network.graph;
  Value x = graph.input("x", {DType::float32, {batch, 4, 4, 64}});
  Value y = convolution(x, network.weight("k", {3, 3, 64, 64}),
                        {.window = window(x.shape(), {3, 3}, {1, 1}, same)});
  const Program program = compile({.outputs = {y}});
  State state(program.variables(), {.seed = 1});
  const Tensor one = random_tensor({1, 4, 4, 64}, 1.0, 1);
  const Tensor seen = program.run(state, {one})[0];
  EXPECT_EQ(kernels_of(program.plan(1), "convolution"), std::set<std::string>{"few pixels"});
  for (const Plan::Step& step : program.plan(1).steps) {
    const bool is_of_kernel = step.operands[0].find("(3, 3") != std::string::npos;
    EXPECT_FALSE(step.op == "reorder" && is_of_kernel);
  }
  const Program reference = compile({.outputs = {y}, .backend = BackendKind::reference});
  const Tensor expected = reference.run(state, {one})[0];
  for (std::size_t i = 0; i < seen.values<float>().size(); ++i) {
    ASSERT_NEAR(seen.values<float>()[i], expected.values<float>()[i], 1e-4);
  }
}

}  // namespace
}  // namespace sloy
