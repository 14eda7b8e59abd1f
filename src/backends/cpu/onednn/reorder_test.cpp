#include "backends/cpu/onednn/reorder.h"

#include <gtest/gtest.h>

#include "backends/cpu/onednn/testing.h"

namespace sloy::onednn {
namespace {

void expect_relayout(const Shape& shape, const Layout& from, const Layout& to) {
  SCOPED_TRACE(to_string(shape) + " " + to_string(from) + " to " + to_string(to));
  const Preparation result = prepare_reorder(shape, from, to);
  ASSERT_TRUE(result) << result.refusal;
  EXPECT_EQ(result.kernel->inputs()[0].layout, from);
  EXPECT_EQ(result.kernel->outputs()[0].layout, to);
  const auto values = uniform(shape.size(), 1);
  EXPECT_EQ(run_plain(*result.kernel, {values})[0], values) << result.kernel->implementation();
}

void expect_all_ways(const Shape& shape, const std::vector<Layout>& layouts) {
  for (const Layout& from : layouts) {
    for (const Layout& to : layouts) expect_relayout(shape, from, to);
  }
}

TEST(Reorder, ConvertsActivations) {
  const std::vector<Layout> layouts{
      {}, {.order = {0, 3, 1, 2}}, channels_blocked(4, 8), channels_blocked(4, 16)};
  for (const Shape& shape : {Shape{2, 5, 4, 32}, Shape{1, 3, 3, 3}, Shape{3, 1, 1, 16},
                             Shape{2, 7, 7, 1}, Shape{2, 4, 4, 40}}) {
    expect_all_ways(shape, layouts);
  }
  expect_all_ways({2, 9, 16}, {{}, channels_blocked(3, 16)});
  expect_all_ways({2, 3, 4, 5, 16}, {{}, channels_blocked(5, 16)});
}

TEST(Reorder, ConvertsKernels) {
  const std::vector<Layout> layouts{{},
                                    {.order = {3, 2, 0, 1}, .blocks = {{2, 16}, {3, 16}}},
                                    {.order = {3, 2, 0, 1}, .blocks = {{3, 16}, {2, 16}}},
                                    {.order = {3, 0, 2, 1}, .blocks = {{3, 16}}}};
  for (const Shape& shape : {Shape{3, 3, 16, 32}, Shape{3, 3, 1, 16}, Shape{1, 1, 20, 10}}) {
    expect_all_ways(shape, layouts);
  }
}

TEST(Reorder, ConvertsMatrices) {
  const std::vector<Layout> layouts{
      {}, {.order = {1, 0}}, {.order = {1, 0}, .blocks = {{0, 16}, {1, 64}}}};
  for (const Shape& shape : {Shape{32, 64}, Shape{16, 128}, Shape{784, 64}}) {
    expect_all_ways(shape, layouts);
  }
  expect_all_ways({17}, {{}});
}

}  // namespace
}  // namespace sloy::onednn
