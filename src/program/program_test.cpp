#include <gtest/gtest.h>
#include <sloy/op.h>
#include <sloy/ops.h>
#include <sloy/program.h>

#include <algorithm>
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

/// Nothing can be computed of no examples: a mean would divide by 0.
TEST(Program, FeedsOfNoExamplesAreRefused) {
  Graph graph;
  const Value x = graph.input("pixels", {DType::float32, {batch, 4096}});
  const Value y = graph.input("labels", {DType::float32, {batch}});
  const Value total = sum(x * x) + sum(y);
  const Tensor pixels(DType::float32, {0, 4096});
  const Tensor labels(DType::float32, {0});
  const std::string message =
      "the feed of input pixels has no examples\n"
      "  feed     (0, 4096)\n"
      "  input    (batch, 4096)\n"
      "  to fix   feed at least one";
  EXPECT_EQ(harness::message_of([&] { evaluate(total, {pixels, labels}); }), message);
  Program program = compile(on_reference({total}));
  State state(program.variables());
  EXPECT_EQ(harness::message_of([&] { program.run(state, {pixels, labels}); }), message);
  const Tensor one(DType::float32, {1, 4096});
  EXPECT_THROW(program.run(state, {one, labels}), ShapeError);
  EXPECT_THROW(program.run(state, {pixels, Tensor(DType::float32, {1})}), ShapeError);
  EXPECT_THROW(program.step(0), ConfigError);
  EXPECT_THROW(program.plan(-1), ConfigError);
}

TEST(Program, IntegersAreFedToFloatsByValueAndNotTheOtherWayRound) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {batch}});
  const Value n = graph.input("n", {DType::int32, {batch}});
  Program program = compile(on_reference({x + 0.5, n + n}));
  State state(program.variables());
  const Tensor bytes({2}, std::vector<std::uint8_t>{0, 255});
  const Tensor numbers({2}, std::vector<std::int32_t>{-3, 70000});
  const Results results = program.run(state, {bytes, numbers});
  EXPECT_EQ(results[0], Tensor({2}, std::vector<float>{0.5f, 255.5f}));
  EXPECT_EQ(results[1], Tensor({2}, std::vector<std::int32_t>{-6, 140000}));
  EXPECT_EQ(program.run(state, {numbers, numbers})[0],
            Tensor({2}, std::vector<float>{-2.5f, 70000.5f}));
  EXPECT_THROW(program.run(state, {bytes, bytes}), ShapeError);
  EXPECT_THROW(program.run(state, {bytes, Tensor(DType::float32, {2})}), ShapeError);
}

TEST(Program, GraphsThatAreMixedAreRefused) {
  Graph g;
  Graph h(g.shared_variables());
  const VariableId w = g.variables().add(weight("w", {}, 1));
  const Value a = g.constant(1.0);
  const Value b = h.constant(2.0);
  EXPECT_THROW(compile(on_reference({a, b})), ConfigError);
  EXPECT_THROW(compile(on_reference({a}, {{w, b}})), ConfigError);
  EXPECT_THROW(compile(on_reference({Value()})), ConfigError);
  EXPECT_THROW(compile(on_reference({a}, {{w, Value()}})), ConfigError);
  EXPECT_THROW(compile(on_reference({a}, {{7, a}})), ConfigError);
  EXPECT_THROW(compile(on_reference({}, {{w, a}, {w, a * 2.0}})), ConfigError);
}

TEST(Program, StatesAndFeedsThatAreNotItsOwnAreRefused) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {batch}});
  Program program = compile(on_reference({x * 2.0}));
  const Step step = program.step(1);
  State own(program.variables());
  State other(std::make_shared<Variables>());
  State wide(program.variables(), {.precision = NumericPrecision::float64});
  State empty;
  const float number = 3;
  const void* feed = &number;
  std::vector<double> seconds(step.plan().steps.size() + 1);
  for (State* state : {&other, &wide, &empty}) {
    EXPECT_THROW(step.run(*state, {&feed, 1}), ConfigError);
    EXPECT_THROW(program.run(*state, {Tensor(DType::float32, {1})}), ConfigError);
  }
  EXPECT_THROW(step.run(own, {}), ShapeError);
  EXPECT_THROW(step.run(own, {&feed, 1}, seconds), ShapeError);
  step.run(own, {&feed, 1});
  EXPECT_EQ(*static_cast<const float*>(step.output(0)), 6.0f);
  EXPECT_THROW(Program().variables(), ConfigError);
  EXPECT_THROW(Program().run(own, {}), ConfigError);
}

/// A program that takes a kernel as it lies is compiled before the one that wants it in blocks.
TEST(Program, TheFirstToUseAVariableChoosesItsForm) {
  Graph graph;
  const VariableId w = graph.variables().add(weight("kernel", {3, 3, 32, 64}, 0));
  graph.variables()[w].initial = [](std::uint64_t) {
    Tensor tensor(DType::float32, {3, 3, 32, 64});
    float next = 0;
    for (float& x : tensor.mutable_values<float>()) x = next++;
    return tensor;
  };
  const Value kernel = graph.variable(w);
  const Value x = graph.input("x", {DType::float32, {batch, 8, 8, 32}});
  const Program reading = compile({.outputs = {kernel}, .batch_size = 1});
  const Program convolving = compile({.outputs = {convolution(x, kernel)}, .batch_size = 4});
  State state(convolving.variables());
  const Tensor read = reading.run(state, {Tensor(DType::float32, {1, 8, 8, 32})})[0];
  EXPECT_EQ(read.values<float>()[100], 100.0f);
  EXPECT_EQ(read.values<float>()[5000], 5000.0f);
}

/// A slot of its parameter's shape lies as that one does, one of another shape as it is, and a slot
/// of a slot as both.
TEST(Program, SlotsFollowTheirParametersForm) {
  const Shape shape{3, 3, 32, 64};
  Graph graph;
  Variables& variables = graph.variables();
  const VariableId kernel = variables.add(weight("kernel", shape, 0.5));
  const auto slot = [&](std::string name, Shape of, VariableId follows) {
    return variables.add({.name = std::move(name),
                          .type = {DType::float32, std::move(of)},
                          .role = Role::slot,
                          .follows = follows});
  };
  const VariableId whole = slot("whole", shape, kernel);
  const VariableId again = slot("again", shape, whole);
  const VariableId rows = slot("rows", {32, 64}, kernel);
  const VariableId one = slot("one", {}, kernel);
  const VariableId late = slot("late", shape, kernel);
  const Value x = graph.input("x", {DType::float32, {batch, 8, 8, 32}});
  const Value w = graph.variable(kernel);
  // An element that is its own place shows where each one went.
  Tensor places(DType::float32, shape);
  float next = 0;
  for (float& place : places.mutable_values<float>()) place = next++;
  const Value place = graph.constant(places);
  const Value loss = sum(convolution(x, w));
  const Program step = compile({.outputs = {loss},
                                .updates = {{kernel, w + place},
                                            {whole, place * 2.0},  // never read
                                            {again, graph.variable(again) + place},
                                            {rows, graph.variable(rows) + sum(w, {.axes = {0, 1}})},
                                            {one, graph.variable(one) + sum(w)}},
                                .batch_size = 4});
  State state(step.variables());
  step.run(state, {Tensor(DType::float32, {4, 8, 8, 32})});
  const Program later = compile({.updates = {{late, place * 3.0}}, .batch_size = 4});
  later.run(state, {Tensor(DType::float32, {4, 8, 8, 32})});
  for (const std::size_t i : {std::size_t{1}, std::size_t{70}, std::size_t{9999}}) {
    const auto number = static_cast<float>(i);
    EXPECT_EQ(state.get(kernel).values<float>()[i], number + 0.5f);
    EXPECT_EQ(state.get(whole).values<float>()[i], number * 2);
    EXPECT_EQ(state.get(again).values<float>()[i], number);
    EXPECT_EQ(state.get(late).values<float>()[i], number * 3);
  }
  EXPECT_EQ(state.get(rows).values<float>()[77], 4.5f);
  EXPECT_EQ(state.scalar(one), 0.5 * 3 * 3 * 32 * 64);
}

template <class T>
void squares(const NoAttributes&, const Buffers& buffers) {
  const auto x = buffers.input<T>();
  std::transform(x.begin(), x.end(), buffers.output<T>().begin(), [](T v) { return v * v; });
}

constinit const OpDefinition<NoAttributes> own_op{{
    .name = "own_squares",
    .infer = [](const NoAttributes&, Operands in) -> std::vector<Type> { return {in[0]}; },
    .gradient = not_differentiable<NoAttributes>(),
    .reference = {{squares<float>, squares<double>}},
}};

TEST(Plan, HeavyWorkThatNoKernelTakesIsSlow) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {batch, 20, 30, 40}});
  const Value odd = moments(x, {2}).mean;  // no kernel is made for this axis alone
  const Value usual = moments(x, {3}).mean;
  const Value own = own_op({}, {x}).front();  // it has no other kernel
  const Program program = compile({.outputs = {odd, usual, own}, .batch_size = 64});
  std::vector<const Plan::Step*> slow;
  for (const Plan::Step& step : program.plan().steps) {
    if (step.slow) slow.push_back(&step);
  }
  ASSERT_EQ(slow.size(), 1u);
  EXPECT_EQ(slow[0]->op, "moments");
  EXPECT_EQ(slow[0]->kernel, "reference");
  ASSERT_EQ(slow[0]->operands.size(), 3u);
  EXPECT_EQ(slow[0]->operands[1], "float32 (64, 20, 40)");
  // Little work is as good there as anywhere, and who asked for reference kernels knows.
  for (const Plan::Step& step : program.plan(1).steps) EXPECT_FALSE(step.slow);
  ProgramOptions options = on_reference({odd});
  options.batch_size = 64;
  for (const Plan::Step& step : compile(options).plan().steps) EXPECT_FALSE(step.slow);
}

TEST(Program, AnOpWithoutOperandsIsRefused) {
  EXPECT_EQ(harness::message_of([] { own_op({}, std::vector<Value>{}); }),
            "own_squares: there are no operands\n"
            "  to fix   give at least one value");
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

TEST(State, VariablesItDoesNotHaveAreRefused) {
  Graph graph;
  const VariableId w = graph.variables().add(weight("w", {3}, 1));
  State state(graph.shared_variables());
  const VariableId none = graph.variables().find("nope");
  for (const VariableId id : {none, w + 1}) {
    EXPECT_THROW(state.get(id), ConfigError);
    EXPECT_THROW(state.set(id, Tensor(DType::float32, {3})), ConfigError);
    EXPECT_THROW(state.scalar(id), ConfigError);
    EXPECT_THROW(state.set_scalar(id, 1), ConfigError);
  }
  EXPECT_THROW(state.scalar(w), ShapeError);
  EXPECT_THROW(state.set_scalar(w, 1), ShapeError);
  EXPECT_THROW(State().get(w), ConfigError);
}

TEST(Evaluate, ComputesInDoubleWhereAsked) {
  Graph graph;
  Value third = graph.constant(1.0) / graph.constant(3.0);
  EXPECT_EQ(evaluate(third, {}, NumericPrecision::float64).item(), 1.0 / 3.0);
  EXPECT_EQ(evaluate(third).item(), static_cast<double>(1.0f / 3.0f));
}

}  // namespace
}  // namespace sloy
