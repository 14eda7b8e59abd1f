#include <gtest/gtest.h>
#include <sloy/error.h>
#include <sloy/tensor.h>

#include <limits>

namespace sloy {
namespace {

constexpr std::int64_t large = std::numeric_limits<std::int64_t>::max();

TEST(DType, NamesRoundTrip) {
  for (DType dtype : {DType::float32, DType::float64, DType::int32, DType::uint8}) {
    EXPECT_EQ(parse_dtype(to_string(dtype)), dtype);
  }
  EXPECT_EQ(to_string(DType::uint8), "uint8");
  EXPECT_THROW(parse_dtype("float16"), ConfigError);
  EXPECT_THROW(parse_dtype(""), ConfigError);
}

TEST(Dim, BindsTheBatchSize) {
  EXPECT_EQ(batch.bind(32), Dim(32));
  EXPECT_EQ(Dim::batches(3).bind(32).size(), 96);
  EXPECT_EQ(Dim(7).bind(32).size(), 7);
  EXPECT_NE(batch, Dim(1));
}

TEST(Shape, CountsElements) {
  EXPECT_EQ(Shape{}.size(), 1);
  EXPECT_EQ((Shape{2, 3, 5}.size()), 30);
  EXPECT_EQ((Shape{batch, 28, 28, 1}.elements()), Dim::batches(784));
  EXPECT_EQ((Shape{batch, 28, 28, 1}.bind(4).size()), 3136);
  EXPECT_EQ((Shape{large, 1}.size()), large);
}

TEST(Shape, AZeroMakesAnyProductZero) {
  EXPECT_EQ((Shape{large, large, 0}.size()), 0);
  EXPECT_EQ((Shape{0, batch}.elements()), Dim::batches(0));
}

TEST(Shape, RefusesProductsThatMeanNothing) {
  EXPECT_THROW((Shape{large, 2}.elements()), ShapeError);
  EXPECT_THROW((Shape{std::int64_t{1} << 32, std::int64_t{1} << 31}.elements()), ShapeError);
  EXPECT_THROW((Shape{batch, batch}.elements()), ShapeError);
  EXPECT_THROW((Shape{4, -1}.elements()), ShapeError);
  EXPECT_THROW((Shape{0, -1}.elements()), ShapeError);
}

TEST(Shape, HasAtMostEightDimensions) {
  Shape shape{1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(shape.rank(), 8);
  EXPECT_THROW(shape.push_back(9), ShapeError);
  EXPECT_THROW((Shape{1, 2, 3, 4, 5, 6, 7, 8, 9}), ShapeError);
}

TEST(Shape, CountsAxesFromEitherEnd) {
  const Shape shape{batch, 5, 7};
  EXPECT_EQ(shape[0], batch);
  EXPECT_EQ(shape[-1], Dim(7));
  EXPECT_EQ(shape.size(-2), 5);
  EXPECT_EQ(shape.without(1), (Shape{batch, 7}));
  EXPECT_EQ(shape.without(-1), (Shape{batch, 5}));
  EXPECT_EQ(shape.with_first(3), (Shape{3, 5, 7}));
}

TEST(Shape, EqualsByRankAndDimensions) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{2, 3, 1}));
  EXPECT_NE((Shape{batch, 3}), (Shape{1, 3}));
}

TEST(Shape, PrintsAsATuple) {
  EXPECT_EQ(to_string(Shape{}), "()");
  EXPECT_EQ(to_string(Shape{3}), "(3)");
  EXPECT_EQ(to_string(Shape{batch, 28, 28, 1}), "(batch, 28, 28, 1)");
  EXPECT_EQ(to_string(Shape{Dim::batches(4), 2}), "(4*batch, 2)");
  EXPECT_EQ(to_string(Type{DType::int32, {batch}}), "int32 (batch)");
}

}  // namespace
}  // namespace sloy
