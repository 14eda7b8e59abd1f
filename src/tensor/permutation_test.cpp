#include "tensor/permutation.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

namespace sloy {
namespace {

Permutation permutation(std::uint64_t size, std::uint64_t seed = 7, std::uint64_t epoch = 0) {
  return {size, random_key(seed, Purpose::shuffle, epoch)};
}

TEST(Permutation, VisitsEveryIndexOnceForEverySizeTo5000) {
  std::vector<std::uint8_t> seen;
  for (std::uint64_t size = 1; size <= 5000; ++size) {
    const Permutation order = permutation(size, size);
    seen.assign(size, 0);
    for (std::uint64_t position = 0; position < size; ++position) {
      const std::uint64_t index = order(position);
      ASSERT_LT(index, size);
      ASSERT_EQ(seen[index]++, 0) << "index " << index << " twice of " << size;
    }
  }
}

TEST(Permutation, KeepsToSizesPast32Bits) {
  const std::uint64_t size = (std::uint64_t{1} << 32) + 1;
  const Permutation order = permutation(size);
  std::set<std::uint64_t> seen;
  for (std::uint64_t position = 0; position < 100000; ++position) {
    const std::uint64_t index = order(position * 42949 + position % 7);
    ASSERT_LT(index, size);
    seen.insert(index);
  }
  EXPECT_EQ(seen.size(), 100000u);
  EXPECT_LT(*seen.begin(), size / 1000);
  EXPECT_GT(*seen.rbegin(), size - size / 1000);
}

TEST(Permutation, DependsOnSeedAndEpoch) {
  const auto first = [](const Permutation& order) {
    std::vector<std::uint64_t> indices;
    for (std::uint64_t position = 0; position < 20; ++position) indices.push_back(order(position));
    return indices;
  };
  EXPECT_EQ(first(permutation(60000, 1, 2)), first(permutation(60000, 1, 2)));
  EXPECT_NE(first(permutation(60000, 1, 2)), first(permutation(60000, 1, 3)));
  EXPECT_NE(first(permutation(60000, 1, 2)), first(permutation(60000, 2, 2)));
}

/// Over many keys every index should come first equally often: a chi-squared statistic within its
/// 99.99 % bound, for sets so small that halves of the network have one bit.
TEST(Permutation, IsFairForSmallSizes) {
  const std::map<std::uint64_t, double> bounds{{2, 15.1}, {3, 18.4}, {5, 23.5}, {10, 33.7}};
  for (const auto& [size, bound] : bounds) {
    for (std::uint64_t position : {std::uint64_t{0}, size - 1}) {
      constexpr int keys = 20000;
      std::vector<double> counts(size);
      for (int seed = 0; seed < keys; ++seed) ++counts[permutation(size, seed)(position)];
      double statistic = 0;
      for (double count : counts) {
        const double expected = static_cast<double>(keys) / size;
        statistic += (count - expected) * (count - expected) / expected;
      }
      EXPECT_LT(statistic, bound) << "size " << size << ", position " << position;
    }
  }
}

/// All 24 orders of four examples come up, equally often: the bound is 99.99 % for 23 degrees.
TEST(Permutation, ReachesEveryOrderOfFour) {
  std::map<std::vector<std::uint64_t>, double> counts;
  constexpr int keys = 24000;
  for (int seed = 0; seed < keys; ++seed) {
    const Permutation order = permutation(4, seed);
    ++counts[{order(0), order(1), order(2), order(3)}];
  }
  EXPECT_EQ(counts.size(), 24u);
  double statistic = 0;
  for (const auto& [order, count] : counts) statistic += (count - 1000) * (count - 1000) / 1000;
  EXPECT_LT(statistic, 56.0);
}

/// Neighbours in the order are not neighbours in the set: the mean distance of two uniform numbers
/// below n is n/3.
TEST(Permutation, SpreadsNeighbours) {
  constexpr std::uint64_t size = 60000;
  const Permutation order = permutation(size);
  double distance = 0;
  for (std::uint64_t position = 1; position < size; ++position) {
    distance +=
        std::abs(static_cast<double>(order(position)) - static_cast<double>(order(position - 1)));
  }
  EXPECT_NEAR(distance / (size - 1) / size, 1.0 / 3.0, 0.01);
}

}  // namespace
}  // namespace sloy
