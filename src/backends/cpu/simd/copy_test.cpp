#include "backends/cpu/simd/copy.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

using Floats = std::vector<float>;

std::int64_t extent(const std::vector<CopyAxis>& axes, std::int64_t CopyAxis::*stride) {
  std::int64_t last = 0;
  for (const CopyAxis& axis : axes) last += (axis.size - 1) * (axis.*stride);
  return last + 1;
}

Floats counting(std::int64_t size) {
  Floats values(size);
  std::iota(values.begin(), values.end(), 1.0f);
  return values;
}

Floats by_definition(const std::vector<CopyAxis>& axes, const Floats& from) {
  Floats to(extent(axes, &CopyAxis::to) + 8, -1.0f);
  std::vector<std::int64_t> index(axes.size());
  while (true) {
    std::int64_t source = 0, target = 0;
    for (std::size_t a = 0; a < axes.size(); ++a) {
      source += index[a] * axes[a].from;
      target += index[a] * axes[a].to;
    }
    to[target] = from[source];
    std::size_t a = 0;
    while (a < axes.size() && ++index[a] == axes[a].size) index[a++] = 0;
    if (a == axes.size()) return to;
  }
}

void check(const std::vector<CopyAxis>& axes, bool transposes) {
  const StridedCopy copy(axes);
  const Floats from = counting(extent(axes, &CopyAxis::from));
  const Floats expected = by_definition(axes, from);
  Floats to(expected.size(), -1.0f);
  copy.run(from.data(), to.data());
  ASSERT_EQ(to, expected);
  EXPECT_EQ(copy.transposes(), transposes);
}

TEST(StridedCopy, CopiesRuns) {
  on_each_target([] {
    for (std::int64_t n : {2, 3, 15, 16, 17, 33, 64, 100, 1000, 40000}) {
      check({{n, 1, 1}}, false);
      check({{3, n, n}, {n, 1, 1}}, false);          // joined
      check({{5, 2 * n, n}, {n, 1, 1}}, false);      // slice
      check({{5, n, 3 * n + 1}, {n, 1, 1}}, false);  // concatenation
    }
    check({}, false);
  });
}

TEST(StridedCopy, Transposes) {
  on_each_target([] {
    for (std::int64_t n : {2, 3, 15, 16, 17, 33, 64, 100}) {
      for (std::int64_t m : {2, 3, 15, 16, 17, 33, 64, 100, 300}) {
        check({{n, 1, m}, {m, n, 1}}, true);
        check({{2, n * m, n * m}, {n, 1, m}, {m, n, 1}}, true);
      }
    }
  });
}

TEST(StridedCopy, GoesBetweenPlainAndBlocked) {
  on_each_target([] {
    for (std::int64_t block : {8, 16}) {
      const std::int64_t batch = 3, positions = 35, blocks = 4, channels = blocks * block;
      const std::vector<CopyAxis> to_blocked = {{batch, positions * channels, positions * channels},
                                                {positions, channels, block},
                                                {blocks, block, positions * block},
                                                {block, 1, 1}};
      check(to_blocked, false);
      std::vector<CopyAxis> to_plain = to_blocked;
      for (CopyAxis& axis : to_plain) std::swap(axis.from, axis.to);
      check(to_plain, false);
    }
  });
}

TEST(StridedCopy, AnyOrderOfAnyAxes) {
  on_each_target([] {
    std::mt19937 generator(8);
    for (int trial = 0; trial < 200; ++trial) {
      const std::size_t rank = generator() % 5;
      std::vector<CopyAxis> axes(rank);
      for (CopyAxis& axis : axes) axis.size = 3 + generator() % 7;
      std::vector<std::size_t> order(rank);
      std::iota(order.begin(), order.end(), std::size_t{0});
      // Returns the axis whose neighbours lie side by side.
      const auto lay_out = [&](std::int64_t CopyAxis::*stride) {
        std::shuffle(order.begin(), order.end(), generator);
        std::int64_t step = 1;
        for (std::size_t a : order) {
          axes[a].*stride = step;
          step *= axes[a].size;
        }
        return rank == 0 ? 0 : order[0];
      };
      const std::size_t read = lay_out(&CopyAxis::from);
      const std::size_t written = lay_out(&CopyAxis::to);
      if (rank > 0) axes[generator() % rank].size -= generator() % 2;
      check(axes, read != written);
    }
  });
}

TEST(StridedCopy, OfNothingDoesNothing) {
  float untouched = 5;
  StridedCopy({{0, 1, 1}, {3, 1, 1}}).run(nullptr, &untouched);
  EXPECT_EQ(untouched, 5);
}

}  // namespace
}  // namespace sloy::cpu
