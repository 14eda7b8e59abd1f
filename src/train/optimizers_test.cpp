#include <sloy/scope.h>

#include <cmath>

#include "harness/messages.h"
#include "train/valley.h"

namespace sloy {
namespace {

using harness::message_of;

TEST(Optimizers, TheFirstStepOfAdamIsTheRateWhateverTheGradient) {
  for (double scale : {1e-3, 1.0, 1e3}) {
    Graph graph;
    const VariableId w = graph.variables().add(parameter("w", Tensor({1}, std::vector<double>{0})));
    const Value loss = sum(graph.variable(w) * scale);
    const Adam adam{.learning_rate = 0.1, .epsilon_place = EpsilonPlace::outside_root};
    const Program step =
        step_of(loss, adam.minimize(loss), BackendKind::cpu, NumericPrecision::float32);
    State state(step.variables());
    step.run(state, {});
    EXPECT_NEAR(item(state, "w"), -0.1, 1e-3 * 0.1) << "gradient " << scale;
  }
}

TEST(Optimizers, TheLearningRateIsANumberOfTheState) {
  Graph graph;
  const VariableId w = graph.variables().add(parameter("w", Tensor({1}, std::vector<double>{0})));
  const Value loss = sum(graph.variable(w));
  const Program step = step_of(loss, SGD{.learning_rate = 0.25}.minimize(loss));
  State state(step.variables(), {.precision = NumericPrecision::float64});
  const VariableId rate = state.variables()->find(learning_rate_variable);
  EXPECT_EQ(state.scalar(rate), 0.25);
  step.run(state, {});
  EXPECT_EQ(item(state, "w"), -0.25);
  state.set_scalar(rate, 2);
  step.run(state, {});
  EXPECT_EQ(item(state, "w"), -2.25);
  EXPECT_EQ(item(state, step_variable), 2) << "steps are counted";
}

TEST(Optimizers, TakeTheTrainableParametersTheLossDependsOnAndTheUpdatesOfLayers) {
  Graph graph;
  Variables& variables = graph.variables();
  const Tensor one({1}, std::vector<double>{1});
  const VariableId trained = variables.add(parameter("dense/kernel", one));
  const VariableId frozen = variables.add(parameter("frozen/kernel", one));
  variables[frozen].trainable = false;
  const VariableId elsewhere = variables.add(parameter("elsewhere/kernel", one));
  const VariableId mean =
      variables.add({.name = "norm/mean", .type = {DType::float32, {1}}, .role = Role::statistic});
  graph.output("other", graph.variable(elsewhere));
  graph.update(mean, [&](Value old) { return old + 1.0; });
  const Value loss = sum(graph.variable(trained) * graph.variable(frozen));

  const auto updates = SGD{.momentum = 0.9}.minimize(loss);
  std::vector<std::string> updated;
  for (const Graph::Update& update : updates) updated.push_back(variables[update.variable].name);
  EXPECT_EQ(updated, (std::vector<std::string>{"norm/mean", "optimizer/dense/kernel/momentum",
                                               "dense/kernel", "step"}));

  const VariableId slot = variables.find("optimizer/dense/kernel/momentum");
  EXPECT_EQ(variables[slot].role, Role::slot);
  EXPECT_EQ(variables[slot].follows, trained);
  const Node& node = graph.node(updates[2].value);
  EXPECT_EQ(node.phase, Phase::update);
  EXPECT_EQ(node.path, "dense") << "profiles show a layer's update with the layer";
}

/// The kind that the header shows.
struct SignDescent {
  double learning_rate = 1e-3;
  Value step(OptimizerScope& scope, Value weight, Value gradient) const {
    return weight - scope.learning_rate() * sign(gradient);
  }
};

TEST(Optimizers, AStructOfOnesOwnIsAnOptimizer) {
  expect_follows(SignDescent{.learning_rate = 0.01}, each([](double w, double g, int, Slots&) {
                   return w - 0.01 * (g > 0 ? 1 : g < 0 ? -1 : 0);
                 }));
}

/// Averages with β = 0.9 of 1, 1, 1 …: 0.1, 0.19, …; a slot starts at 0.
TEST(Optimizers, ASlotIsAnAverageThatStartsAtZero) {
  Graph graph;
  const VariableId w = graph.variables().add(parameter("w", Tensor({1}, std::vector<double>{0})));
  const Value loss = sum(graph.variable(w));
  const Program step = step_of(loss, Adam{}.minimize(loss));
  State state(step.variables(), {.precision = NumericPrecision::float64});
  for (int t = 1; t <= 5; ++t) {
    step.run(state, {});
    EXPECT_NEAR(item(state, "optimizer/w/momentum"), 1 - std::pow(0.9, t), 1e-15);
    EXPECT_NEAR(item(state, "optimizer/w/velocity"), 1 - std::pow(0.999, t), 1e-15);
  }
}

TEST(Optimizers, AreReadAndWritten) {
  const Config written = Config::Map{
      {"type", "Adam"},  {"learning_rate", 0.01},           {"beta_1", 0.8},  {"beta_2", 0.99},
      {"epsilon", 1e-8}, {"epsilon_place", "outside_root"}, {"amsgrad", true}};
  const Optimizer optimizer = optimizer_from_config(written);
  EXPECT_EQ(optimizer.learning_rate().at(0), 0.01);
  EXPECT_EQ(to_config(optimizer), written);
  EXPECT_EQ(optimizer_from_config("SGD").learning_rate().at(0), 0.01);
}

struct TakesOneNumber {
  Value step(OptimizerScope& scope, Value weight, Value gradient) const {
    return sum(weight - scope.learning_rate() * gradient);
  }
  double learning_rate = 0.1;
};

TEST(Optimizers, OfOnesOwnKeepTheWeightsShape) {
  Valley valley;
  const Value loss = sum(square(valley.graph.variable(valley.w)));
  EXPECT_EQ(message_of([&] { Optimizer(TakesOneNumber{}).minimize(loss); }),
            "TakesOneNumber gives w another type\n"
            "  weight     float32 (2)\n"
            "  it gives   float32 ()\n"
            "  to fix     return the weight after the step, in its shape");
}

TEST(Optimizers, SayWhatCannotBeMinimized) {
  Valley valley;
  EXPECT_EQ(message_of([&] { SGD{}.minimize(square(valley.graph.variable(valley.w))); }),
            "a loss to minimize must be one number\n"
            "  loss     float32 (2)\n"
            "  to fix   take its mean");
  Graph other;
  EXPECT_EQ(message_of([&] {
              SGD{}.minimize(sum(other.input("x", {DType::float32, {batch}})));
            }),
            "there is nothing to train: the loss depends on no trainable parameter\n"
            "  to fix   make a layer trainable, or check that the loss is of the model's output");
  SGD{}.minimize(valley.loss);
  EXPECT_EQ(message_of([&] { SGD{}.minimize(valley.loss); }),
            "w has an update already\n"
            "  to fix   minimize one loss a graph: add losses up, or build a graph for each "
            "optimizer");
}

TEST(Optimizers, SayWhichArgumentCannotBe) {
  const auto refused = [](const Optimizer& optimizer) {
    Valley valley;
    return message_of([&] { optimizer.minimize(valley.loss); });
  };
  EXPECT_EQ(refused(SGD{.learning_rate = -0.1}),
            "the optimizer's learning_rate can't be -0.1\n"
            "  to fix   give a number of 0 or more");
  EXPECT_EQ(refused(SGD{.momentum = 1}),
            "the optimizer's momentum can't be 1\n"
            "  to fix   give a number from 0 to just below 1");
  EXPECT_EQ(refused(SGD{.nesterov = true}),
            "SGD's nesterov works only with a momentum\n"
            "  to fix   give it one, as .momentum = 0.9, or leave nesterov out");
  EXPECT_EQ(refused(Adam{.beta_2 = 1.5}),
            "the optimizer's beta_2 can't be 1.5\n"
            "  to fix   give a number from 0 to just below 1");
  EXPECT_EQ(refused(Adam{.epsilon = 0}),
            "the optimizer's epsilon can't be 0\n"
            "  to fix   give a number above 0: without it a gradient of 0 divides by 0");
}

}  // namespace
}  // namespace sloy
