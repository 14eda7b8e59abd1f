// What users read: whole messages, and that functions which are no op name themselves too.
#include <gtest/gtest.h>
#include <sloy/error.h>
#include <sloy/ops.h>

#include <functional>

#include "harness/messages.h"

namespace sloy {
namespace {

std::string message(const std::function<void(Graph&)>& build) {
  Graph graph;
  Graph::Section layer(graph, "encoder");
  return harness::message_of([&] { build(graph); });
}

Value image(Graph& graph, Shape shape) { return graph.input("x", {DType::float32, shape}); }

TEST(Message, OfASum) {
  const auto build = [](Graph& graph) {
    const Value operands[] = {image(graph, {batch, 3}), image(graph, {4})};
    add(operands[0], operands[1]);
  };
  EXPECT_EQ(message(build),
            "add: the shapes don't fit each other along axis -1: 3 and 4\n"
            "  a        (batch, 3)\n"
            "  b        (4)\n"
            "  layer    encoder\n"
            "  to fix   make the two sizes equal, or one of them 1");
}

TEST(Message, OfAMatrixProductOfAnyRank) {
  const auto build = [](Graph& graph) { matmul(image(graph, {3}), image(graph, {3, 4})); };
  EXPECT_EQ(message(build),
            "matmul: x must have two dimensions or more, and w two\n"
            "  x        (3)\n"
            "  w        (3, 4)\n"
            "  layer    encoder\n"
            "  to fix   reshape one of them first");
}

TEST(Message, NamesTheFunctionAndTheAxisAsItWasGiven) {
  const auto first_line = [](const std::function<void(Value)>& f) {
    const std::string text = message([&](Graph& graph) { f(image(graph, {2, 3})); });
    return text.substr(0, text.find('\n'));
  };
  EXPECT_EQ(first_line([](Value x) { sum(x, {.axes = {-5}}); }), "sum: there is no axis -5");
  EXPECT_EQ(first_line([](Value x) { mean(x, {.axes = {2}}); }), "mean: there is no axis 2");
  EXPECT_EQ(first_line([](Value x) { moments(x, {0, -2}); }), "moments: axis 0 is given twice");
  EXPECT_EQ(first_line([](Value x) { count(x, {7}); }), "count: there is no axis 7");
  EXPECT_EQ(first_line([](Value x) { slice(x, 4, 0, 1); }), "slice: there is no axis 4");
  EXPECT_EQ(first_line([](Value x) { mean(slice(x, 0, 0, 0)); }),
            "slice: there are no elements 0 to 0 along axis 0 of size 2");
  EXPECT_EQ(first_line([](Value x) { max_pool(reshape(x, {6}), {.pool_size = {2}}); }),
            "max_pool: the input must have 3, 4 or 5 dimensions, not 1");
  EXPECT_EQ(first_line([](Value x) { convolution(reshape(x, {6}), x); }),
            "convolution: an input of 1 dimensions and a kernel of 2 don't fit");
}

}  // namespace
}  // namespace sloy
