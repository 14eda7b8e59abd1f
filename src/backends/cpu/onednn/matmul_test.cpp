#include "backends/cpu/onednn/matmul.h"

#include <gtest/gtest.h>

#include "backends/cpu/onednn/testing.h"

namespace sloy::onednn {
namespace {

std::vector<float> multiply(const MatmulGeometry& g, const std::vector<float>& a,
                            const std::vector<float>& b) {
  std::vector<float> c(g.rows * g.columns);
  for (std::int64_t i = 0; i < g.rows; ++i) {
    for (std::int64_t j = 0; j < g.columns; ++j) {
      double sum = 0.0;
      for (std::int64_t k = 0; k < g.inner; ++k) {
        sum += double{a[g.transpose_a ? k * g.rows + i : i * g.inner + k]} *
               double{b[g.transpose_b ? j * g.inner + k : k * g.columns + j]};
      }
      c[i * g.columns + j] = static_cast<float>(sum);
    }
  }
  return c;
}

std::string describe(const MatmulGeometry& g) {
  return to_string(g.a_shape()) + (g.transpose_a ? " transposed" : "") + " times " +
         to_string(g.b_shape()) + (g.transpose_b ? " transposed" : "");
}

void expect_exact(const MatmulGeometry& geometry, const MatmulLayouts& layouts) {
  SCOPED_TRACE(describe(geometry));
  const auto a = small_integers(geometry.rows * geometry.inner, 1);
  const auto b = small_integers(geometry.inner * geometry.columns, 2);
  const Preparation result = prepare_matmul(geometry, {}, layouts);
  ASSERT_TRUE(result) << result.refusal;
  EXPECT_EQ(run_plain(*result.kernel, {a, b})[0], multiply(geometry, a, b))
      << result.kernel->implementation();
}

TEST(Matmul, PlainIsExactOnSmallIntegers) {
  for (std::int64_t rows : {1, 15, 16, 33}) {
    for (std::int64_t columns : {1, 10, 17, 64}) {
      for (std::int64_t inner : {1, 16, 31, 80}) {
        for (bool transpose_a : {false, true}) {
          for (bool transpose_b : {false, true}) {
            expect_exact({rows, columns, inner, transpose_a, transpose_b}, {});
          }
        }
      }
    }
  }
}

// One packed form serves the three products of a dense layer.
TEST(Matmul, PackedIsExactInAllThreeProducts) {
  for (const auto& [inputs, units] : {std::pair{16, 64}, {64, 128}, {48, 192}, {784, 512}}) {
    const std::optional<Layout> packed = packed_weight(inputs, units);
    if (!packed) continue;
    for (std::int64_t batch : {1, 7, 32, 33}) {
      expect_exact({.rows = batch, .columns = units, .inner = inputs}, {.weight = packed});
      expect_exact({.rows = batch, .columns = inputs, .inner = units, .transpose_b = true},
                   {.weight = packed});
      expect_exact({.rows = inputs, .columns = units, .inner = batch, .transpose_a = true},
                   {.weight = packed});
    }
  }
}

TEST(Matmul, PacksNothingThatWouldPad) {
  EXPECT_FALSE(packed_weight(100, 10));
  EXPECT_FALSE(packed_weight(15, 64));
}

TEST(Matmul, AddsBiasThenClampsAtZero) {
  const MatmulGeometry geometry{.rows = 9, .columns = 64, .inner = 32};
  const auto a = small_integers(9 * 32, 1);
  const auto b = small_integers(32 * 64, 2);
  const auto bias = small_integers(64, 3);
  auto expected = multiply(geometry, a, b);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expected[i] = std::max(expected[i] + bias[i % 64], 0.0f);
  }
  for (const std::optional<Layout>& weight : {std::optional<Layout>{}, packed_weight(32, 64)}) {
    const Preparation result =
        prepare_matmul(geometry, {.bias = true, .relu = true}, {.weight = weight});
    ASSERT_TRUE(result) << result.refusal;
    EXPECT_EQ(run_plain(*result.kernel, {a, b, bias})[0], expected);
  }
  const MatmulGeometry narrow{.rows = 9, .columns = 3, .inner = 32};
  const auto narrow_b = small_integers(32 * 3, 2);
  const auto narrow_bias = small_integers(3, 3);
  auto sums = multiply(narrow, a, narrow_b);
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += narrow_bias[i % 3];
  const Preparation result = prepare_matmul(narrow, {.bias = true});
  ASSERT_TRUE(result) << result.refusal;
  EXPECT_EQ(run_plain(*result.kernel, {a, narrow_b, narrow_bias})[0], sums);
}

TEST(Matmul, RefusesTwoTransposesOfAPackedMatrix) {
  const Layout packed{.order = {1, 0}, .blocks = {{0, 16}, {1, 64}}};
  const Preparation result = prepare_matmul(
      {.rows = 64, .columns = 64, .inner = 64, .transpose_a = true, .transpose_b = true}, {},
      {.weight = packed});
  EXPECT_EQ(result.refusal, "oneDNN has no product of two transposed, packed matrices");
}

}  // namespace
}  // namespace sloy::onednn
