#include <gtest/gtest.h>
#include <sloy/initializers.h>

#include <algorithm>
#include <cmath>

namespace sloy {
namespace {

struct Spread {
  double mean = 0;
  double variance = 0;
  double largest = 0;
};

Spread spread(const Tensor& tensor) {
  Spread spread;
  for (float value : tensor.values<float>()) {
    spread.mean += value;
    spread.largest = std::max(spread.largest, std::abs(double(value)));
  }
  spread.mean /= static_cast<double>(tensor.size());
  for (float value : tensor.values<float>()) {
    spread.variance += (value - spread.mean) * (value - spread.mean);
  }
  spread.variance /= static_cast<double>(tensor.size());
  return spread;
}

TEST(Initializers, CountFansAsKeras) {
  EXPECT_EQ(fans({784, 10}).in, 784);
  EXPECT_EQ(fans({784, 10}).out, 10);
  EXPECT_EQ(fans({3, 5, 16, 32}).in, 3 * 5 * 16);
  EXPECT_EQ(fans({3, 5, 16, 32}).out, 3 * 5 * 32);
  EXPECT_EQ(fans({7}).in, 7);
}

// 90,000 numbers: the mean is within 5·σ/300 and the variance, whose relative deviation is below
// √(2/90000), within 3 %.
TEST(Initializers, HaveTheVarianceOfTheirFormula) {
  const Shape shape{3, 3, 100, 100};
  const double in = 900, out = 900;
  struct Case {
    Initializer initializer;
    double variance;
    double limit;
  };
  const double widened = 1 / 0.87962566103423978;
  const Case cases[] = {
      {GlorotUniform{}, 2 / (in + out), std::sqrt(6 / (in + out))},
      {GlorotNormal{}, 2 / (in + out), 2 * widened * std::sqrt(2 / (in + out))},
      {HeUniform{}, 2 / in, std::sqrt(6 / in)},
      {HeNormal{}, 2 / in, 2 * widened * std::sqrt(2 / in)},
      {LecunUniform{}, 1 / in, std::sqrt(3 / in)},
      {LecunNormal{}, 1 / in, 2 * widened * std::sqrt(1 / in)},
      {RandomUniform{.minval = -0.1, .maxval = 0.1}, 0.01 / 3, 0.1},
      {RandomNormal{.stddev = 0.3}, 0.09, 0.3 * 6},
      {TruncatedNormal{.stddev = 0.3}, 0.09 * 0.87962566103423978 * 0.87962566103423978, 0.6},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.initializer.type());
    const Spread found = spread(one.initializer(shape, 7, "layer/kernel"));
    EXPECT_NEAR(found.mean, 0, 5 * std::sqrt(one.variance) / 300);
    EXPECT_NEAR(found.variance, one.variance, 0.03 * one.variance);
    EXPECT_LE(found.largest, one.limit * (1 + 1e-6));
    EXPECT_GE(found.largest, 0.5 * one.limit);
  }
}

TEST(Initializers, FollowFromSeedAndPathAlone) {
  const Initializer initializer = HeNormal{};
  const Shape shape{5, 4};
  EXPECT_EQ(initializer(shape, 1, "a"), initializer(shape, 1, "a"));
  EXPECT_NE(initializer(shape, 1, "a"), initializer(shape, 2, "a"));
  EXPECT_NE(initializer(shape, 1, "a"), initializer(shape, 1, "b"));
}

TEST(Initializers, RoundTripThroughConfig) {
  const Config config = to_config(Initializer(RandomNormal{.mean = 1, .stddev = 0.5}));
  EXPECT_EQ(to_json(config), R"({"type":"RandomNormal","mean":1.0,"stddev":0.5})");
  Initializer back;
  from_config(config, back);
  EXPECT_EQ(to_config(back), config);
  from_config(Config("Zeros"), back);
  EXPECT_EQ(back({3}, 0, ""), Tensor(DType::float32, {3}));
  EXPECT_THROW(from_config(Config("Zero"), back), ConfigError);
}

struct Diagonal {
  void fill(std::span<float> out, const Shape& shape, WeightRandom&) const {
    std::fill(out.begin(), out.end(), 0.0f);
    for (std::int64_t i = 0; i < shape.size(0); ++i) {
      out[static_cast<std::size_t>(i * shape.size(1) + i)] = 1;
    }
  }
};

TEST(Initializers, OneOfTheUsersOwnIsUsedAsAnyOther) {
  const Initializer initializer = Diagonal{};
  EXPECT_EQ(initializer({2, 2}, 0, ""), Tensor(Shape{2, 2}, std::vector<float>{1, 0, 0, 1}));
}

}  // namespace
}  // namespace sloy
