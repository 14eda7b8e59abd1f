#include <gtest/gtest.h>
#include <sloy/ops.h>
#include <sloy/program.h>

#include <cmath>

#include "harness/messages.h"

namespace sloy {
namespace {

ProgramOptions on_reference(std::vector<Value> outputs, std::vector<Graph::Update> updates = {}) {
  ProgramOptions options;
  options.outputs = std::move(outputs);
  options.updates = std::move(updates);
  options.backend = BackendKind::reference;
  return options;
}

Variable weight(std::string name, Shape shape, double value) {
  Variable variable{.name = std::move(name), .type = {DType::float32, shape}};
  variable.initial = [shape, value](std::uint64_t) {
    Tensor tensor(DType::float32, shape);
    for (float& x : tensor.mutable_values<float>()) x = static_cast<float>(value);
    return tensor;
  };
  return variable;
}

/// y = w·x fitted to y = 3x by descent: one step moves w by 2·lr·mean(x·(y − w·x)).
TEST(Program, StepsOfDescentFollowTheFormula) {
  Graph graph;
  VariableId w = graph.variables().add(weight("w", {}, 1.0));
  Value x = graph.input("x", {DType::float32, {batch}});
  Value y = graph.input("y", {DType::float32, {batch}});
  Value loss = mean(square(graph.variable(w) * x - y));
  Value parameter = graph.variable(w);
  Value slope = gradient(loss, std::span(&parameter, 1))[0];
  Program step = compile(on_reference({loss}, {{w, parameter - slope * 0.1}}));
  State state(step.variables());

  Tensor xs({4}, std::vector<float>{1, 2, 3, 4});
  Tensor ys({4}, std::vector<float>{3, 6, 9, 12});
  double expected = 1.0;
  for (int i = 0; i < 5; ++i) {
    auto [l] = step.run(state, {xs, ys});
    EXPECT_NEAR(l.item(), 7.5 * (3 - expected) * (3 - expected), 1e-5);
    expected += 0.1 * 2 * 7.5 * (3 - expected);
    EXPECT_NEAR(state.scalar(w), expected, 1e-5);
  }
}

TEST(Program, EveryReaderSeesAVariableAsItWasBeforeTheStep) {
  Graph graph;
  VariableId a = graph.variables().add(weight("a", {2}, 1));
  VariableId b = graph.variables().add(weight("b", {2}, 2));
  Value old_a = graph.variable(a);
  Value old_b = graph.variable(b);
  // a and b change places, and the outputs are a's old value and a sum of both old ones.
  Program step = compile(on_reference({old_a, old_a + old_b}, {{a, old_b}, {b, old_a}}));
  State state(step.variables());
  for (int i = 0; i < 3; ++i) {
    Results results = step.run(state, {});
    float expected = i % 2 == 0 ? 1.0f : 2.0f;
    EXPECT_EQ(results[0].values<float>()[0], expected);
    EXPECT_EQ(results[1].values<float>()[1], 3.0f);
    EXPECT_EQ(state.get(a).values<float>()[0], 3.0f - expected);
    EXPECT_EQ(state.get(b).values<float>()[1], expected);
  }
}

TEST(Program, BatchSizesShareOneStateAndArena) {
  Graph graph;
  VariableId total = graph.variables().add(weight("total", {}, 0));
  Value x = graph.input("x", {DType::float32, {batch, 3}});
  Program step = compile(on_reference({mean(x)}, {{total, graph.variable(total) + sum(x)}}));
  State state(step.variables());
  double sum_so_far = 0;
  for (std::int64_t size : {5, 2, 5, 1}) {
    Tensor feed(DType::float32, {size, 3});
    for (float& v : feed.mutable_values<float>()) v = 2;
    auto [m] = step.run(state, {feed});
    EXPECT_EQ(m.item(), 2.0);
    sum_so_far += 6.0 * static_cast<double>(size);
    EXPECT_EQ(state.scalar(total), sum_so_far);
  }
}

TEST(Program, FeedsThatDoNotFitAreRefusedWithTheirName) {
  Graph graph;
  Value x = graph.input("pixels", {DType::float32, {batch, 3}});
  Program step = compile(on_reference({x + 1.0}));
  State state(step.variables());
  EXPECT_EQ(harness::message_of([&] {
              step.run(state, {Tensor(DType::float32, {4, 2})});
            }),
            "the feed of input pixels does not fit\n"
            "  feed    (4, 2)\n"
            "  input   (batch, 3)");
}

TEST(Program, UnknownPassesAreRefused) {
  Graph graph;
  ProgramOptions options = on_reference({graph.constant(1.0)});
  options.without = {"fusion"};
  EXPECT_THROW(compile(options), ConfigError);
}

TEST(State, ACopyIsASnapshot) {
  Graph graph;
  VariableId w = graph.variables().add(weight("w", {3}, 1));
  Value read = graph.variable(w);
  Program step = compile(on_reference({read}, {{w, read * 2.0}}));
  State state(step.variables());
  State before = state;
  step.run(state, {});
  EXPECT_EQ(before.get(w).values<float>()[2], 1.0f);
  EXPECT_EQ(state.get(w).values<float>()[2], 2.0f);
  state = before;
  EXPECT_EQ(state.get(w).values<float>()[2], 1.0f);
}

TEST(Evaluate, ComputesInDoubleWhereAsked) {
  Graph graph;
  Value third = graph.constant(1.0) / graph.constant(3.0);
  EXPECT_EQ(evaluate(third, {}, Precision::float64).item(), 1.0 / 3.0);
  EXPECT_EQ(evaluate(third).item(), static_cast<double>(1.0f / 3.0f));
}

}  // namespace
}  // namespace sloy
