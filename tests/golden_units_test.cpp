// Layers of activations and normalisations against PyTorch, forwards and backwards.

#include <gtest/gtest.h>
#include <sloy/layers.h>

#include "harness/layer_of.h"

namespace sloy {
namespace {

using harness::close;
using harness::Comparison;
using harness::exact;
using harness::Golden;
using harness::is_as_in;
using harness::kernels_in_float;

class GoldenLayers : public testing::TestWithParam<Comparison> {};

std::vector<int> axes_of(const Golden::Case& of, std::string_view key = "axes") {
  std::vector<int> axes;
  for (std::int64_t axis : of.integers(key)) axes.push_back(static_cast<int>(axis));
  return axes;
}

TEST_P(GoldenLayers, PReluIsPyTorchs) {
  const Golden golden("activations");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "prelu") continue;
    const PReLU layer{.shared_axes = axes_of(of, "shared_axes")};
    EXPECT_TRUE(is_as_in(golden, of, layer, {"alpha"}, GetParam()));
  }
}

TEST_P(GoldenLayers, MaxoutIsTheLargestOfItsPieces) {
  const Golden golden("activations");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "maxout") continue;
    const Maxout layer{.units = static_cast<int>(of.number("units")),
                       .pieces = static_cast<int>(of.number("pieces"))};
    EXPECT_TRUE(is_as_in(golden, of, layer, {"kernel", "bias"}, GetParam()));
  }
}

TEST_P(GoldenLayers, SoftmaxAlongAnyAxesIsPyTorchs) {
  const Golden golden("activations");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "softmax_along") continue;
    const Softmax layer{.axis = OneOrMany<int>(axes_of(of))};
    EXPECT_TRUE(is_as_in(golden, of, layer, {}, GetParam()));
  }
}

TEST_P(GoldenLayers, GeluIsPyTorchs) {
  const Golden golden("activations");
  for (bool approximate : {false, true}) {
    const Golden::Case& of = golden.find(approximate ? "points_gelu_tanh" : "points_gelu");
    EXPECT_TRUE(is_as_in(golden, of, GELU{.approximate = approximate}, {}, GetParam()));
  }
}

TEST_P(GoldenLayers, LayerNormalizationIsPyTorchs) {
  const Golden golden("normalization");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "layer_norm") continue;
    const LayerNormalization layer{.axis = OneOrMany<int>(axes_of(of)),
                                   .epsilon = of.number("epsilon")};
    EXPECT_TRUE(is_as_in(golden, of, layer, {"gamma", "beta"}, GetParam()));
  }
}

TEST_P(GoldenLayers, GroupAndInstanceNormalizationArePyTorchs) {
  const Golden golden("normalization");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "group_norm") continue;
    const auto groups = static_cast<int>(of.number("groups"));
    const double epsilon = of.number("epsilon");
    EXPECT_TRUE(is_as_in(golden, of, GroupNormalization{.groups = groups, .epsilon = epsilon},
                         {"gamma", "beta"}, GetParam()));
    if (of.name != "instance_norm") continue;
    EXPECT_TRUE(is_as_in(golden, of, GroupNormalization{.groups = -1, .epsilon = epsilon},
                         {"gamma", "beta"}, GetParam()));
    EXPECT_TRUE(is_as_in(golden, of, InstanceNormalization{.epsilon = epsilon}, {"gamma", "beta"},
                         GetParam()));
  }
}

TEST_P(GoldenLayers, ChannelsMayStandFirst) {
  const Golden golden("normalization");
  const std::vector<std::pair<std::string, Layer>> layers{
      {"batch_norm_axis_1", BatchNormalization{.axis = 1}},
      {"group_norm_axis_1", GroupNormalization{.groups = 3, .axis = 1}},
      {"instance_norm_axis_1", InstanceNormalization{.axis = 1}}};
  for (const auto& [name, layer] : layers) {
    EXPECT_TRUE(is_as_in(golden, golden.find(name), layer, {"gamma", "beta"}, GetParam()));
  }
}

TEST_P(GoldenLayers, UnitNormalizationIsPyTorchs) {
  const Golden golden("normalization");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "unit_norm") continue;
    const UnitNormalization layer{.axis = OneOrMany<int>(axes_of(of))};
    EXPECT_TRUE(is_as_in(golden, of, layer, {}, GetParam()));
  }
}

INSTANTIATE_TEST_SUITE_P(By, GoldenLayers, testing::Values(exact, kernels_in_float),
                         [](const auto& instance) {
                           const bool is_exact =
                               instance.param.precision == NumericPrecision::float64;
                           return std::string(is_exact ? "Double" : "Float");
                         });

/// Three batches through a layer, whose running statistics are then compared.
void expect_running(const Golden::Case& of, const Golden& golden, const BatchNormalization& layer) {
  const auto variables = std::make_shared<Variables>();
  State state;
  for (const char* name : {"x0", "x1", "x2"}) {
    const Tensor input = golden.tensor(of, name);
    Graph graph(variables);
    Build build(graph, true);
    Scope scope = Scope(build).enter("layer");
    const Value x = graph.input("x", {DType::float32, input.shape()});
    const Value y = layer.call(scope, x);
    const Program step = compile({.outputs = {y},
                                  .updates = graph.updates(),
                                  .backend = exact.backend,
                                  .precision = exact.precision});
    if (!state) state = State(variables, {.precision = exact.precision});
    step.run(state, {input});
  }
  EXPECT_TRUE(close(state.get(variables->find("layer/moving_mean")), golden.tensor(of, "mean"),
                    exact.tolerance));
  EXPECT_TRUE(close(state.get(variables->find("layer/moving_variance")),
                    golden.tensor(of, "variance"), exact.tolerance));
}

TEST(GoldenBatchNormalization, RunsItsStatisticsAsPyTorchWhereAskedTo) {
  const Golden golden("normalization");
  const Golden::Case& exponential = golden.find("running_exponential");
  const double momentum = exponential.number("momentum");
  expect_running(exponential, golden,
                 {.momentum = momentum,
                  .momentum_weighs = MomentumWeighs::new_value,
                  .unbiased_variance = true});
  expect_running(exponential, golden, {.momentum = 1 - momentum, .unbiased_variance = true});
  expect_running(golden.find("running_average"), golden,
                 {.statistics = InferenceStatistics::average, .unbiased_variance = true});
}

}  // namespace
}  // namespace sloy
