#include <gtest/gtest.h>
#include <sloy/ops.h>

#include <algorithm>
#include <map>
#include <random>

#include "graph/verify.h"
#include "harness/graphs.h"
#include "ops/fused.h"
#include "passes/bind.h"
#include "passes/epilogue.h"
#include "passes/fuse.h"
#include "passes/layout.h"
#include "passes/plan_memory.h"
#include "passes/pooled_relu.h"
#include "passes/schedule.h"
#include "passes/simplify.h"

namespace sloy {
namespace {

using harness::count_ops;
using harness::expect_same;

TEST(Simplify, MergesFoldsAndDrops) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {4, 3}});
  Value twice = exp(x) + exp(x);
  Value scale = graph.constant(2.0) * graph.constant(3.0) + graph.constant(-5.0);  // 1
  Value unused = log(x);
  static_cast<void>(unused);
  graph.output("y", reshape(twice * scale + 0.0, {4, 3}));
  auto simple = simplify(graph);
  verify(*simple, "simplify");
  auto count = count_ops(*simple);
  EXPECT_EQ(count["exp"], 1);
  EXPECT_EQ(count["add"], 1);
  EXPECT_EQ(count["multiply"], 0);
  EXPECT_EQ(count["log"], 0);
  EXPECT_EQ(count["reshape"], 0);
  expect_same(graph, *simple);
}

TEST(Simplify, ReadsWhatABroadcastReads) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {4, 3}});
  Value b = graph.input("b", {DType::float32, {3}});
  graph.output("y", x * broadcast_to(b, {4, 3}));
  // Here the broadcast makes the shape, so it stays.
  graph.output("z", exp(broadcast_to(b, {4, 3})));
  auto simple = simplify(graph);
  EXPECT_EQ(count_ops(*simple)["broadcast_to"], 1);
  expect_same(graph, *simple);
}

/// A normalisation with its gradient: x̂ is computed in both passes, and its sums with what they
/// sum.
TEST(Fuse, ANormalisationIsAFewPasses) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {16, 5}});
  Value m = graph.input("m", {DType::float32, {5}});
  Value r = graph.input("r", {DType::float32, {5}});
  Value up = graph.input("up", {DType::float32, {16, 5}});
  Value hat = (x - m) * r;
  Value y = rectify(hat * 1.5 + 0.25);
  Value dy = where(greater(y, graph.constant(0.0)), up, graph.constant(0.0));
  graph.output("y", y);
  graph.output("d_beta", sum(dy, {.axes = {0}}));
  graph.output("d_gamma", sum(dy * hat, {.axes = {0}}));
  auto fused = fuse(graph);
  verify(*fused, "fuse");
  auto count = count_ops(*fused);
  EXPECT_EQ(count["fused"], 1);
  EXPECT_EQ(count["sum"], 0);
  expect_same(graph, *fused);
}

/// The numbers of elements of what fused nodes read and write, node by node.
std::vector<std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>>> fused_sizes(
    const Graph& graph) {
  std::vector<std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>>> sizes;
  for (const Node& node : graph.nodes()) {
    if (node.op->name() != "fused") continue;
    auto& [read, written] = sizes.emplace_back();
    for (Value input : node.inputs) read.push_back(input.shape().size());
    for (const Result& result : node.results) written.push_back(result.type.shape.size());
  }
  return sizes;
}

TEST(Fuse, ARectifiersGradientIsComputedByItsReadersInsteadOfStored) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {64, 8}});
  Value dy = graph.input("dy", {DType::float32, {64, 8}});
  Value scale = graph.input("scale", {DType::float32, {8}});
  Value y = rectify(x * scale);
  graph.output("y", y);
  // A normalisation's gradient: sums over rows first, then a pass that needs them.
  Value dz = where(greater(y, graph.constant(0.0)), dy, graph.constant(0.0));
  Value total = sum(dz, {.axes = {0}});
  graph.output("dx", (dz - total) * x);
  auto fused = fuse(graph);
  verify(*fused, "fuse");
  expect_same(graph, *fused);
  for (const auto& [read, written] : fused_sizes(*fused)) {
    EXPECT_LE(std::ranges::count(read, 512), 2) << "y and dz are computed from x and dy";
    EXPECT_LE(std::ranges::count(written, 512), 1);
  }
}

TEST(Fuse, AMaskReadsTheRectifiedNumbersWhereTheirOperandIsNotNeededAnyMore) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {64, 8}});
  Value dy = graph.input("dy", {DType::float32, {64, 8}});
  Value y = rectify(x * 2.0);
  Value next = matmul(y, graph.input("w", {DType::float32, {8, 8}}));
  graph.output("dz", where(greater(y, graph.constant(0.0)), dy, graph.constant(0.0)));
  graph.output("next", next);
  auto fused = fuse(graph);
  expect_same(graph, *fused);
  const std::int32_t x_node = fused->inputs()[0].node();
  int readers_of_x = 0;
  for (const Node& node : fused->nodes()) {
    readers_of_x += std::ranges::any_of(node.inputs, [&](Value v) { return v.node() == x_node; });
  }
  EXPECT_EQ(readers_of_x, 1);
}

TEST(Fuse, NeverMakesAGroupDependOnItself) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {6, 4}});
  // A row-wise normalisation: the second half of the chain needs sums of the first.
  Value e = exp(x - max(x, {.axes = {-1}, .keep_dims = true}));
  Value p = e / sum(e, {.axes = {-1}, .keep_dims = true});
  graph.output("p", p);
  graph.output("s", e + p);
  auto fused = fuse(graph);
  verify(*fused, "fuse");
  expect_same(graph, *fused);
}

/// A ReLU between a product and a pool, with its gradient.
std::unique_ptr<Graph> pooled_relu_graph(bool outputs_y) {
  auto graph = std::make_unique<Graph>();
  Value z = graph->input("z", {DType::float32, {2, 8, 6, 3}});
  Value y = rectify(z);
  const PoolOptions options{.pool_size = {3, 2}, .window = {.strides = {2, 2}}};
  Value pooled = max_pool(y, options).values;
  Value up = graph->input("up", pooled.type());
  graph->output("pooled", pooled);
  if (outputs_y) graph->output("y", y);
  graph->output("dz", gradient(sum(pooled * up), std::vector{z})[0]);
  return graph;
}

TEST(PooledRelu, TheMaskIsAsSmallAsThePoolsResult) {
  for (bool outputs_y : {false, true}) {
    auto graph = pooled_relu_graph(outputs_y);
    auto moved = simplify(*move_relu_behind_pools(*graph));
    verify(*moved, "pooled_relu");
    expect_same(*graph, *moved);
    for (const Node& node : moved->nodes()) {
      const bool is_large = node.results[0].type.shape.size() == 2 * 8 * 6 * 3;
      if (node.op->name() == "where" || node.op->name() == "greater") {
        EXPECT_FALSE(is_large) << node.op->name();
      }
      if (node.op->name() == "rectify") {
        EXPECT_EQ(is_large, outputs_y);
      }
    }
  }
}

TEST(PooledRelu, TheMaskOfAnotherTensorStays) {
  Graph graph;
  Value z = graph.input("z", {DType::float32, {1, 4, 4, 2}});
  const MaxPool pool = max_pool(z, {.pool_size = {2, 2}});
  Value d = graph.input("d", pool.values.type());
  Value scattered = max_pool_gradient(d, pool.indices, z.shape(), {.pool_size = {2, 2}});
  Value zero = graph.constant(0.0);
  graph.output("other", where(greater(negative(z), zero), scattered, zero));
  graph.output("limit", where(greater(z, graph.constant(0.5)), scattered, zero));
  graph.output("filled", where(greater(z, zero), scattered, graph.constant(1.0)));
  auto moved = move_relu_behind_pools(graph);
  EXPECT_EQ(moved->nodes().size(), graph.nodes().size());
  expect_same(graph, *moved);
}

TEST(Epilogue, BiasAndReluGoIntoTheProduct) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {6, 4}});
  Value w = graph.input("w", {DType::float32, {4, 3}});
  Value b = graph.input("b", {DType::float32, {3}});
  graph.output("y", rectify(matmul(x, w) + b));
  auto absorbed = absorb_epilogues(graph);
  verify(*absorbed, "epilogue");
  EXPECT_EQ(absorbed->nodes().size(), 4u);
  expect_same(graph, *absorbed);
}

TEST(Epilogue, AProductThatIsReadElsewhereIsComputedOnce) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {6, 4}});
  Value w = graph.input("w", {DType::float32, {4, 3}});
  Value b = graph.input("b", {DType::float32, {3}});
  Value product = matmul(x, w);
  graph.output("y", rectify(product + b));
  graph.output("product", product);
  graph.output("squares", sum(product * product));
  auto absorbed = absorb_epilogues(graph);
  verify(*absorbed, "epilogue");
  EXPECT_EQ(count_ops(*absorbed)["matmul"], 1);
  expect_same(graph, *absorbed);
}

/// Results that take over an operand's memory in y = −x + |x|, or −x + −x where `twice`, when the
/// sum's kernel may write over these operands and no other kernel works in place.
int taken_over(bool twice, const std::vector<std::pair<int, int>>& in_place) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {8}});
  Value u = -x;
  Value v = absolute(x);
  graph.output("y", u + (twice ? u : v));
  Lowered lowered = choose_layouts(graph, reference_backend(), {});
  lowered.selections.back().proposal.in_place = in_place;
  for (std::size_t n = 0; n + 1 < lowered.selections.size(); ++n) {
    lowered.selections[n].proposal.in_place.clear();
  }
  return plan_memory(lowered, schedule(lowered), {}).in_place;
}

TEST(PlanMemory, AnOperandThatIsReadInAnotherWayTooKeepsItsMemory) {
  EXPECT_EQ(taken_over(false, {}), 0);
  EXPECT_EQ(taken_over(false, {{0, 0}}), 1);
  EXPECT_EQ(taken_over(true, {{0, 0}, {0, 1}}), 1);
  EXPECT_EQ(taken_over(true, {{0, 0}}), 0) << "the kernel reads it as its second operand as well";
}

/// The names of the ops, in the order they run.
std::vector<std::string> scheduled_ops(const Graph& graph) {
  const Lowered lowered = choose_layouts(graph, reference_backend(), {});
  std::vector<std::string> names;
  for (std::int32_t n : schedule(lowered)) {
    names.emplace_back(lowered.graph->nodes()[static_cast<std::size_t>(n)].op->name());
  }
  return names;
}

TEST(Schedule, WhatFreesAsMuchAsItTakesComesFirst) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {64, 64}});
  Value y = exp(x);
  Value second = tanh(x);               // takes memory
  Value first = sum(y, {.axes = {0}});  // the last to read y
  graph.output("second", second);
  graph.output("first", first);
  EXPECT_EQ(scheduled_ops(graph), (std::vector<std::string>{"exp", "sum", "tanh"}));
}

/// The gradient of a matrix of 64 × 64 of a batch of one is much larger than what it is made of.
TEST(Schedule, LargeGradientsComeLast) {
  Graph graph;
  const VariableId w = graph.variables().add({.name = "w", .type = {DType::float32, {64, 64}}});
  Value x = graph.input("x", {DType::float32, {1, 64}});
  Value up = graph.input("up", {DType::float32, {1, 64}});
  Value dy = exp(up);
  Value gradient = matmul(tanh(x), dy, {.transpose_a = true});
  Value dx = matmul(dy, graph.variable(w), {.transpose_b = true});
  graph.output("dx", sqrt(square(dx)));
  graph.set_update(w, graph.variable(w) - gradient);
  EXPECT_EQ(scheduled_ops(graph), (std::vector<std::string>{"exp", "tanh", "matmul", "square",
                                                            "sqrt", "matmul", "subtract"}));
}

std::vector<Block> random_blocks(std::mt19937& random) {
  std::vector<Block> blocks(1 + random() % 40);
  for (Block& block : blocks) {
    block.bytes = 64 * (1 + random() % 9);
    block.first = static_cast<std::int32_t>(random() % 60);
    block.last = block.first + static_cast<std::int32_t>(random() % 4);
  }
  return blocks;
}

bool live_together(const Block& a, const Block& b) {
  return a.first <= b.last && b.first <= a.last;
}
bool overlap(const Block& a, const Block& b) {
  return a.offset < b.offset + static_cast<std::int64_t>(b.bytes) &&
         b.offset < a.offset + static_cast<std::int64_t>(a.bytes);
}

/// The most that is in use at once.
std::size_t most_live(const std::vector<Block>& blocks) {
  std::size_t most = 0;
  for (std::int32_t t = 0; t < 64; ++t) {
    std::size_t live = 0;
    for (const Block& block : blocks) live += block.first <= t && t <= block.last ? block.bytes : 0;
    most = std::max(most, live);
  }
  return most;
}

TEST(AssignOffsets, BlocksThatLiveTogetherNeverOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Block> blocks = random_blocks(random);
    for (const Places places : {Places::any, Places::own_size}) {
      const std::size_t total = assign_offsets(blocks, places);
      EXPECT_GE(total, most_live(blocks));
      for (const Block& a : blocks) {
        EXPECT_LE(static_cast<std::size_t>(a.offset) + a.bytes, total);
        for (const Block& b : blocks) {
          if (&a != &b && live_together(a, b)) {
            ASSERT_FALSE(overlap(a, b));
          }
        }
      }
    }
  }
}

TEST(AssignOffsets, InARoomyArenaBlocksOfDifferentSizesNeverOverlap) {
  std::mt19937 random(8);
  int shared = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<Block> blocks = random_blocks(random);
    assign_offsets(blocks, Places::own_size);
    for (const Block& a : blocks) {
      for (const Block& b : blocks) {
        if (&a == &b || !overlap(a, b)) continue;
        ASSERT_EQ(a.bytes, b.bytes);
        ASSERT_EQ(a.offset, b.offset);
        ++shared;
      }
    }
  }
  EXPECT_GT(shared, 0);
}

/// The arena of a chain of large values of falling size.
std::size_t arena_of_a_chain(std::size_t roomy_bytes) {
  Graph graph;
  Value x = graph.input("x", {DType::float32, {1000, 500}});
  for (std::int64_t columns : {400, 300, 200}) x = slice(exp(x), 1, 0, columns);
  graph.output("y", x);
  const Lowered lowered = choose_layouts(graph, reference_backend(), {});
  return plan_memory(lowered, schedule(lowered), {.roomy_bytes = roomy_bytes}).arena_bytes;
}

TEST(PlanMemory, IsRoomyWhereThatFits) {
  const std::size_t tight = arena_of_a_chain(0);
  const std::size_t roomy = arena_of_a_chain(1'000'000'000);
  EXPECT_GT(roomy, tight);
  EXPECT_EQ(arena_of_a_chain(roomy), roomy);
  EXPECT_EQ(arena_of_a_chain(roomy - 1), tight);
}

}  // namespace
}  // namespace sloy
