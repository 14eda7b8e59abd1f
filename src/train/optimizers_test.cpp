#include <gtest/gtest.h>
#include <sloy/optimizers.h>
#include <sloy/program.h>
#include <sloy/scope.h>

#include <cmath>
#include <functional>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

Variable parameter(std::string name, const Tensor& start) {
  return {.name = std::move(name),
          .type = {DType::float32, start.shape()},
          .initial = [start](std::uint64_t) { return start; }};
}

Program step_of(Value loss, std::vector<Graph::Update> updates,
                BackendKind backend = BackendKind::reference,
                Precision precision = Precision::float64) {
  return compile({.outputs = {loss},
                  .updates = std::move(updates),
                  .backend = backend,
                  .precision = precision});
}

double item(const State& state, std::string_view variable) {
  return state.scalar(state.variables()->find(variable));
}

/// L = 0.1·w₁² + 2·w₂² from (−5, −2): the courses' valley.
struct Valley {
  Graph graph;
  VariableId w;
  Value loss;

  Valley() {
    w = graph.variables().add(parameter("w", Tensor({2}, std::vector<double>{-5, -2})));
    const Value scale = graph.constant(Tensor({2}, std::vector<double>{0.1, 2}));
    loss = sum(scale * square(graph.variable(w)));
  }
};

using Pair = std::array<double, 2>;
double loss_at(const Pair& w) { return 0.1 * w[0] * w[0] + 2 * w[1] * w[1]; }
Pair slope_at(const Pair& w) { return {0.2 * w[0], 4 * w[1]}; }

/// One number's rule: the weight after step t (from 1), of its gradient and two slots.
using Rule = std::function<double(double w, double g, int t, double& m, double& v)>;

/// 50 steps of the optimizer beside 50 of the rule written as plain arithmetic.
void expect_follows(const Optimizer& optimizer, const Rule& rule, BackendKind backend,
                    double tolerance) {
  Valley valley;
  const Precision precision =
      backend == BackendKind::reference ? Precision::float64 : Precision::float32;
  const Program step = step_of(valley.loss, optimizer.minimize(valley.loss), backend, precision);
  State state(step.variables(), {.precision = precision});
  Pair w{-5, -2}, m{}, v{};
  for (int t = 1; t <= 50; ++t) {
    auto [loss] = step.run(state, {});
    EXPECT_NEAR(loss.item(), loss_at(w), tolerance * (1 + loss_at(w))) << "step " << t;
    const Pair g = slope_at(w);
    for (std::size_t i = 0; i < 2; ++i) w[i] = rule(w[i], g[i], t, m[i], v[i]);
    const Tensor weights = state.get(valley.w).cast(DType::float64);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_NEAR(weights.values<double>()[i], w[i], tolerance) << "step " << t;
    }
  }
}

void expect_follows(const Optimizer& optimizer, const Rule& rule) {
  expect_follows(optimizer, rule, BackendKind::reference, 1e-12);
  expect_follows(optimizer, rule, BackendKind::cpu, 2e-5);
}

TEST(Optimizers, DescentFollowsItsFormula) {
  expect_follows(SGD{.learning_rate = 0.1},
                 [](double w, double g, int, double&, double&) { return w - 0.1 * g; });
}

TEST(Optimizers, MomentumFollowsItsFormula) {
  expect_follows(SGD{.learning_rate = 0.05, .momentum = 0.8},
                 [](double w, double g, int, double& v, double&) {
                   v = 0.8 * v - 0.05 * g;
                   return w + v;
                 });
  expect_follows(SGD{.learning_rate = 0.05, .momentum = 0.8, .nesterov = true},
                 [](double w, double g, int, double& v, double&) {
                   v = 0.8 * v - 0.05 * g;
                   return w + 0.8 * v - 0.05 * g;
                 });
}

TEST(Optimizers, AdamFollowsItsFormulas) {
  const auto corrected = [](double g, int t, double& m, double& v) {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    return Pair{m / (1 - std::pow(0.9, t)), v / (1 - std::pow(0.999, t))};
  };
  expect_follows(Adam{.learning_rate = 0.1, .epsilon = 0.01},
                 [&](double w, double g, int t, double& m, double& v) {
                   const auto [first, second] = corrected(g, t, m, v);
                   const double c = std::sqrt(1 - std::pow(0.999, t));
                   return w - 0.1 * c * first / (std::sqrt(v) + 0.01);
                 });
  expect_follows(
      Adam{.learning_rate = 0.1, .epsilon = 0.01, .epsilon_place = EpsilonPlace::outside_root},
      [&](double w, double g, int t, double& m, double& v) {
        const auto [first, second] = corrected(g, t, m, v);
        return w - 0.1 * first / (std::sqrt(second) + 0.01);
      });
  expect_follows(
      Adam{.learning_rate = 0.1, .epsilon = 0.01, .epsilon_place = EpsilonPlace::inside_root},
      [&](double w, double g, int t, double& m, double& v) {
        const auto [first, second] = corrected(g, t, m, v);
        return w - 0.1 * first / std::sqrt(second + 0.01);
      });
}

/// Exact descent on the valley: the numbers of steps that follow from its factors 1 − 0.2·η and
/// 1 − 4·η.
TEST(Optimizers, DescentTakesTheStepsThatFollowFromItsFactors) {
  for (const auto& [rate, expected] : {std::pair{0.01, 3680}, {0.1, 365}, {0.4, 89}}) {
    Valley valley;
    const Program step = step_of(valley.loss, SGD{.learning_rate = rate}.minimize(valley.loss));
    State state(step.variables(), {.precision = Precision::float64});
    int steps = 0;
    while (step.run(state, {})[0].item() >= 1e-6) ++steps;
    EXPECT_EQ(steps, expected);
  }
}

TEST(Optimizers, TheFirstStepOfAdamIsTheRateWhateverTheGradient) {
  for (double scale : {1e-3, 1.0, 1e3}) {
    Graph graph;
    const VariableId w = graph.variables().add(parameter("w", Tensor({1}, std::vector<double>{0})));
    const Value loss = sum(graph.variable(w) * scale);
    const Adam adam{.learning_rate = 0.1, .epsilon_place = EpsilonPlace::outside_root};
    const Program step = step_of(loss, adam.minimize(loss), BackendKind::cpu, Precision::float32);
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
  State state(step.variables(), {.precision = Precision::float64});
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
  expect_follows(SignDescent{.learning_rate = 0.01}, [](double w, double g, int, double&, double&) {
    return w - 0.01 * (g > 0 ? 1 : g < 0 ? -1 : 0);
  });
}

/// Averages with β = 0.9 of 1, 1, 1 …: 0.1, 0.19, …; a slot starts at 0.
TEST(Optimizers, ASlotIsAnAverageThatStartsAtZero) {
  Graph graph;
  const VariableId w = graph.variables().add(parameter("w", Tensor({1}, std::vector<double>{0})));
  const Value loss = sum(graph.variable(w));
  const Program step = step_of(loss, Adam{}.minimize(loss));
  State state(step.variables(), {.precision = Precision::float64});
  for (int t = 1; t <= 5; ++t) {
    step.run(state, {});
    EXPECT_NEAR(item(state, "optimizer/w/momentum"), 1 - std::pow(0.9, t), 1e-15);
    EXPECT_NEAR(item(state, "optimizer/w/velocity"), 1 - std::pow(0.999, t), 1e-15);
  }
}

TEST(Optimizers, AreReadAndWritten) {
  const Config written =
      Config::Map{{"type", "Adam"}, {"learning_rate", 0.01}, {"beta_1", 0.8},
                  {"beta_2", 0.99}, {"epsilon", 1e-8},       {"epsilon_place", "outside_root"}};
  const Optimizer optimizer = optimizer_from_config(written);
  EXPECT_EQ(optimizer.learning_rate(), 0.01);
  EXPECT_EQ(to_config(optimizer), written);
  EXPECT_EQ(optimizer_from_config("SGD").learning_rate(), 0.01);
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
