#include <gtest/gtest.h>
#include <sloy/ops.h>
#include <sloy/program.h>

#include "passes/backend.h"
#include "tensor/layout.h"

namespace sloy {
namespace {

using Strings = std::vector<std::string>;

/// A convolution of images whose channels fill blocks, and its result as rows.
Program rows_of_convolution() {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {batch, 8, 8, 32}});
  const VariableId kernel =
      graph.variables().add({.name = "conv/kernel", .type = {DType::float32, {3, 3, 32, 32}}});
  const Value y = convolution(x, graph.variable(kernel));
  const Value rows = reshape(y, {y.dim(0), 6 * 6 * 32});
  return compile({.outputs = {rows * rows}, .batch_size = 4});
}

TEST(Reorders, SayWhatIsMovedForWhomAndWhy) {
  const Program program = rows_of_convolution();
  const Plan& plan = program.plan();
  ASSERT_EQ(plan.reorders.size(), 2U);
  const std::string blocked = to_string(channels_blocked(4, cpu_backend().block_width()));

  const Plan::Reorder& in = plan.reorders[0];
  EXPECT_FALSE(in.of_weight);
  EXPECT_EQ(in.value, "input x");
  EXPECT_EQ(in.type, "float32 (4, 8, 8, 32)");
  EXPECT_EQ(in.from, "plain");
  EXPECT_EQ(in.to, blocked);
  std::string kernel;
  for (const Plan::Step& step : plan.steps) {
    if (step.op == "convolution") kernel = step.kernel;
  }
  EXPECT_EQ(in.readers, Strings{"convolution: " + kernel + " takes it so"});
  EXPECT_EQ(plan.steps[in.step].op, "reorder");
  EXPECT_EQ(plan.steps[in.step].bytes, 2 * 4.0 * 4 * 8 * 8 * 32);

  const Plan::Reorder& out = plan.reorders[1];
  EXPECT_FALSE(out.of_weight);
  EXPECT_EQ(out.value, "convolution");
  EXPECT_EQ(out.from, blocked);
  EXPECT_EQ(out.to, "plain");
  EXPECT_EQ(out.readers,
            Strings{"reshape: another shape is given to numbers in row-major order alone"});
}

/// A kernel that two passes want in two forms: it lies as the first wants it.
TEST(Reorders, OfAWeightSayAsWhomItLies) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {batch, 8, 8, 16}});
  const VariableId id =
      graph.variables().add({.name = "conv/kernel", .type = {DType::float32, {3, 3, 16, 32}}});
  ConvolutionOptions options;
  options.window.strides = {2, 2};  // for which there is no Winograd, that takes one form for both
  const Value y = convolution(x, graph.variable(id), options);
  const Program program =
      compile({.outputs = {gradient(sum(square(y)), std::vector{x})[0]}, .batch_size = 64});
  int of_weights = 0;
  for (const Plan::Reorder& reorder : program.plan().reorders) {
    if (!reorder.of_weight) continue;
    ++of_weights;
    EXPECT_EQ(reorder.value, "conv/kernel");
    EXPECT_EQ(reorder.readers,
              Strings{"convolution_input_gradient: onednn blocked takes it so; it lies as onednn "
                      "blocked of convolution takes it"});
  }
  EXPECT_EQ(of_weights, 1);
}

}  // namespace
}  // namespace sloy
