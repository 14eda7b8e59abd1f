#include <gtest/gtest.h>
#include <sloy/ops.h>
#include <sloy/program.h>

#include "graph/verify.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

TEST(Graph, NodesKeepTheirLayerPathAndPhase) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {batch, 4}});
  {
    Graph::Section encoder(graph, "encoder");
    Graph::Section layer(graph, "dense");
    x = exp(x);
  }
  Value loss = sum(x * 2.0);
  EXPECT_EQ(graph.node(x).path, "encoder/dense");
  EXPECT_EQ(graph.node(loss).path, "");
  Value input = graph.inputs()[0];
  Value slope = gradient(loss, std::span(&input, 1))[0];
  EXPECT_EQ(graph.node(slope).path, "encoder/dense");
  EXPECT_EQ(graph.node(slope).phase, Phase::backward);
}

TEST(Graph, ErrorsNameTheLayer) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {batch, 4}});
  Value w = graph.constant(Tensor(DType::float32, {5, 2}));
  Graph::Section layer(graph, "dense_1");
  try {
    matmul(x, w);
    FAIL() << "4 columns were multiplied by 5 rows";
  } catch (const ShapeError& error) {
    ASSERT_FALSE(error.notes().empty());
    EXPECT_EQ(error.notes().back().label, "layer");
    EXPECT_EQ(error.notes().back().value, "dense_1");
  }
}

TEST(Graph, AnUpdateIsAskedForWithTheUpdateSoFar) {
  Graph graph;
  VariableId count = graph.variables().add({.name = "count", .type = {DType::float32, {}}});
  auto add_one = [](Value value) { return value + 1.0; };
  graph.update(count, add_one);
  graph.update(count, add_one);
  ASSERT_EQ(graph.updates().size(), 1u);
  EXPECT_EQ(evaluate(graph.updates()[0].value).item(), 2.0);
}

TEST(Graph, ValuesOfTwoGraphsAreNotMixed) {
  Graph g;
  Graph h;
  const VariableId w = g.variables().add({.name = "w", .type = {DType::float32, {}}});
  const Value a = g.constant(1.0);
  const Value b = h.constant(2.0);
  EXPECT_EQ(message_of([&] { a + b; }),
            "add: values of two graphs are mixed\n"
            "  value    float32 ()\n"
            "  to fix   build all that one program computes in one Graph");
  EXPECT_THROW(g.output("b", b), ConfigError);
  EXPECT_THROW(g.update(w, [&](Value) { return b; }), ConfigError);
  EXPECT_THROW(gradient(a * a, std::span(&b, 1)), ConfigError);
}

TEST(Graph, EmptyValuesAreRefused) {
  Graph graph;
  const VariableId w = graph.variables().add({.name = "w", .type = {DType::float32, {}}});
  const Value one = graph.constant(1.0);
  const Value empty;
  EXPECT_EQ(message_of([&] { exp(empty); }),
            "a value is used that was never given one\n"
            "  to fix   make it by an op, or by input, variable or constant of a Graph");
  EXPECT_THROW(empty + one, ConfigError);
  EXPECT_THROW(one + empty, ConfigError);
  EXPECT_THROW(empty.type(), ConfigError);
  EXPECT_THROW(graph.output("empty", empty), ConfigError);
  EXPECT_THROW(graph.update(w, [](Value) { return Value(); }), ConfigError);
  EXPECT_THROW(gradient(empty, std::span(&one, 1)), ConfigError);
  EXPECT_THROW(gradient(one, std::span(&empty, 1)), ConfigError);
  EXPECT_THROW(evaluate(empty), ConfigError);
}

TEST(Variables, OnesThatAreNotThereAreRefused) {
  Graph graph;
  Variables& variables = graph.variables();
  variables.add({.name = "w", .type = {DType::float32, {}}});
  const VariableId none = variables.find("nope");
  EXPECT_EQ(message_of([&] { graph.variable(none); }),
            "there is no such variable\n"
            "  id          -1\n"
            "  variables   1\n"
            "  to fix      use what Variables::add gave; find gives -1 where no variable has the "
            "name");
  EXPECT_THROW(graph.variable(1), ConfigError);
  EXPECT_THROW(graph.update(none, [](Value old) { return old; }), ConfigError);
  EXPECT_THROW(variables[none].name.size(), ConfigError);
  EXPECT_THROW(variables.add({.name = "v", .type = {DType::float32, {}}, .follows = 1}),
               ConfigError);
}

TEST(Variables, NoneIsAddedOnceAStateHoldsThem) {
  const auto variables = std::make_shared<Variables>();
  variables->add({.name = "w", .type = {DType::float32, {}}});
  const State state(variables);
  EXPECT_THROW(variables->add({.name = "v", .type = {DType::float32, {}}}), ConfigError);
}

TEST(Gradient, AddsWhatArrivesAtAValueReadTwice) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {}});
  Value y = x * x * x + x * 2.0;  // y' = 3x² + 2, y'' = 6x
  Value first = gradient(y, std::span(&x, 1))[0];
  Value second = gradient(first, std::span(&x, 1))[0];
  Tensor at = Tensor::scalar(5.0f);
  EXPECT_EQ(evaluate(first, {at}).item(), 77.0);
  EXPECT_EQ(evaluate(second, {at}).item(), 30.0);
}

TEST(Gradient, IsZeroWhereNothingDepends) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {3}});
  Value y = graph.input("y", {DType::float32, {}});
  Value slope = gradient(y * 2.0, std::span(&x, 1))[0];
  Tensor zeros = evaluate(slope, {Tensor(DType::float32, {3}), Tensor::scalar(1.0f)});
  EXPECT_EQ(zeros, Tensor(DType::float32, {3}));
}

TEST(Gradient, StopsAtStopGradient) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {}});
  Value slope = gradient(x * stop_gradient(x), std::span(&x, 1))[0];
  EXPECT_EQ(evaluate(slope, {Tensor::scalar(5.0f)}).item(), 5.0);
}

TEST(Text, AGraphReadBackIsTheSame) {
  Graph graph;
  VariableId w = graph.variables().add({.name = "dense/kernel", .type = {DType::float32, {4, 2}}});
  graph.variables().add({.name = "momentum",
                         .type = {DType::float32, {4, 2}},
                         .role = Role::slot,
                         .trainable = false,
                         .follows = w});
  Value x = graph.input("x", {DType::float32, {batch, 4}});
  Graph::Section layer(graph, "dense");
  Value y = matmul(x, graph.variable(w));
  Value kernel = graph.variable(w);
  Value loss = mean(square(y - 0.1));
  graph.output("loss", loss);
  graph.update(w, [&](Value old) { return old - gradient(loss, std::span(&kernel, 1))[0]; });
  std::string text = to_text(graph);
  auto read = parse_graph(text);
  verify(*read, "reading");
  EXPECT_EQ(to_text(*read), text);
}

TEST(Verifier, RefusesATypeTheRuleDoesNotGive) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {3}});
  Value y = exp(x);
  graph.node(y.node()).results[0].type.shape = Shape{4};
  EXPECT_THROW(verify(graph, "a test"), std::logic_error);
}

}  // namespace
}  // namespace sloy
