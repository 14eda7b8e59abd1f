// The figures of the lectures (docs/design/mission.md 1.4).
#include <gtest/gtest.h>
#include <sloy/ops.h>
#include <sloy/program.h>

namespace sloy {
namespace {

using Numbers = std::vector<float>;

const PoolOptions two_by_two{.pool_size = {2, 2}, .window = {.strides = {2, 2}}};

/// A 4 × 4 picture, as a value to pool.
struct Picture {
  explicit Picture(const Numbers& pixels) : x(graph.constant(Tensor({1, 4, 4, 1}, pixels))) {}
  Graph graph;
  Value x;
};

Numbers numbers(Value value) {
  const Tensor tensor = evaluate(value);
  return {tensor.values<float>().begin(), tensor.values<float>().end()};
}

TEST(WorkedExample, PoolingTakesTheLargestOrTheMeanOfFour) {
  Picture picture({1, 3, 2, 9, 7, 4, 1, 5, 8, 5, 2, 3, 4, 2, 1, 4});
  EXPECT_EQ(numbers(max_pool(picture.x, two_by_two).values), (Numbers{7, 9, 8, 4}));
  EXPECT_EQ(numbers(average_pool(picture.x, two_by_two)), (Numbers{3.75, 4.25, 4.75, 2.5}));
}

TEST(WorkedExample, PoolingOfTheSecondPicture) {
  Picture picture({1, 1, 2, 4, 5, 6, 7, 8, 3, 2, 1, 0, 1, 2, 3, 4});
  EXPECT_EQ(numbers(max_pool(picture.x, two_by_two).values), (Numbers{6, 8, 3, 4}));
}

}  // namespace
}  // namespace sloy
