#include "backends/cpu/simd/pool.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "harness/each_tap.h"
#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

using Floats = std::vector<float>;
using Indices = std::vector<std::int32_t>;

/// Every way windows can lie: side by side, with rests, overlapping, padded, apart, dilated.
const Windows windows_of_all_kinds[] = {
    {.height = axis(4, 2, 2), .width = axis(4, 2, 2)},
    {.height = axis(28, 2, 2), .width = axis(26, 2, 2)},
    {.height = axis(7, 2, 2), .width = axis(5, 2, 2)},
    {.height = axis(9, 3, 3), .width = axis(10, 3, 3)},
    {.height = axis(13, 3, 2), .width = axis(13, 3, 2)},
    {.height = axis(6, 3, 1, 1, 1), .width = axis(7, 3, 1, 1, 1)},
    {.height = axis(8, 3, 2, 1, 1), .width = axis(5, 2, 2, 0, 1)},
    {.height = axis(7, 1, 2), .width = axis(7, 2, 3)},
    {.height = axis(9, 2, 1, 0, 0, 3), .width = axis(9, 3, 2, 2, 2, 2)},
    {.height = axis(3, 5, 1, 4, 4), .width = axis(2, 4, 1, 3, 3)},
    {.width = axis(20, 4, 3)},
    {.depth = axis(4, 2, 2), .height = axis(5, 2, 2), .width = axis(6, 2, 2)},
    {.depth = axis(5, 3, 1, 1, 1), .height = axis(4, 2, 1), .width = axis(3, 2, 1)},
};
constexpr std::int64_t channel_counts[] = {1, 2, 3, 8, 15, 16, 17, 33, 64, 100};

template <class Check>
void on_each_shape(const Check& check) {
  on_each_target([&] {
    for (const Windows& windows : windows_of_all_kinds) {
      for (std::int64_t channels : channel_counts) {
        const std::int64_t planes = channels < 16 ? 3 : 2;
        check(PoolShape{planes, channels, windows});
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  });
}

std::int64_t input_size(const PoolShape& s) {
  return s.planes * s.windows.input_size() * s.channels;
}
std::int64_t output_size(const PoolShape& s) {
  return s.planes * s.windows.output_size() * s.channels;
}

/// Calls body(place in y, place in x, position in the plane) for everything under every window, by
/// the definition.
template <class Body>
void for_each_pair(const PoolShape& s, const Body& body) {
  const auto under_tap = [&](std::int64_t output, std::int64_t image, std::int64_t position,
                             std::int64_t /*tap*/) {
    for (std::int64_t channel = 0; channel < s.channels; ++channel) {
      body(output * s.channels + channel,
           (image * s.windows.input_size() + position) * s.channels + channel, position);
    }
  };
  for_each_tap(s.windows, s.planes, under_tap);
}

/// Few different numbers, so that windows have ties.
Floats integers(std::int64_t size) {
  static std::mt19937 generator(5);
  Floats values(static_cast<std::size_t>(size));
  for (float& value : values) value = static_cast<float>(static_cast<int>(generator() % 9) - 4);
  return values;
}

struct MaxPool {
  Floats values;
  Indices indices;
};

MaxPool run_max_pool(const PoolShape& s, const Floats& x) {
  MaxPool result{Floats(output_size(s), 99), Indices(output_size(s), 99)};
  max_pool(s, x.data(), result.values.data(), result.indices.data());
  return result;
}

MaxPool exact_max_pool(const PoolShape& s, const Floats& x) {
  MaxPool result{Floats(output_size(s), -std::numeric_limits<float>::infinity()),
                 Indices(output_size(s), -1)};
  for_each_pair(s, [&](std::int64_t y, std::int64_t at, std::int64_t position) {
    if (result.indices[y] >= 0 && !(x[at] > result.values[y])) return;
    result.values[y] = x[at];
    result.indices[y] = static_cast<std::int32_t>(position);
  });
  return result;
}

TEST(MaxPool, GivesTheFirstLargest) {
  on_each_shape([](const PoolShape& s) {
    const Floats x = integers(input_size(s));
    const MaxPool seen = run_max_pool(s, x);
    const MaxPool expected = exact_max_pool(s, x);
    ASSERT_EQ(seen.values, expected.values) << s.channels;
    ASSERT_EQ(seen.indices, expected.indices) << s.channels;
    Floats alone(output_size(s), 99);
    max_pool(s, x.data(), alone.data(), nullptr);
    ASSERT_EQ(alone, expected.values) << s.channels;
  });
}

TEST(MaxPool, NotANumberWins) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  on_each_target([&] {
    const PoolShape s{1, 1, {.height = axis(2, 2, 2), .width = axis(8, 2, 2)}};
    const Floats x = {1, 2, nan, 9,   4, nan, nan, 1,  //
                      3, 0, 1,   nan, 9, nan, 2,   7};
    const MaxPool seen = run_max_pool(s, x);
    EXPECT_EQ(seen.values[0], 3);
    for (int i = 1; i < 4; ++i) EXPECT_TRUE(std::isnan(seen.values[i]));
    EXPECT_EQ(seen.indices, (Indices{8, 2, 5, 6}));
    Floats alone(4);
    max_pool(s, x.data(), alone.data(), nullptr);
    EXPECT_EQ(alone[0], 3);
    for (int i = 1; i < 4; ++i) EXPECT_TRUE(std::isnan(alone[i]));
  });
}

TEST(MaxPool, OfInfinitiesHasAnIndex) {
  on_each_target([] {
    const PoolShape s{1, 20, {.height = axis(2, 2, 2), .width = axis(2, 2, 2)}};
    const MaxPool seen = run_max_pool(s, Floats(80, -std::numeric_limits<float>::infinity()));
    EXPECT_EQ(seen.indices, Indices(20, 0));
  });
}

TEST(MaxPool, GradientGoesToTheWinners) {
  on_each_shape([](const PoolShape& s) {
    const MaxPool pooled = exact_max_pool(s, integers(input_size(s)));
    const Floats dy = integers(output_size(s));
    Floats expected(input_size(s)), seen(input_size(s), 99);
    for_each_pair(s, [&](std::int64_t y, std::int64_t at, std::int64_t position) {
      if (pooled.indices[y] == position) expected[at] += dy[y];
    });
    max_pool_gradient(s, dy.data(), pooled.indices.data(), seen.data());
    ASSERT_EQ(seen, expected) << s.channels;
  });
}

TEST(MaxPool, GathersFromTheWinners) {
  on_each_shape([](const PoolShape& s) {
    const MaxPool pooled = exact_max_pool(s, integers(input_size(s)));
    const Floats x = integers(input_size(s));
    Floats expected(output_size(s)), seen(output_size(s), 99);
    for_each_pair(s, [&](std::int64_t y, std::int64_t at, std::int64_t position) {
      if (pooled.indices[y] == position) expected[y] = x[at];
    });
    max_pool_gather(s, x.data(), pooled.indices.data(), seen.data());
    ASSERT_EQ(seen, expected) << s.channels;
  });
}

Floats cells_of(const PoolShape& s) {
  Floats cells(output_size(s));
  for_each_pair(s, [&](std::int64_t y, std::int64_t, std::int64_t) { ++cells[y]; });
  return cells;
}

TEST(AveragePool, DividesByTheCellsInside) {
  on_each_shape([](const PoolShape& s) {
    const Floats x = integers(input_size(s));
    Floats expected(output_size(s)), seen(output_size(s), 99);
    for_each_pair(s, [&](std::int64_t y, std::int64_t at, std::int64_t) { expected[y] += x[at]; });
    const Floats cells = cells_of(s);
    average_pool(s, x.data(), seen.data());
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (cells[i] == 0) continue;
      ASSERT_EQ(seen[i], expected[i] / cells[i]);
    }
  });
}

TEST(AveragePool, GradientIsShared) {
  on_each_shape([](const PoolShape& s) {
    const Floats cells = cells_of(s);
    Floats dy = integers(output_size(s));
    for (std::size_t i = 0; i < dy.size(); ++i) dy[i] *= cells[i];
    Floats expected(input_size(s)), seen(input_size(s), 99);
    for_each_pair(s, [&](std::int64_t y, std::int64_t at, std::int64_t) {
      expected[at] += dy[y] / cells[y];
    });
    average_pool_gradient(s, dy.data(), seen.data());
    ASSERT_EQ(seen, expected) << s.channels;
  });
}

TEST(Upsample, RepeatsAndSums) {
  on_each_target([] {
    for (std::int64_t channels : channel_counts) {
      for (const auto& [h, w] : {std::pair{2, 2}, std::pair{1, 3}, std::pair{4, 1}}) {
        const PoolShape s{2, channels, {.height = axis(5 * h, h, h), .width = axis(4 * w, w, w)}};
        const Floats small = integers(output_size(s));
        Floats large(input_size(s)), seen(input_size(s), 99);
        for_each_pair(s,
                      [&](std::int64_t y, std::int64_t at, std::int64_t) { large[at] = small[y]; });
        upsample(s, small.data(), seen.data());
        ASSERT_EQ(seen, large);

        const Floats dy = integers(input_size(s));
        Floats expected(output_size(s)), sums(output_size(s), 99);
        for_each_pair(
            s, [&](std::int64_t y, std::int64_t at, std::int64_t) { expected[y] += dy[at]; });
        upsample_gradient(s, dy.data(), sums.data());
        ASSERT_EQ(sums, expected);
      }
    }
  });
}

}  // namespace
}  // namespace sloy::cpu
