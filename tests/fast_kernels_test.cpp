// What layers, activations and losses write has kernels of the CPU backend, forwards and backwards:
// nothing heavy falls to the reference kernels, which are plain loops on one thread.

#include <gtest/gtest.h>
#include <sloy/layers.h>
#include <sloy/losses.h>

#include "harness/layer_of.h"

namespace sloy {
namespace {

using harness::LayerOf;

/// The ops of a program that run on reference kernels and have some work to do.
std::string slow_steps(const std::vector<Value>& outputs, std::int64_t batch_size) {
  const Program program = compile({.outputs = outputs, .batch_size = batch_size});
  std::string found;
  for (const Plan::Step& step : program.plan(batch_size).steps) {
    if (step.kernel != "reference" || step.flops < 1e4) continue;
    found += step.op;
    for (const auto& [offer, reason] : step.refused) found += " (" + offer + ": " + reason + ")";
    found += "; ";
  }
  return found;
}

/// Of a layer's training step.
std::string slow_steps(const Layer& layer, const Shape& example) {
  Shape input{1};
  for (const Dim& dim : example) input.push_back(dim);
  LayerOf made(layer, input, true);
  std::vector<Value> with_respect_to{made.x};
  const Variables& variables = made.graph.variables();
  for (VariableId id = 0; id < variables.size(); ++id) {
    if (variables[id].role == Role::parameter) with_respect_to.push_back(made.graph.variable(id));
  }
  std::vector<Value> outputs = gradient(sum(square(made.y)), with_respect_to);
  outputs.push_back(made.y);
  for (const Graph::Update& update : made.graph.updates()) outputs.push_back(update.value);
  return slow_steps(outputs, 16);
}

TEST(FastKernels, TakeEveryActivation) {
  for (const Activation& activation : activations()) {
    EXPECT_EQ(slow_steps(activation, {32, 32, 16}), "") << activation.function_name();
  }
}

TEST(FastKernels, TakeEveryLayer) {
  const std::vector<Layer> of_images{
      PReLU{},
      PReLU{.shared_axes = {1, 2}},
      PReLU{.shared_axes = {1, 2, 3}},
      PReLU{.shared_axes = {2}},
      GELU{},
      GELU{.approximate = true},
      Softmax{},
      Softmax{.axis = 1},
      Softmax{.axis = {1, 3}},
      Maxout{.units = 32, .pieces = 3},
      Dropout{.rate = 0.5},
      Dropout{.rate = 0.5, .noise_shape = {-1, 1, 1, -1}},
      Dropout{.rate = 0.5, .noise_shape = {-1, -1, -1, 1}, .form = DropoutForm::classic},
      Dropout{.rate = 0.5, .noise_shape = {1, 1, 1, -1}},
      SpatialDropout2D{.rate = 0.5},
      GaussianDropout{.rate = 0.5},
      GaussianNoise{.stddev = 0.5},
      AlphaDropout{.rate = 0.5},
      BatchNormalization{},
      BatchNormalization{.axis = 1, .statistics = InferenceStatistics::average},
      LayerNormalization{},
      LayerNormalization{.axis = {1, 2, 3}},
      LayerNormalization{.axis = {1, 2}},
      GroupNormalization{.groups = 4},
      GroupNormalization{.groups = 1},
      InstanceNormalization{},
      InstanceNormalization{.axis = 1},
      UnitNormalization{},
      UnitNormalization{.axis = {1, 2, 3}}};
  for (const Layer& layer : of_images) {
    EXPECT_EQ(slow_steps(layer, {32, 32, 16}), "") << to_json(to_config(layer));
  }
  EXPECT_EQ(slow_steps(SpatialDropout1D{.rate = 0.5}, {512, 32}), "");
  EXPECT_EQ(slow_steps(SpatialDropout3D{.rate = 0.5}, {8, 16, 16, 16}), "");
}

TEST(FastKernels, TakeEveryLoss) {
  for (const TypeEntry<Loss>& entry : loss_types()) {
    for (bool from_logits : {false, true}) {
      Config config;
      config["type"] = std::string(entry.name);
      if (from_logits) config["from_logits"] = true;
      std::optional<Loss> loss;
      try {
        loss = loss_from_config(config);
      } catch (const ConfigError&) {
        continue;  // without a form for scores
      }
      Graph graph;
      const bool has_labels = loss->as<SparseCategoricalCrossentropy>() != nullptr;
      const Value target = has_labels ? graph.input("target", {DType::int32, {batch}})
                                      : graph.input("target", {DType::float32, {batch, 1000}});
      const Value prediction = graph.input("prediction", {DType::float32, {batch, 1000}});
      const Value mean = (*loss)(target, prediction);
      EXPECT_EQ(slow_steps({mean, gradient(mean, std::vector{prediction})[0]}, 64), "")
          << to_json(config);
    }
  }
}

}  // namespace
}  // namespace sloy
