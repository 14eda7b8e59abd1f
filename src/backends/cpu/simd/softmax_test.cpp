#include "backends/cpu/simd/softmax.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

using Floats = std::vector<float>;
using Indices = std::vector<std::int32_t>;

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t widths[] = {1, 2, 3, 10, 15, 16, 17, 33, 64, 100, 1000};

Floats scores(const RowsShape& s, float scale) {
  static std::mt19937 generator(3);
  std::normal_distribution<float> normal(0, scale);
  Floats x(s.rows * s.classes);
  for (float& value : x) value = normal(generator);
  return x;
}

Indices labels(const RowsShape& s) {
  Indices result;
  for (std::int64_t row = 0; row < s.rows; ++row) {
    result.push_back(static_cast<std::int32_t>(row * 7 % s.classes));
  }
  return result;
}

/// log Σ exp of each row, in double.
std::vector<double> log_sums(const RowsShape& s, const Floats& scores) {
  std::vector<double> result;
  for (const float* x = scores.data(); x < scores.data() + scores.size(); x += s.classes) {
    double max = -inf, sum = 0;
    for (std::int64_t i = 0; i < s.classes; ++i) max = std::max(max, double(x[i]));
    for (std::int64_t i = 0; i < s.classes; ++i) sum += std::exp(double(x[i]) - max);
    result.push_back(max + std::log(sum));
  }
  return result;
}

template <class Check>
void on_each_shape(const Check& check) {
  on_each_target([&] {
    for (std::int64_t rows : {1, 5, 64}) {
      for (std::int64_t classes : widths) {
        for (float scale : {1.0f, 1000.0f}) {
          const RowsShape s{rows, classes};
          check(s, scores(s, scale));
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  });
}

TEST(Softmax, IsThatOfTheDefinition) {
  on_each_shape([](const RowsShape& s, const Floats& x) {
    Floats y(x.size(), 99);
    softmax(s, x.data(), y.data());
    const std::vector<double> sums = log_sums(s, x);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double expected = std::exp(double(x[i]) - sums[i / s.classes]);
      ASSERT_NEAR(y[i], expected, 1e-6 * expected + 1e-38) << s.classes;
    }
  });
}

TEST(Softmax, CrossEntropyIsThatOfTheDefinition) {
  on_each_shape([](const RowsShape& s, const Floats& x) {
    const Indices label = labels(s);
    Floats loss(s.rows, 99);
    softmax_cross_entropy(s, x.data(), label.data(), loss.data());
    const std::vector<double> sums = log_sums(s, x);
    for (std::int64_t row = 0; row < s.rows; ++row) {
      const double expected = sums[row] - double(x[row * s.classes + label[row]]);
      ASSERT_NEAR(loss[row], expected, 2e-6 * std::abs(expected) + 2e-6) << s.classes;
    }
  });
}

TEST(Softmax, EdgesOfRows) {
  on_each_target([] {
    const RowsShape s{5, 3};
    const Floats x = {0,     0,      0,  //
                      -inf,  0,      0,  //
                      1e38f, -1e38f, 1e38f, nan, 0, 0, -1e4f, -1e4f, -inf};
    Floats y(15);
    softmax(s, x.data(), y.data());
    const Floats expected = {1 / 3.0f, 1 / 3.0f, 1 / 3.0f, 0,   0.5f, 0.5f, 0.5f, 0,
                             0.5f,     nan,      nan,      nan, 0.5f, 0.5f, 0};
    for (int i = 0; i < 15; ++i) {
      if (std::isnan(expected[i]))
        EXPECT_TRUE(std::isnan(y[i])) << i;
      else
        EXPECT_FLOAT_EQ(y[i], expected[i]) << i;
    }
    const Indices label = {3, -1, 0, 0, 0};
    Floats loss(5);
    softmax_cross_entropy(s, x.data(), label.data(), loss.data());
    EXPECT_TRUE(std::isnan(loss[0]));
    EXPECT_TRUE(std::isnan(loss[1]));
    EXPECT_FLOAT_EQ(loss[2], std::log(2.0f));
  });
}

TEST(Softmax, MayWriteOverItsScores) {
  on_each_target([] {
    const RowsShape s{9, 21};
    Floats x = scores(s, 1), y(x.size());
    softmax(s, x.data(), y.data());
    softmax(s, x.data(), x.data());
    EXPECT_EQ(x, y);
  });
}

TEST(Argmax, IsTheFirstLargest) {
  on_each_target([] {
    for (std::int64_t classes : widths) {
      const RowsShape s{20, classes};
      Floats x = scores(s, 1);
      for (float& value : x) value = std::round(value * 2);
      Indices seen(s.rows, 99);
      argmax(s, x.data(), seen.data());
      for (std::int64_t row = 0; row < s.rows; ++row) {
        const float* from = x.data() + row * classes;
        EXPECT_EQ(seen[row], std::max_element(from, from + classes) - from);
      }
    }
  });
}

TEST(Argmax, Edges) {
  on_each_target([] {
    const Floats x = {-inf, -inf, -inf, 1, nan, 2, nan, 7, nan, inf, 3, inf};
    Indices seen(4);
    argmax({4, 3}, x.data(), seen.data());
    EXPECT_EQ(seen, (Indices{0, 1, 0, 0}));
  });
}

TEST(OneHot, IsZeroElsewhereAndOutOfRange) {
  const Indices indices = {2, 0, -1, 3, 1};
  Floats y(15, 99);
  one_hot({5, 3}, indices.data(), y.data());
  EXPECT_EQ(y, (Floats{0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}));
}

}  // namespace
}  // namespace sloy::cpu
