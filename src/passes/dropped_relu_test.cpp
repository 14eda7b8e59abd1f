#include "passes/dropped_relu.h"

#include <gtest/gtest.h>
#include <sloy/ops.h>

#include "graph/verify.h"
#include "harness/graphs.h"
#include "passes/simplify.h"

namespace sloy {
namespace {

using harness::count_ops;
using harness::expect_same;

/// z → ReLU → dropout → a product, with the gradient for z.
struct Dropped {
  double scale = 2;
  double limit = 0;       ///< what the ReLU's result is compared with
  bool is_stored = true;  ///< whether anything but element-wise ops reads what dropout gives
  bool other_mask = false;
  bool other_relu = false;  ///< whether dropout is of the ReLU of something else

  std::unique_ptr<Graph> graph() const {
    auto made = std::make_unique<Graph>();
    const Value z = made->input("z", {DType::float32, {5, 7}});
    const Value numbers = made->input("numbers", {DType::float32, {5, 7}});
    const Value slope = made->input("slope", {DType::float32, {5, 7}});
    const Value kept = greater_equal(numbers, 0.25), zero = made->constant(0.0);
    const Value r = rectify(z);
    const Value y = where(kept, (other_relu ? rectify(slope) : r) * scale, zero);
    made->output("next", is_stored ? slice(y, 1, 2, 4) : sum(tanh(y)));
    const Value mask = other_mask ? greater_equal(numbers, 0.5) : kept;
    const Value scaled = where(mask, slope, zero) * scale;
    made->output("dz", where(greater(r, limit), scaled, zero));
    return made;
  }

  /// The ops that are left after the pass. Checks that the numbers are the same.
  std::map<std::string, int> ops_after() const {
    const auto before = graph();
    const auto after = read_masks_off_dropout(*before);
    verify(*after, "dropped_relu");
    expect_same(*before, *after);
    return count_ops(*simplify(*after));
  }
};

TEST(DroppedRelu, BothMasksAreReadOffTheResult) { EXPECT_EQ(Dropped().ops_after()["where"], 2); }

TEST(DroppedRelu, StaysWhereTheResultDoesNotTell) {
  for (const Dropped& graph :
       {Dropped{.scale = -2}, Dropped{.limit = 0.5}, Dropped{.is_stored = false},
        Dropped{.other_mask = true}, Dropped{.other_relu = true}}) {
    EXPECT_EQ(graph.ops_after()["where"], 3);
  }
}

/// As layers write it.
TEST(DroppedRelu, NeitherRandomNumbersNorTheReluAreNeededForTheGradient) {
  Graph graph;
  const Value z = graph.input("z", {DType::float32, {4, 6}});
  const Value seed = graph.constant(Tensor({2}, std::vector<std::int32_t>{3, 4}));
  const Value step = graph.constant(Tensor::scalar(std::int32_t{7}));
  const Value kept = greater_equal(random_uniform(seed, step, {.shape = {4, 6}}), 0.25);
  const Value y = where(kept, rectify(z) * (1 / 0.75), graph.constant(0.0));
  const Value w = graph.input("w", {DType::float32, {6, 3}});
  const Value loss = sum(square(matmul(y, w)));
  graph.output("loss", loss);
  graph.output("dz", gradient(loss, std::vector{z})[0]);
  const auto after = simplify(*read_masks_off_dropout(graph));
  verify(*after, "dropped_relu");
  expect_same(graph, *after);
  for (const Node& node : after->nodes()) {
    if (node.op->name() != "greater") continue;
    EXPECT_EQ(after->node(node.inputs[0]).op->name(), "where") << "the dropout's result";
  }
}

}  // namespace
}  // namespace sloy
