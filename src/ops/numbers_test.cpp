// Numbers in place of values.
#include <gtest/gtest.h>
#include <sloy/ops.h>
#include <sloy/program.h>

#include "harness/messages.h"

namespace sloy {
namespace {

class Numbers : public testing::Test {
 protected:
  std::vector<float> of(Value result) {
    const Tensor found = evaluate(result, {Tensor({3}, std::vector<float>{1, 2, 3})});
    return {found.values<float>().begin(), found.values<float>().end()};
  }
  using Floats = std::vector<float>;

  Graph graph;
  Value x = graph.input("x", {DType::float32, {3}});
};

TEST_F(Numbers, StandOnEitherSide) {
  EXPECT_EQ(of(power(x, 3)), (Floats{1, 8, 27}));
  EXPECT_EQ(of(power(3, x)), (Floats{3, 9, 27}));
  EXPECT_EQ(of(maximum(x, 2)), (Floats{2, 2, 3}));
  EXPECT_EQ(of(maximum(2, x)), (Floats{2, 2, 3}));
  EXPECT_EQ(of(minimum(x, 2)), (Floats{1, 2, 2}));
  EXPECT_EQ(of(minimum(2, x)), (Floats{1, 2, 2}));
  EXPECT_EQ(of(equal(x, 2)), (Floats{0, 1, 0}));
  EXPECT_EQ(of(equal(2, x)), (Floats{0, 1, 0}));
  EXPECT_EQ(of(not_equal(x, 2)), (Floats{1, 0, 1}));
  EXPECT_EQ(of(not_equal(2, x)), (Floats{1, 0, 1}));
  EXPECT_EQ(of(greater(x, 2)), (Floats{0, 0, 1}));
  EXPECT_EQ(of(greater(2, x)), (Floats{1, 0, 0}));
  EXPECT_EQ(of(greater_equal(x, 2)), (Floats{0, 1, 1}));
  EXPECT_EQ(of(greater_equal(2, x)), (Floats{1, 1, 0}));
  EXPECT_EQ(of(less(x, 2.5)), (Floats{1, 1, 0}));
  EXPECT_EQ(of(less(2.5, x)), (Floats{0, 0, 1}));
  EXPECT_EQ(of(less_equal(x, 2)), (Floats{1, 1, 0}));
  EXPECT_EQ(of(less_equal(2, x)), (Floats{0, 1, 1}));
}

TEST(NumbersOfLabels, AreInt32) {
  Graph graph;
  const Value labels = graph.input("labels", {DType::int32, {3}});
  const Tensor given({3}, std::vector<std::int32_t>{0, 1, 2});
  EXPECT_EQ(evaluate(equal(labels, 1), {given}), Tensor({3}, std::vector<float>{0, 1, 0}));
  EXPECT_EQ(harness::message_of([&] { equal(labels, 0.5); }),
            "int32 values can't be compared with 0.5\n"
            "  to fix   compare with a whole number of int32, or cast the values to float32");
  EXPECT_THROW(less(labels, 1e10), ConfigError);
}

}  // namespace
}  // namespace sloy
