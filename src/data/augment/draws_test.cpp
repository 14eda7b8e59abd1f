// What augmentations draw at random: read off changed images, against the distributions they state.

#include <gtest/gtest.h>
#include <sloy/augmentations.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>

#include "data/example_memory.h"

namespace sloy::data {
namespace {

constexpr int draws = 2000;

using Cdf = std::function<double(double)>;

Cdf uniform(double low, double high) {
  return [=](double x) { return std::clamp((x - low) / (high - low), 0.0, 1.0); };
}

/// The largest distance of the empirical distribution from `cdf` stays below what one in a thousand
/// samples exceeds (Kolmogorov and Smirnov); `resolution` is how exactly a number was read.
void expect_drawn_from(std::vector<double> numbers, const Cdf& cdf, double resolution = 0) {
  std::ranges::sort(numbers);
  const auto count = static_cast<double>(numbers.size());
  double largest = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto rank = static_cast<double>(i);
    largest = std::max({largest, cdf(numbers[i] - resolution) - (rank + 1) / count,
                        rank / count - cdf(numbers[i] + resolution)});
  }
  EXPECT_LT(largest, 1.95 / std::sqrt(count));
}

/// Counts are as chi-squared would have them, but for one in a thousand samples.
void expect_even(const std::vector<int>& counts) {
  double sum = 0;
  for (int count : counts) sum += count;
  const double expected = sum / static_cast<double>(counts.size());
  double chi = 0;
  for (int count : counts) chi += std::pow(count - expected, 2) / expected;
  const auto freedom = static_cast<double>(counts.size() - 1);
  EXPECT_LT(chi, freedom + 3.1 * std::sqrt(2 * freedom) + 6);  // Wilson and Hilferty's, roughly
}

/// One float32 image, which `change` changes in another way in each epoch.
std::vector<Tensor> changed(const Tensor& image, const Augmentation& change) {
  const Shape& shape = image.shape();
  Tensor one(DType::float32, {1, shape[0], shape[1], shape[2]});
  std::ranges::copy(image.values<float>(), one.mutable_values<float>().begin());
  const Dataset dataset = augmented(from_tensors(std::move(one)), {change}, 21);
  std::vector<Tensor> images;
  for (std::int64_t epoch = 0; epoch < draws; ++epoch) {
    ExampleMemory memory(dataset.spec());
    Slot slot = memory.slot();
    slot.epoch = epoch;
    dataset.read(0, slot);
    images.push_back(memory.take().features[0]);
  }
  return images;
}

/// A number read off each of them.
std::vector<double> read_off(const Tensor& image, const Augmentation& change,
                             const std::function<double(std::span<const float>)>& number) {
  std::vector<double> numbers;
  for (const Tensor& one : changed(image, change)) numbers.push_back(number(one.values<float>()));
  return numbers;
}

constexpr int size = 9;
constexpr int middle = (size * size - 1) / 2;

/// Two channels: a thousandth of x, and of y.
Tensor coordinates() {
  Tensor image(DType::float32, {size, size, 2});
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const auto at = static_cast<std::size_t>(2 * (y * size + x));
      image.mutable_values<float>()[at] = static_cast<float>(x) / 1000;
      image.mutable_values<float>()[at + 1] = static_cast<float>(y) / 1000;
    }
  }
  return image;
}
/// The x and y of the middle of such an image, and how they change from a pixel to the next.
double x_of(std::span<const float> image, int pixel = middle) {
  return 1000 * image[static_cast<std::size_t>(2 * pixel)];
}
double y_of(std::span<const float> image, int pixel = middle) {
  return 1000 * image[static_cast<std::size_t>(2 * pixel) + 1];
}
double x_step(std::span<const float> image) { return x_of(image, middle + 1) - x_of(image); }
double y_step(std::span<const float> image) { return y_of(image, middle + 1) - y_of(image); }

Tensor plain(float value, std::int64_t channels = 1) {
  Tensor image(DType::float32, {size, size, channels});
  std::ranges::fill(image.mutable_values<float>(), value);
  return image;
}

TEST(RandomNumbers, AreUniform) {
  std::vector<double> numbers;
  std::vector<int> counts(7);
  for (int i = 0; i < draws; ++i) {
    Random random(1, 2, 3, i);
    numbers.push_back(random.uniform());
    ++counts[static_cast<std::size_t>(random.integer(7))];
  }
  expect_drawn_from(numbers, uniform(0, 1));
  expect_even(counts);
}

TEST(RandomNumbers, OfOneExampleAreUniformAndIndependent) {
  Random random(5, 0, 0, 0);
  std::vector<double> numbers;
  double product = 0;
  for (int i = 0; i < draws; ++i) {
    numbers.push_back(random.uniform(-1, 1));
    if (i > 0) product += numbers[static_cast<std::size_t>(i) - 1] * numbers.back();
  }
  expect_drawn_from(numbers, uniform(-1, 1));
  EXPECT_LT(std::abs(product) / draws, 3.3 / 3 / std::sqrt(draws));
}

TEST(RandomNumbers, AreNormal) {
  Random random(6, 0, 0, 0);
  const Cdf normal = [](double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); };
  std::vector<double> single;
  for (int i = 0; i < draws; ++i) single.push_back(random.normal());
  expect_drawn_from(single, normal);
  std::vector<float> many(draws);
  random.fill_normal(many);
  expect_drawn_from({many.begin(), many.end()}, normal);
  std::vector<float> more(draws);
  random.fill_normal(more);
  EXPECT_NE(more, many);
}

TEST(RandomNumbers, AreBeta) {
  const std::vector<std::pair<double, Cdf>> known{
      {0.5, [](double x) { return 2 / std::numbers::pi * std::asin(std::sqrt(x)); }},
      {1, uniform(0, 1)},
      {2, [](double x) { return x * x * (3 - 2 * x); }},
      {3, [](double x) { return x * x * x * (10 - 15 * x + 6 * x * x); }}};
  for (const auto& [a, cdf] : known) {
    std::vector<double> numbers;
    for (int i = 0; i < draws; ++i) numbers.push_back(Random(4, 0, 0, i).beta(a));
    expect_drawn_from(numbers, cdf);
  }
  for (int i = 0; i < draws; ++i) {
    const double extreme = Random(4, 0, 0, i).beta(1e-6);
    EXPECT_TRUE(0 <= extreme && extreme <= 1) << extreme;
  }
}

TEST(Draws, ShiftsAreUniform) {
  const RandomTranslation shift{.height_factor = 0.2, .width_factor = {0.1, 0.3}};
  expect_drawn_from(read_off(coordinates(), shift, [](auto image) { return y_of(image) - 4; }),
                    uniform(-0.2 * size, 0.2 * size), 1e-4);
  expect_drawn_from(read_off(coordinates(), shift, [](auto image) { return 4 - x_of(image); }),
                    uniform(0.1 * size, 0.3 * size), 1e-4);
}

TEST(Draws, AnglesAreUniform) {
  // The places looked up turn clockwise where the image turns the other way.
  const auto turns = [](std::span<const float> image) {
    return std::atan2(y_step(image), x_step(image)) / (2 * std::numbers::pi);
  };
  expect_drawn_from(read_off(coordinates(), RandomRotation{.factor = 0.2}, turns),
                    uniform(-0.2, 0.2), 1e-3);
  expect_drawn_from(read_off(coordinates(), RandomRotation{.factor = {0.05, 0.1}}, turns),
                    uniform(0.05, 0.1), 1e-3);
}

TEST(Draws, ZoomsAreUniform) {
  const RandomZoom zoom{.height_factor = 0.3};
  expect_drawn_from(read_off(coordinates(), zoom, x_step), uniform(0.7, 1.3), 1e-3);
}

TEST(Draws, ShearsAreUniformEitherWay) {
  const RandomShear shear{.x_factor = 0.0, .y_factor = 0.2};
  const std::vector<double> numbers = read_off(coordinates(), shear, y_step);
  expect_drawn_from(numbers, uniform(-0.2, 0.2), 1e-3);
}

TEST(Draws, CropsAreAlikeEverywhere) {
  std::vector<int> counts(25);
  for (const Tensor& image : changed(coordinates(), RandomCrop{.padding = 2})) {
    const auto values = image.values<float>();
    const long x = std::lround(x_of(values)) - 2;
    const long y = std::lround(y_of(values)) - 2;
    ++counts[static_cast<std::size_t>(5 * y + x)];
  }
  expect_even(counts);
}

TEST(Draws, FlipsAreIndependentHalves) {
  std::vector<int> counts(4);
  for (const Tensor& image : changed(coordinates(), RandomFlip{})) {
    const bool across = x_of(image.values<float>(), 0) > 0;
    const bool down = y_of(image.values<float>(), 0) > 0;
    ++counts[(across ? 1U : 0U) + (down ? 2U : 0U)];
  }
  expect_even(counts);
}

TEST(Draws, BrightnessIsUniform) {
  const auto value = [](std::span<const float> image) { return image[0]; };
  expect_drawn_from(read_off(plain(0.5f), RandomBrightness{0.3}, value), uniform(0.2, 0.8), 1e-6);
}

TEST(Draws, ContrastIsUniform) {
  Tensor image = plain(0.4f);
  image.mutable_values<float>()[0] = 0.6f;
  const auto times = [](std::span<const float> values) { return (values[0] - values[1]) / 0.2; };
  expect_drawn_from(read_off(image, RandomContrast{0.3}, times), uniform(0.7, 1.3), 1e-5);
  expect_drawn_from(read_off(image, RandomContrast{{0.1, 0.5}}, times), uniform(0.9, 1.5), 1e-5);
}

TEST(Draws, GreyIsUniform) {
  Tensor image = plain(0.0f, 3);
  for (std::size_t i = 0; i < image.values<float>().size(); i += 3) {
    image.mutable_values<float>()[i + 1] = 1;
  }
  const auto share = [](std::span<const float> values) { return values[0] / 0.587; };
  expect_drawn_from(read_off(image, RandomColorDegeneration{0.8}, share), uniform(0, 0.8), 1e-6);
}

TEST(Draws, ProbabilitiesAreKept) {
  const auto is_changed = [](std::span<const float> image) {
    return image[0] != 0.25f ? 1.0 : 0.0;
  };
  const auto share = [&](const Augmentation& change) {
    const std::vector<double> all = read_off(plain(0.25f), change, is_changed);
    return std::accumulate(all.begin(), all.end(), 0.0) / draws;
  };
  const double deviation = 3.3 * 0.5 / std::sqrt(draws);
  EXPECT_NEAR(share(RandomInvert{0.3}), 0.3, deviation);
  EXPECT_EQ(share(RandomInvert{0}), 0);
  EXPECT_EQ(share(RandomInvert{1}), 1);
  const RandomErasing all_of_it{.factor = {0.6, 0.6}, .scale = {1, 1}, .fill_value = 1};
  EXPECT_NEAR(share(all_of_it), 0.6, deviation);
  const RandomErasing half_of_them{.scale = {1, 1}, .fill_value = 1};
  EXPECT_NEAR(share(half_of_them), 0.5, deviation);
}

TEST(Draws, NoiseHasItsDeviation) {
  std::vector<double> noise;
  for (const Tensor& image : changed(plain(0.5f), RandomGaussianNoise{0.2})) {
    noise.push_back((image.values<float>()[7] - 0.5) / 0.2);
  }
  expect_drawn_from(noise, [](double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); });
}

TEST(Draws, ErasedRectanglesHaveTheirSizesAndPlaces) {
  constexpr int side = 100;
  Tensor image(DType::float32, {side, side, 1});
  std::vector<double> heights;
  std::vector<double> tops;
  for (const Tensor& one :
       changed(image, RandomErasing{.factor = {1, 1}, .scale = {0.04, 0.25}, .fill_value = 1})) {
    std::vector<int> rows;
    for (int y = 0; y < side; ++y) {
      const auto row = one.values<float>().subspan(static_cast<std::size_t>(y) * side, side);
      if (std::ranges::find(row, 1.0f) != row.end()) rows.push_back(y);
    }
    const auto height = static_cast<double>(rows.size());
    heights.push_back(height / side);
    tops.push_back((rows.front() + 0.5) / (side - height + 1));
  }
  expect_drawn_from(
      heights, [](double x) { return uniform(0.04, 0.25)(x * x); }, 0.006);
  expect_drawn_from(tops, uniform(0, 1), 0.01);
}

TEST(Draws, CutoutsAreAboutAnyPixel) {
  // Three of nine rows and columns: a pixel in the middle is erased where the rectangle's middle is
  // one of nine, the corner where it is one of four.
  const RandomCutout cut{.height_factor = {1.0 / 3, 1.0 / 3}, .width_factor = {1.0 / 3, 1.0 / 3}};
  int at_middle = 0;
  int at_corner = 0;
  for (const Tensor& image : changed(plain(1), cut)) {
    at_middle += image.values<float>()[middle] == 0;
    at_corner += image.values<float>()[0] == 0;
  }
  const double deviation = 3.3 * std::sqrt(9.0 / 81 * 72 / 81 / draws);
  EXPECT_NEAR(at_middle / static_cast<double>(draws), 9.0 / 81, deviation);
  EXPECT_NEAR(at_corner / static_cast<double>(draws), 4.0 / 81, deviation);
}

TEST(Draws, BitsThatStayAreAlike) {
  Tensor images(DType::uint8, {draws, 1, 1, 1});
  std::ranges::fill(images.mutable_values<std::uint8_t>(), std::uint8_t{255});
  const Dataset changed = augmented(from_tensors(std::move(images)), {RandomPosterization{4}}, 2);
  std::vector<int> counts(4);
  for (std::int64_t i = 0; i < draws; ++i) {
    const std::uint8_t value = changed[i].features[0].values<std::uint8_t>()[0];
    ++counts[static_cast<std::size_t>(std::popcount(value)) - 1];
  }
  expect_even(counts);
}

TEST(Draws, ResizedCropsHaveTheirAreasAndShapes) {
  constexpr int side = 256;
  Tensor image(DType::uint8, {1, side, side, 2});
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      std::uint8_t* pixel = image.mutable_values<std::uint8_t>().data() + 2 * (y * side + x);
      pixel[0] = static_cast<std::uint8_t>(x);
      pixel[1] = static_cast<std::uint8_t>(y);
    }
  }
  const Dataset changed =
      augmented(from_tensors(std::move(image)), {RandomResizedCrop{.scale = {0.1, 0.3}}}, 2);
  std::vector<double> areas;
  std::vector<double> shapes;
  for (std::int64_t epoch = 0; epoch < 400; ++epoch) {
    ExampleMemory memory(changed.spec());
    Slot slot = memory.slot();
    slot.epoch = epoch;
    changed.read(0, slot);
    const std::span<const std::uint8_t> values = slot.features_as<std::uint8_t>();
    const double width = values[values.size() - 2] - values[0] + 1;
    const double height = values[values.size() - 1] - values[1] + 1;
    areas.push_back(width * height / side / side);
    shapes.push_back(std::log(width / height));
  }
  expect_drawn_from(areas, uniform(0.1, 0.3), 0.006);
  expect_drawn_from(shapes, uniform(std::log(0.75), std::log(4.0 / 3)), 0.03);
}

TEST(Draws, SharesOfMixUpAreBeta) {
  Tensor features(DType::float32, {2, 1});
  features.mutable_values<float>()[1] = 1;
  const Dataset mixed = augmented(from_tensors(features), {MixUp{.alpha = 0.5}}, 9);
  std::vector<double> shares;
  int with_itself = 0;
  for (std::int64_t epoch = 0; epoch < draws; ++epoch) {
    ExampleMemory memory(mixed.spec());
    Slot slot = memory.slot();
    slot.epoch = epoch;
    mixed.read(0, slot);
    const float value = slot.features_as<float>()[0];
    if (value == 0) {
      ++with_itself;
    } else {
      shares.push_back(1 - value);
    }
  }
  EXPECT_NEAR(with_itself, draws / 2, 3.3 * std::sqrt(draws / 4));
  expect_drawn_from(
      shares,
      [](double x) { return 2 / std::numbers::pi * std::asin(std::sqrt(std::clamp(x, 0.0, 1.0))); },
      1e-6);
}

}  // namespace
}  // namespace sloy::data
