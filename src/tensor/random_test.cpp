#include "tensor/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace sloy {
namespace {

/// From Random123's file of known answers.
TEST(Philox, GivesThePublishedWords) {
  EXPECT_EQ(philox({{0, 0}}, {0, 0, 0, 0}),
            (RandomBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox({{ones, ones}}, {ones, ones, ones, ones}),
            (RandomBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({{0xa4093822, 0x299f31d0}}, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}),
            (RandomBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, CountersOfDifferentPlacesDiffer) {
  const std::uint64_t numbers[] = {0, 1, 0xffff, 0x10000, 0xffffffff, 0x100000000, 0xffffffffffff};
  std::set<RandomBlock> counters;
  for (std::uint64_t step : numbers) {
    for (std::uint64_t example : numbers) {
      for (std::uint32_t block : {0u, 1u, 0xffffffffu}) {
        counters.insert(random_counter({step, example}, block));
      }
    }
  }
  EXPECT_EQ(counters.size(), std::size(numbers) * std::size(numbers) * 3);
  EXPECT_EQ(random_counter({.step = 0x123456789abc, .example = 0xdef012345678}, 9),
            (RandomBlock{9, 0x12345678, 0x56789abc, 0x1234def0}));
}

TEST(Random, KeysDependOnSeedPurposeAndStream) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> keys;
  for (std::uint64_t seed : {0, 1}) {
    for (Purpose purpose : {Purpose::initialize, Purpose::op}) {
      for (std::uint64_t stream : {0, 1}) {
        const RandomKey key = random_key(seed, purpose, stream);
        keys.insert({key.words[0], key.words[1]});
      }
    }
  }
  EXPECT_EQ(keys.size(), 8u);
  EXPECT_NE(stream_of("encoder/dropout", 0), stream_of("encoder/dropout", 1));
  EXPECT_NE(stream_of("encoder/dropout"), stream_of("decoder/dropout"));
}

/// Computed with the xxhash package of Python. Another value here would change every run there is.
TEST(Random, StreamsAndKeysNeverChange) {
  EXPECT_EQ(stream_of("dropout_1", 0), 11992325903504114330u);
  EXPECT_EQ(random_key(7, Purpose::op, 42), (RandomKey{{0x0ca69e08, 0x6e543587}}));
}

TEST(Random, UniformHasTwentyFourBits) {
  EXPECT_EQ(uniform_from(0), 0.0f);
  EXPECT_EQ(uniform_from(0xff), 0.0f);
  EXPECT_EQ(uniform_from(0x80000000), 0.5f);
  EXPECT_EQ(uniform_from(0xffffffff), 1.0f - 0x1p-24f);
}

TEST(Random, AnyPieceOfAnExampleIsTheSame) {
  const RandomKey key = random_key(3, Purpose::op, 5);
  const RandomPlace place{.step = 11, .example = 4};
  std::vector<float> whole(100003);
  fill_normal(key, place, 0, whole);
  for (std::size_t first : {0, 1, 2, 3, 4, 5, 99990}) {
    std::vector<float> piece(13);
    fill_normal(key, place, first, piece);
    EXPECT_EQ(piece, std::vector<float>(whole.begin() + first, whole.begin() + first + 13));
  }
  std::vector<double> wide(13);
  fill_normal(key, place, 2, wide);
  for (std::size_t i = 0; i < 13; ++i) EXPECT_EQ(static_cast<float>(wide[i]), whole[i + 2]);
}

TEST(Random, UniformFillFollowsTheDocumentedLanes) {
  const RandomKey key = random_key(3, Purpose::op, 5);
  const RandomPlace place{.step = 11, .example = 4};
  std::vector<float> out(10);
  fill_uniform(key, place, 6, out);
  for (std::uint32_t e = 6; e < 16; ++e) {
    EXPECT_EQ(out[e - 6], uniform_from(philox(key, random_counter(place, e / 4))[e % 4]));
  }
}

TEST(Random, NormalFillFollowsTheDocumentedLanes) {
  const RandomKey key = random_key(3, Purpose::op, 5);
  const RandomPlace place{.step = 11, .example = 4};
  std::vector<double> out(4);
  fill_normal(key, place, 8, out);
  const RandomBlock words = philox(key, random_counter(place, 2));
  for (int pair : {0, 2}) {
    const double u = (words[pair] + 1.0) / 4294967296.0;
    const double v = words[pair + 1] / 4294967296.0;
    const double radius = std::sqrt(-2 * std::log(u));
    EXPECT_NEAR(out[pair], radius * std::cos(2 * M_PI * v), 1e-12);
    EXPECT_NEAR(out[pair + 1], radius * std::sin(2 * M_PI * v), 1e-12);
  }
}

struct Moments {
  double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
};

Moments moments(const std::vector<double>& values) {
  const double n = static_cast<double>(values.size());
  Moments m;
  for (double value : values) m.mean += value / n;
  for (double value : values) m.variance += std::pow(value - m.mean, 2) / n;
  const double deviation = std::sqrt(m.variance);
  for (double value : values) {
    m.skewness += std::pow((value - m.mean) / deviation, 3) / n;
    m.kurtosis += std::pow((value - m.mean) / deviation, 4) / n;
  }
  return m;
}

/// Bounds are five standard errors of each statistic for a million numbers.
TEST(Random, NormalNumbersHaveTheMomentsOfANormal) {
  std::vector<double> values(1000000);
  fill_normal(random_key(1, Purpose::initialize), {}, 0, values);
  const Moments m = moments(values);
  EXPECT_NEAR(m.mean, 0, 0.005);
  EXPECT_NEAR(m.variance, 1, 0.0071);
  EXPECT_NEAR(m.skewness, 0, 0.0123);
  EXPECT_NEAR(m.kurtosis, 3, 0.0245);
}

TEST(Random, UniformNumbersHaveTheMomentsOfAUniform) {
  std::vector<double> values(1000000);
  fill_uniform(random_key(1, Purpose::initialize), {}, 0, values);
  const Moments m = moments(values);
  EXPECT_NEAR(m.mean, 0.5, 0.0015);
  EXPECT_NEAR(m.variance, 1.0 / 12, 0.0004);
  EXPECT_NEAR(m.skewness, 0, 0.01);
  EXPECT_NEAR(m.kurtosis, 1.8, 0.01);
}

/// Kolmogorov and Smirnov's distance to the normal distribution; 1.95/√n is its 99.9 % bound.
TEST(Random, NormalNumbersAreNormallyDistributed) {
  std::vector<double> values(100000);
  fill_normal(random_key(2, Purpose::op, 9), {.step = 3, .example = 17}, 1, values);
  std::sort(values.begin(), values.end());
  double distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = 0.5 * std::erfc(-values[i] / std::sqrt(2.0));
    distance = std::max(distance, std::abs(expected - static_cast<double>(i) / values.size()));
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(values.size()));
}

TEST(Random, NormalNumbersAreFiniteAtTheEnds) {
  for (std::uint32_t word : {0u, 1u, 0x7fffffffu, 0xffffffffu}) {
    for (std::uint32_t other : {0u, 0x80000000u, 0xffffffffu}) {
      for (double value : normal_from(word, other)) EXPECT_TRUE(std::isfinite(value));
    }
  }
  EXPECT_EQ(normal_from(0xffffffff, 0)[0], 0.0);
}

}  // namespace
}  // namespace sloy
