#include "backends/cpu/simd/moments.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

struct Result {
  std::vector<float> mean, variance;
};

Result run(const MomentsShape& shape, const std::vector<float>& x) {
  std::vector<double> scratch(moments_scratch_bytes(shape) / sizeof(double));
  Result result{std::vector<float>(shape.results()), std::vector<float>(shape.results())};
  moments(shape, x.data(), result.mean.data(), result.variance.data(), scratch.data());
  return result;
}

/// Which result an element belongs to, by the definition.
std::int64_t set_of(const MomentsShape& shape, std::int64_t element) {
  const Space& space = shape.space;
  const std::int64_t column = element % space.width;
  const std::int64_t row = element / space.width;
  const std::int64_t panel = row / space.rows;
  switch (shape.over) {
    case MomentsOver::columns: return row / shape.group;
    case MomentsOver::rows: return (panel * space.width + column) / shape.group;
    case MomentsOver::examples: return (panel % space.blocks * space.width + column) / shape.group;
  }
  return 0;
}

struct Exact {
  std::vector<double> mean, variance;
};

Exact exact(const MomentsShape& shape, const std::vector<float>& x) {
  const auto sets = static_cast<std::size_t>(shape.results());
  Exact result{std::vector<double>(sets), std::vector<double>(sets)};
  const double count = double(x.size()) / double(sets);
  for (std::size_t i = 0; i < x.size(); ++i) result.mean[set_of(shape, i)] += double(x[i]);
  for (double& mean : result.mean) mean /= count;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::int64_t set = set_of(shape, i);
    result.variance[set] += std::pow(double(x[i]) - result.mean[set], 2) / count;
  }
  return result;
}

const MomentsShape shapes[] = {
    {.space = Space::plain(1, 1)},
    {.space = Space::plain(2, 3)},
    {.space = Space::plain(100, 15)},
    {.space = Space::plain(3000, 16)},
    {.space = Space::plain(777, 33)},
    {.space = Space::plain(129, 300)},
    {.space = Space::plain(40000, 1)},
    {.space = Space::plain(64, 100), .group = 10},
    {.space = Space::blocked(3, 49, 32, 16)},
    {.space = Space::blocked(40, 16, 64, 16), .group = 4},
    {.space = Space::blocked(2, 5000, 16, 8)},
    {.space = {.panels = 5, .rows = 49, .width = 17}, .over = MomentsOver::rows},
    {.space = {.panels = 3, .rows = 3000, .width = 12}, .over = MomentsOver::rows, .group = 4},
    {.space = Space::blocked(3, 64, 32, 16), .over = MomentsOver::rows},
    {.space = Space::blocked(3, 64, 32, 8), .over = MomentsOver::rows, .group = 16},
    {.space = Space::plain(33, 1), .over = MomentsOver::columns},
    {.space = Space::plain(17, 100), .over = MomentsOver::columns},
    {.space = Space::plain(2, 70000), .over = MomentsOver::columns},
    {.space = Space::plain(6, 64), .over = MomentsOver::columns, .group = 3},
};

void expect_exact(double offset, double mean_error, double variance_error) {
  for (const MomentsShape& shape : shapes) {
    std::mt19937 generator(11);
    std::normal_distribution<float> normal;
    std::vector<float> x(shape.space.size());
    for (float& value : x) value = static_cast<float>(offset) + normal(generator);
    const Exact expected = exact(shape, x);
    const Result seen = run(shape, x);
    for (std::size_t i = 0; i < seen.mean.size(); ++i) {
      const double scale = std::abs(offset) + 1;
      ASSERT_NEAR(seen.mean[i], expected.mean[i], mean_error * scale);
      ASSERT_NEAR(seen.variance[i], expected.variance[i],
                  variance_error * expected.variance[i] + 1e-30);
    }
  }
}

TEST(Moments, AreThoseOfTheDefinition) {
  on_each_target([] { expect_exact(0, 1e-7, 1e-6); });
}

TEST(Moments, AFarMeanCostsNoDigits) {
  on_each_target([] {
    expect_exact(1000, 1e-7, 3e-5);
    expect_exact(-1e5, 1e-7, 3e-5);
  });
}

TEST(Moments, AreExactOnSmallIntegers) {
  // Each set holds 1, 2, 3, 2 over and over: mean 2, variance 1/2.
  on_each_target([] {
    for (std::int64_t rows : {4, 64}) {
      for (std::int64_t width : {1, 2, 3, 15, 16, 17, 33, 64, 100}) {
        std::vector<float> x;
        for (std::int64_t i = 0; i < rows * width; ++i) {
          constexpr float values[] = {1, 2, 3, 2};
          x.push_back(values[i / width % 4]);
        }
        const Result seen = run({.space = Space::plain(rows, width)}, x);
        EXPECT_EQ(seen.mean, std::vector<float>(width, 2.0f));
        EXPECT_EQ(seen.variance, std::vector<float>(width, 0.5f));
      }
    }
  });
}

TEST(Moments, OfEqualNumbersHaveNoVariance) {
  on_each_target([] {
    for (const MomentsShape& shape : shapes) {
      const Result seen = run(shape, std::vector<float>(shape.space.size(), 0.1f));
      EXPECT_EQ(seen.mean, std::vector<float>(shape.results(), 0.1f));
      EXPECT_EQ(seen.variance, std::vector<float>(shape.results(), 0.0f));
    }
  });
}

TEST(Moments, DoNotDependOnVectors) {
  for (const MomentsShape& shape : shapes) {
    std::mt19937 generator(12);
    std::normal_distribution<float> normal;
    std::vector<float> x(shape.space.size());
    for (float& value : x) value = 3 + normal(generator);
    Result first;
    on_each_target([&] {
      const Result seen = run(shape, x);
      if (first.mean.empty()) first = seen;
      for (std::size_t i = 0; i < seen.mean.size(); ++i) {
        ASSERT_EQ(std::bit_cast<int>(seen.mean[i]), std::bit_cast<int>(first.mean[i]));
        ASSERT_EQ(std::bit_cast<int>(seen.variance[i]), std::bit_cast<int>(first.variance[i]));
      }
    });
  }
}

}  // namespace
}  // namespace sloy::cpu
