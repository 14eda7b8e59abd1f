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
  const Shape shape{3, 3, 80, 125};
  const double in = 720, out = 1125;
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
      {RandomNormal{.stddev = 0.03}, 0.0009, 0.03 * 6},
      {StandardUniform{}, 1 / (3 * in), 1 / std::sqrt(in)},
      {VarianceScaling{}, 1 / in, 2 * widened * std::sqrt(1 / in)},
      {VarianceScaling{.scale = 2, .mode = FanMode::fan_out}, 2 / out,
       2 * widened * std::sqrt(2 / out)},
      {VarianceScaling{
           .scale = 3, .mode = FanMode::fan_avg, .distribution = WeightDistribution::uniform},
       6 / (in + out), 3 * std::sqrt(2 / (in + out))},
      {VarianceScaling{.distribution = WeightDistribution::untruncated_normal}, 1 / in,
       6 / std::sqrt(in)},
      {VarianceScaling{.mode = FanMode::fan_avg,
                       .distribution = WeightDistribution::untruncated_normal},
       2 / (in + out), 6 * std::sqrt(2 / (in + out))},
      {VarianceScaling{.scale = 2, .distribution = WeightDistribution::untruncated_normal}, 2 / in,
       6 * std::sqrt(2 / in)},
      {Orthogonal{.gain = 1.5}, 1.5 * 1.5 / in, 6 * 1.5 / std::sqrt(in)},
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

/// The formulas of the usual forms are VarianceScaling's.
TEST(Initializers, OfTheUsualFormsAreVarianceScaling) {
  const Shape shape{3, 4, 5};
  const auto scaled = [](double scale, FanMode mode, WeightDistribution distribution) {
    return Initializer(VarianceScaling{.scale = scale, .mode = mode, .distribution = distribution});
  };
  const auto normal = WeightDistribution::truncated_normal, uniform = WeightDistribution::uniform;
  const std::pair<Initializer, Initializer> pairs[] = {
      {GlorotUniform{}, scaled(1, FanMode::fan_avg, uniform)},
      {GlorotNormal{}, scaled(1, FanMode::fan_avg, normal)},
      {HeUniform{}, scaled(2, FanMode::fan_in, uniform)},
      {HeNormal{}, scaled(2, FanMode::fan_in, normal)},
      {LecunUniform{}, scaled(1, FanMode::fan_in, uniform)},
      {LecunNormal{}, scaled(1, FanMode::fan_in, normal)}};
  for (const auto& [usual, scaling] : pairs) {
    EXPECT_EQ(usual(shape, 3, "w"), scaling(shape, 3, "w")) << usual.type();
  }
}

/// Columns where there are fewer of them, else rows, have the length gain and right angles.
TEST(Initializers, OrthogonalHasOrthogonalColumnsOrRows) {
  for (const Shape& shape : {Shape{7, 5}, Shape{5, 7}, Shape{2, 3, 4, 9}, Shape{1, 6}}) {
    const Tensor made = Initializer(Orthogonal{.gain = 0.8})(shape, 7, "layer/kernel");
    const std::span<const float> w = made.values<float>();
    const auto columns = static_cast<std::size_t>(shape.size(-1));
    const std::size_t rows = w.size() / columns;
    const std::size_t vectors = std::min(rows, columns), length = std::max(rows, columns);
    const auto at = [&](std::size_t vector, std::size_t i) {
      return double(rows >= columns ? w[i * columns + vector] : w[vector * columns + i]);
    };
    for (std::size_t a = 0; a < vectors; ++a) {
      for (std::size_t b = 0; b < vectors; ++b) {
        double product = 0;
        for (std::size_t i = 0; i < length; ++i) product += at(a, i) * at(b, i);
        EXPECT_NEAR(product, a == b ? 0.64 : 0, 1e-6) << to_string(shape);
      }
    }
  }
}

TEST(Initializers, IdentityIsOneOnTheDiagonal) {
  EXPECT_EQ(Initializer(Identity{.gain = 2})({2, 3}, 0, ""),
            Tensor(Shape{2, 3}, std::vector<float>{2, 0, 0, 0, 2, 0}));
}

TEST(Initializers, SayWhichWeightsTheyCannotFill) {
  EXPECT_THROW(Initializer(Orthogonal{})({3}, 0, ""), ShapeError);
  EXPECT_THROW(Initializer(Identity{})({2, 2, 2}, 0, ""), ShapeError);
  EXPECT_THROW(Initializer(VarianceScaling{.scale = 0})({2, 2}, 0, ""), ConfigError);
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
