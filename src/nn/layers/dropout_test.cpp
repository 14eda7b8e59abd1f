#include <gtest/gtest.h>
#include <sloy/layers.h>

#include <cmath>
#include <random>

#include "harness/layer_of.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::apply_layer;
using harness::LayerOf;
using harness::message_of;
using Numbers = std::vector<double>;

Tensor filled(const Shape& shape, double number) {
  return Tensor(shape, Numbers(static_cast<std::size_t>(shape.size()), number));
}

/// 1 to n, none of which dropout gives by chance.
Tensor counting(const Shape& shape) {
  Tensor numbers(DType::float64, shape);
  double next = 0;
  for (double& number : numbers.mutable_values<double>()) number = ++next;
  return numbers;
}

struct Spread {
  double mean = 0, variance = 0, count = 0;
};
Spread spread_of(const Tensor& tensor) {
  Spread spread{.count = static_cast<double>(tensor.size())};
  for (double x : tensor.values<double>()) spread.mean += x / spread.count;
  for (double x : tensor.values<double>()) {
    spread.variance += (x - spread.mean) * (x - spread.mean) / spread.count;
  }
  return spread;
}

/// What is expected of a net's units is the same in training and in use, whichever form.
TEST(Dropout, HasOneExpectationInTrainingAndUse) {
  constexpr std::int64_t draws = 200000;
  for (double rate : {0.1, 0.25, 0.5, 0.9}) {
    for (DropoutForm form : {DropoutForm::inverted, DropoutForm::classic}) {
      const Dropout layer{.rate = rate, .form = form};
      const Tensor ones = filled({draws / 100, 100}, 1);
      const double used = apply_layer(layer, filled({1, 1}, 1)).item();
      EXPECT_EQ(used, form == DropoutForm::inverted ? 1 : 1 - rate);
      const Spread trained = spread_of(apply_layer(layer, ones, true));
      const double deviation = used * std::sqrt(rate / (1 - rate));
      EXPECT_NEAR(trained.mean, used, 5 * deviation / std::sqrt(double(draws))) << rate;
    }
  }
}

TEST(Dropout, OfBothFormsIsTheSameButForAFactor) {
  const Tensor x = counting({64, 5});
  const double rate = 0.3;
  const Tensor inverted = apply_layer(Dropout{.rate = rate}, x, true);
  const Tensor classic = apply_layer(Dropout{.rate = rate, .form = DropoutForm::classic}, x, true);
  for (std::size_t i = 0; i < 320; ++i) {
    const double kept = classic.values<double>()[i];
    EXPECT_TRUE(kept == 0 || kept == x.values<double>()[i]);
    EXPECT_NEAR(inverted.values<double>()[i], kept / (1 - rate), 1e-12);
  }
}

/// The numbers of a place where the mask is the same are all kept or all dropped.
void expect_shared(const Layer& layer, const Shape& shape, const std::vector<int>& mask) {
  const Tensor y = apply_layer(layer, filled(shape, 1), true);
  std::map<std::int64_t, double> first;
  double dropped = 0;
  for (std::int64_t i = 0; i < y.size(); ++i) {
    std::int64_t place = 0, rest = i;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      std::int64_t inner = 1;
      for (int later = axis + 1; later < shape.rank(); ++later) inner *= shape.size(later);
      const std::int64_t index = rest / inner;
      rest %= inner;
      const bool shared = mask[static_cast<std::size_t>(axis)] == 1;
      place = place * shape.size(axis) + (shared ? 0 : index);
    }
    const double number = y.values<double>()[static_cast<std::size_t>(i)];
    const auto [found, is_new] = first.insert({place, number});
    EXPECT_EQ(found->second, number) << layer.type() << ' ' << i;
    if (is_new) dropped += number == 0;
  }
  const auto places = static_cast<double>(first.size());
  EXPECT_NEAR(dropped, places / 2, 5 * std::sqrt(places) / 2) << layer.type();
}

TEST(Dropout, SharesItsMaskWhereTheNoiseShapeIsOne) {
  const auto shared = [](std::vector<int> mask, const Shape& shape) {
    expect_shared(Dropout{.rate = 0.5, .noise_shape = mask}, shape, mask);
  };
  shared({-1, 1}, {300, 4});
  shared({1, -1}, {4, 300});
  shared({-1, 1, -1}, {50, 3, 8});
  shared({-1, 7, 1}, {50, 7, 4});
  shared({-1, 1, 1, -1}, {50, 3, 4, 8});
  shared({-1, 1, 5, 1}, {50, 3, 5, 4});
  shared({-1, 1, 1, 1}, {300, 3, 2, 4});
  shared({1, 1, 1, -1}, {2, 3, 2, 300});
  shared({-1, 1, -1, 1, 1, -1}, {20, 2, 4, 3, 2, 8});
}

TEST(Dropout, RefusesANoiseShapeThatDoesNotFit) {
  for (const std::vector<int>& wrong : {std::vector{-1, 2}, std::vector{-1}, std::vector{-1, 0}}) {
    const Dropout layer{.rate = 0.5, .noise_shape = wrong};
    EXPECT_THROW(apply_layer(layer, filled({2, 3}, 1)), ShapeError);
  }
  EXPECT_EQ(
      message_of([] {
        apply_layer(Dropout{.rate = 0.5, .noise_shape = {-1, 2}}, filled({2, 3}, 1));
      }),
      "a noise_shape of (-1, 2) does not fit the input\n"
      "  input    (batch, 3)\n"
      "  layer    layer   Dropout\n"
      "  to fix   give a number for each axis, batch first: 1 where the noise is the same, -1 "
      "elsewhere");
}

TEST(SpatialDropout, DropsWholeChannels) {
  expect_shared(SpatialDropout1D{.rate = 0.5}, {60, 5, 8}, {-1, 1, -1});
  expect_shared(SpatialDropout2D{.rate = 0.5}, {60, 3, 5, 8}, {-1, 1, 1, -1});
  expect_shared(SpatialDropout3D{.rate = 0.5}, {60, 2, 3, 5, 8}, {-1, 1, 1, 1, -1});
}

TEST(SpatialDropout, IsDropoutOfThatNoiseShape) {
  const Tensor x = counting({6, 3, 5, 4});
  const Dropout same{.rate = 0.4, .noise_shape = {-1, 1, 1, -1}};
  EXPECT_EQ(apply_layer(SpatialDropout2D{.rate = 0.4}, x, true), apply_layer(same, x, true));
  EXPECT_EQ(apply_layer(SpatialDropout2D{.rate = 0.4}, x), x);
}

TEST(SpatialDropout, SaysWhichShapeItNeeds) {
  EXPECT_EQ(message_of([] {
              apply_layer(SpatialDropout2D{.rate = 0.5}, filled({2, 3, 4}, 1));
            }),
            "the layer works on images\n"
            "  input    (batch, 3, 4)\n"
            "  needed   (batch, height, width, channels)\n"
            "  layer    layer   SpatialDropout2D\n"
            "  to fix   add a channel dimension with Reshape{.target_shape = {height, width, 1}}");
}

/// Numbers as a layer draws them, by the definition of its scope.
Tensor normals(LayerOf& layer, const Tensor& x) {
  return layer.evaluate(layer.scope.random_normal(layer.x.shape()), x);
}

TEST(GaussianDropout, MultipliesByNumbersAroundOne) {
  const Tensor x = counting({40, 5});
  LayerOf layer(GaussianDropout{.rate = 0.2}, x.shape(), true);
  const Tensor y = layer(x), drawn = normals(layer, x);
  for (std::size_t i = 0; i < 200; ++i) {
    const double factor = 1 + std::sqrt(0.2 / 0.8) * drawn.values<double>()[i];
    EXPECT_NEAR(y.values<double>()[i], x.values<double>()[i] * factor, 1e-11);
  }
  EXPECT_EQ(apply_layer(GaussianDropout{.rate = 0.2}, x), x);
  const Spread spread =
      spread_of(apply_layer(GaussianDropout{.rate = 0.2}, filled({1000, 100}, 1), true));
  EXPECT_NEAR(spread.mean, 1, 5 * 0.5 / std::sqrt(1e5));
  EXPECT_NEAR(spread.variance, 0.25, 5 * 0.25 * std::sqrt(2 / 1e5));
}

TEST(GaussianNoise, AddsNumbersAroundZero) {
  const Tensor x = counting({40, 5});
  LayerOf layer(GaussianNoise{.stddev = 3}, x.shape(), true);
  const Tensor y = layer(x), drawn = normals(layer, x);
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_NEAR(y.values<double>()[i], x.values<double>()[i] + 3 * drawn.values<double>()[i],
                1e-11);
  }
  EXPECT_EQ(apply_layer(GaussianNoise{.stddev = 3}, x), x);
  EXPECT_THROW(apply_layer(GaussianNoise{.stddev = -1}, x), ConfigError);
}

TEST(AlphaDropout, IsItsFormula) {
  const Tensor x = counting({40, 5});
  const double rate = 0.3, low = -1.0507009873554805 * 1.6732632423543772;
  LayerOf layer(AlphaDropout{.rate = rate}, x.shape(), true);
  const Tensor y = layer(x);
  const Tensor drawn = layer.evaluate(layer.scope.random_uniform(layer.x.shape()), x);
  const double a = std::pow((1 - rate) * (1 + rate * low * low), -0.5);
  for (std::size_t i = 0; i < 200; ++i) {
    const double kept = drawn.values<double>()[i] >= rate ? x.values<double>()[i] : low;
    EXPECT_NEAR(y.values<double>()[i], a * kept - a * low * rate, 1e-11);
  }
  EXPECT_EQ(apply_layer(AlphaDropout{.rate = rate}, x), x);
}

TEST(AlphaDropout, KeepsMeanZeroAndVarianceOne) {
  std::mt19937 generator(7);
  std::normal_distribution<double> normal;
  Tensor standard(DType::float64, {2000, 100});
  for (double& x : standard.mutable_values<double>()) x = normal(generator);
  for (double rate : {0.1, 0.5}) {
    const Spread spread = spread_of(apply_layer(AlphaDropout{.rate = rate}, standard, true));
    EXPECT_NEAR(spread.mean, 0, 0.015);
    EXPECT_NEAR(spread.variance, 1, 0.03);
  }
}

TEST(AlphaDropout, SharesItsMaskToo) {
  const Tensor y = apply_layer(AlphaDropout{.rate = 0.5, .noise_shape = {-1, 1, -1}},
                               filled({20, 3, 4}, 1), true);
  for (std::size_t n = 0; n < 20; ++n) {
    for (std::size_t c = 0; c < 4; ++c) {
      const double* image = y.values<double>().data() + n * 12;
      EXPECT_EQ(image[c], image[4 + c]);
      EXPECT_EQ(image[c], image[8 + c]);
    }
  }
}

TEST(Noise, RefusesRatesThatAreNone) {
  const Tensor x = filled({2, 3}, 1);
  for (double rate : {-0.1, 1.0, std::nan("")}) {
    EXPECT_THROW(apply_layer(Dropout{.rate = rate}, x), ConfigError);
    EXPECT_THROW(apply_layer(GaussianDropout{.rate = rate}, x), ConfigError);
    EXPECT_THROW(apply_layer(AlphaDropout{.rate = rate}, x), ConfigError);
    EXPECT_THROW(apply_layer(SpatialDropout1D{.rate = rate}, filled({2, 3, 4}, 1)), ConfigError);
  }
}

}  // namespace
}  // namespace sloy
