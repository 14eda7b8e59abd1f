#include "passes/product_updates.h"

#include <gtest/gtest.h>
#include <sloy/ops.h>

#include <algorithm>
#include <functional>
#include <map>

#include "graph/verify.h"
#include "ops/product_update.h"
#include "passes/fuse.h"
#include "passes/layout.h"
#include "passes/schedule.h"

namespace sloy {
namespace {

/// A dense kernel w of size × size with its gradient g over a batch of examples, and what else the
/// test makes of them: it sets the updates.
using Write = std::function<void(Graph& graph, VariableId w, Value g)>;

Lowered lowered(std::int64_t examples, std::int64_t size, const Write& write,
                const Backend& backend = cpu_backend()) {
  Graph graph;
  const VariableId w = graph.variables().add({.name = "w", .type = {DType::float32, {size, size}}});
  const Value x = graph.input("x", {DType::float32, {examples, size}});
  const Value dy = graph.input("dy", {DType::float32, {examples, size}});
  graph.output("y", matmul(x, graph.variable(w)));
  write(graph, w, matmul(x, dy, {.transpose_a = true}));
  Lowered made = choose_layouts(backend.fuses() ? *fuse(graph) : graph, backend, {});
  made = join_product_updates(std::move(made), backend);
  verify(*made.graph, "product_updates");
  EXPECT_EQ(made.selections.size(), made.graph->nodes().size());
  for (std::size_t n = 0; n < made.selections.size(); ++n) {
    EXPECT_EQ(made.selections[n].proposal.kernel != nullptr, runs(made.graph->nodes()[n])) << n;
  }
  return made;
}

std::map<std::string, int> count_ops(const Lowered& made) {
  std::map<std::string, int> count;
  for (const Node& node : made.graph->nodes()) ++count[std::string(node.op->name())];
  return count;
}

void descend(Graph& graph, VariableId w, Value g) {
  graph.set_update(w, graph.variable(w) - g * graph.constant(0.5));
}

/// 4 MB.
constexpr std::int64_t large = 1024;

TEST(ProductUpdates, JoinALargeGradientWithItsUpdate) {
  Lowered made = lowered(8, large, descend);
  auto count = count_ops(made);
  EXPECT_EQ(count["product_update"], 1);
  EXPECT_EQ(count["fused"], 0);
  EXPECT_EQ(count["matmul"], 1) << "forward";
  const Value update = made.graph->updates().front().value;
  const Node& node = made.graph->node(update);
  ASSERT_EQ(node.op, &product_update_op);
  EXPECT_EQ(node.results[0].layout != nullptr, cpu_backend().block_width() == 16)
      << "the kernel is packed where the CPU has kernels for that";

  place_updates(made, cpu_backend(), NumericPrecision::float32, true);
  EXPECT_EQ(made.graph->updates().front().value, update) << "written in place, without a copy";
}

/// Slots, penalties and scalars go in: the gradient at any place of the chain.
TEST(ProductUpdates, TakeSlotsPenaltiesAndScalars) {
  const Lowered made = lowered(8, large, [](Graph& graph, VariableId w, Value g) {
    const VariableId slot = graph.variables().add(
        {.name = "velocity", .type = g.type(), .role = Role::slot, .follows = w});
    const VariableId rate =
        graph.variables().add({.name = "rate", .type = {DType::float32, {}}, .role = Role::scalar});
    const Value p = graph.variable(w);
    const Value velocity = graph.variable(slot) * 0.9 - (p * 0.01 + g) * graph.variable(rate);
    graph.set_update(slot, velocity);
    graph.set_update(w, p + velocity);
  });
  auto count = count_ops(made);
  EXPECT_EQ(count["product_update"], 1);
  EXPECT_EQ(count["fused"], 0);
  EXPECT_EQ(made.graph->updates()[0].value.node(), made.graph->updates()[1].value.node());
}

TEST(ProductUpdates, LeaveAGradientThatIsReadElsewhere) {
  const Lowered with_norm = lowered(8, large, [](Graph& graph, VariableId w, Value g) {
    descend(graph, w, g / sqrt(sum(square(g))));
  });
  EXPECT_EQ(count_ops(with_norm)["product_update"], 0);
  const Lowered with_output = lowered(8, large, [](Graph& graph, VariableId w, Value g) {
    descend(graph, w, g);
    graph.output("g", g);
  });
  EXPECT_EQ(count_ops(with_output)["product_update"], 0);
  const Lowered stored =
      lowered(8, large, [](Graph& graph, VariableId w, Value g) { graph.set_update(w, g); });
  EXPECT_EQ(count_ops(stored)["product_update"], 0);
}

TEST(ProductUpdates, LeaveChainsThatMindWhereAnElementStands) {
  const Lowered by_column = lowered(8, large, [](Graph& graph, VariableId w, Value g) {
    const Value scale = graph.input("scale", {DType::float32, {large}});
    descend(graph, w, g * scale);
  });
  EXPECT_EQ(count_ops(by_column)["product_update"], 0);
  const Lowered with_sum = lowered(8, large, [](Graph& graph, VariableId w, Value g) {
    const Value now = graph.variable(w) - g;
    graph.set_update(w, now);
    graph.output("sum", sum(now));
  });
  EXPECT_EQ(count_ops(with_sum)["product_update"], 0);
}

TEST(ProductUpdates, LeaveWhatGainsNothing) {
  EXPECT_EQ(count_ops(lowered(8, large - 16, descend))["product_update"], 0) << "fits the caches";
  EXPECT_EQ(count_ops(lowered(512, large, descend))["product_update"], 0)
      << "the product takes the time";
  EXPECT_EQ(count_ops(lowered(8, large, descend, reference_backend()))["product_update"], 0)
      << "the backend has no kernel for it";
}

}  // namespace
}  // namespace sloy
