#include <gtest/gtest.h>
#include <sloy/ops.h>
#include <sloy/program.h>

namespace sloy {
namespace {

/// The new value takes the old one's place in the same pass that sums the old one.
TEST(FusedOffers, SumsReadAnOperandBeforeAResultOverwritesIt) {
  Graph graph;
  Variable variable{.name = "x", .type = {DType::float32, {40, 50}}};
  variable.initial = [](std::uint64_t) {
    Tensor ones(DType::float32, {40, 50});
    for (float& x : ones.mutable_values<float>()) x = 1;
    return ones;
  };
  VariableId id = graph.variables().add(variable);
  Value x = graph.variable(id);
  Program step = compile({.outputs = {sum(x), sum(x, {.axes = {0}}), sum(x, {.axes = {1}})},
                          .updates = {{id, negative(x) * 2.0}},
                          .batch_size = 1});
  State state(step.variables());
  Results results = step.run(state, {});
  EXPECT_EQ(results[0].item(), 2000.0);
  for (float column : results[1].values<float>()) EXPECT_EQ(column, 40.0f);
  for (float row : results[2].values<float>()) EXPECT_EQ(row, 50.0f);
  const Tensor updated = state.get(id);
  for (float now : updated.values<float>()) EXPECT_EQ(now, -2.0f);
}

}  // namespace
}  // namespace sloy
