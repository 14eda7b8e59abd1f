#include <gtest/gtest.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "harness/messages.h"

namespace sloy::data {
namespace {

using harness::message_of;

constexpr double pi = std::numbers::pi;

struct Labelled {
  double x, y;
  int label;
};

std::vector<Labelled> points_of(const Dataset& dataset) {
  std::vector<Labelled> points;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const Example example = dataset[i];
    const auto xy = example.features[0].values<float>();
    points.push_back({xy[0], xy[1], static_cast<int>(example.targets[0].item())});
  }
  return points;
}

TEST(Generated, CirclesHaveRadiusOneAndHalf) {
  for (const auto& [x, y, label] : points_of(circles({.size = 300, .noise = 0}))) {
    EXPECT_NEAR(std::hypot(x, y), label == 0 ? 1.0 : 0.5, 1e-6);
  }
}

TEST(Generated, MoonsAreHalfCircles) {
  for (const auto& [x, y, label] : points_of(moons({.size = 300, .noise = 0}))) {
    const double dx = label == 0 ? x : x - 1;
    const double dy = label == 0 ? y : y - 0.5;
    EXPECT_NEAR(std::hypot(dx, dy), 1.0, 1e-6);
    EXPECT_TRUE(label == 0 ? dy >= -1e-6 : dy <= 1e-6);
  }
}

TEST(Generated, SpiralsTurnWithTheirRadius) {
  for (const auto& [x, y, label] : points_of(spirals({.size = 300, .noise = 0}))) {
    const double radius = std::hypot(x, y);
    const double angle = 3.5 * pi * radius + pi * label;
    EXPECT_NEAR(x, radius * std::cos(angle), 1e-5);
    EXPECT_NEAR(y, radius * std::sin(angle), 1e-5);
  }
}

TEST(Generated, ExclusiveOrIsTheSignOfTheProduct) {
  int quadrants[4] = {};
  for (const auto& [x, y, label] : points_of(exclusive_or({.size = 4000, .noise = 0}))) {
    EXPECT_EQ(label, (x < 0) != (y < 0));
    EXPECT_LE(std::max(std::abs(x), std::abs(y)), 1.0);
    ++quadrants[(x < 0) * 2 + (y < 0)];
  }
  for (int count : quadrants) EXPECT_NEAR(count, 1000, 5 * std::sqrt(750.0));
}

TEST(Generated, GaussiansHaveTheirCentresAndSpread) {
  constexpr int each = 5000;
  const double deviation = std::sqrt(0.4 * 0.4 + 0.3 * 0.3);  // of the cloud and of the noise
  double mean[2][2] = {}, square[2][2] = {};
  for (const auto& [x, y, label] : points_of(gaussians({.size = 2 * each, .noise = 0.3}))) {
    mean[label][0] += x / each;
    mean[label][1] += y / each;
    square[label][0] += x * x / each;
    square[label][1] += y * y / each;
  }
  for (int label : {0, 1}) {
    for (int axis : {0, 1}) {
      EXPECT_NEAR(mean[label][axis], 2 * label - 1, 5 * deviation / std::sqrt(each));
      const double variance = square[label][axis] - mean[label][axis] * mean[label][axis];
      EXPECT_NEAR(std::sqrt(variance), deviation, 5 * deviation / std::sqrt(2 * each));
    }
  }
}

TEST(Generated, PlaneIsTheMeanOfTheCoordinates) {
  const Dataset dataset = plane({.size = 100, .noise = 0});
  EXPECT_EQ(dataset.spec().targets, (Type{DType::float32, {1}}));
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const Example example = dataset[i];
    const auto xy = example.features[0].values<float>();
    EXPECT_NEAR(example.targets[0].item(), (xy[0] + xy[1]) / 2, 1e-6);
  }
}

TEST(Generated, CurveIsASine) {
  const Dataset dataset = curve({.size = 100, .noise = 0});
  EXPECT_EQ(dataset.spec().features, (Type{DType::float32, {1}}));
  EXPECT_EQ(dataset.spec().targets, (Type{DType::float32, {1}}));
  double least = 1, most = -1;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const Example example = dataset[i];
    const double x = example.features[0].item();
    EXPECT_NEAR(example.targets[0].item(), std::sin(pi * x), 1e-6);
    least = std::min(least, x);
    most = std::max(most, x);
  }
  EXPECT_GE(least, -1);
  EXPECT_LT(least, -0.9);
  EXPECT_LE(most, 1);
  EXPECT_GT(most, 0.9);
}

/// Noise is of the target alone.
TEST(Generated, CurveIsNoisy) {
  constexpr int size = 4000;
  double squares = 0;
  const Dataset dataset = curve({.size = size, .noise = 0.2});
  for (std::int64_t i = 0; i < size; ++i) {
    const Example example = dataset[i];
    squares += std::pow(example.targets[0].item() - std::sin(pi * example.features[0].item()), 2);
  }
  EXPECT_NEAR(std::sqrt(squares / size), 0.2, 5 * 0.2 / std::sqrt(2 * size));
}

TEST(Generated, BadlyScaledMoonsAreAThousandTimesAsHigh) {
  for (const auto& [x, y, label] : points_of(badly_scaled({.size = 300, .noise = 0}))) {
    const double dx = label == 0 ? x : x - 1;
    const double dy = label == 0 ? y / 1000 : y / 1000 - 0.5;
    EXPECT_NEAR(std::hypot(dx, dy), 1.0, 1e-6);
    EXPECT_TRUE(label == 0 ? dy >= -1e-6 : dy <= 1e-6);
  }
  double squares = 0;  // of what is off the circles, which the noise of both coordinates makes
  for (const auto& [x, y, label] : points_of(badly_scaled({.size = 4000, .noise = 0.05}))) {
    const double dx = label == 0 ? x : x - 1;
    const double dy = label == 0 ? y / 1000 : y / 1000 - 0.5;
    squares += std::pow(std::hypot(dx, dy) - 1, 2);
  }
  EXPECT_NEAR(std::sqrt(squares / 4000), 0.05, 0.005);
}

/// Of standard normal numbers, each independent of the class, of the moons and of one another.
TEST(Generated, IrrelevantFeaturesSayNothing) {
  constexpr std::size_t size = 4000, features = 10, useful = 2;
  const Dataset dataset = irrelevant_features({.size = size, .noise = 0});
  EXPECT_EQ(dataset.spec().features, (Type{DType::float32, {features}}));
  std::vector<std::vector<double>> columns(features + 1);  // and the class
  for (std::size_t i = 0; i < size; ++i) {
    const Example example = dataset[static_cast<std::int64_t>(i)];
    const auto values = example.features[0].values<float>();
    const double label = example.targets[0].item();
    for (std::size_t j = 0; j < features; ++j) columns[j].push_back(values[j]);
    columns[features].push_back(label);
    EXPECT_NEAR(std::hypot(label == 0 ? values[0] : values[0] - 1,
                           label == 0 ? values[1] : values[1] - 0.5),
                1, 1e-6);
  }
  const auto covariance = [&](std::size_t a, std::size_t b) {
    double sum = 0, mean_a = 0, mean_b = 0;
    for (std::size_t i = 0; i < size; ++i) {
      mean_a += columns[a][i] / size;
      mean_b += columns[b][i] / size;
    }
    for (std::size_t i = 0; i < size; ++i) {
      sum += (columns[a][i] - mean_a) * (columns[b][i] - mean_b) / size;
    }
    return sum;
  };
  for (std::size_t a = useful; a < features; ++a) {
    EXPECT_NEAR(covariance(a, a), 1, 5 * std::sqrt(2.0 / size));
    for (std::size_t b = 0; b <= features; ++b) {
      if (a == b) continue;
      EXPECT_NEAR(covariance(a, b), 0, 5 * std::sqrt(covariance(b, b) / size)) << a << ' ' << b;
    }
  }
}

TEST(Generated, CovariateShiftMovesTheInputsAndKeepsTheLabelling) {
  const Split data = covariate_shift({.size = 25000, .noise = 0});
  EXPECT_EQ(data.train.size(), 20000);
  EXPECT_EQ(data.test.size(), 5000);
  for (const Dataset* part : {&data.train, &data.test}) {
    const auto count = static_cast<double>(part->size());
    const double centre = part == &data.test ? 0.5 : -0.5;
    double mean = 0, square = 0, distances = 0;
    for (const auto& [x, y, label] : points_of(*part)) {
      EXPECT_EQ(label, y > 0.5 * std::sin(pi * x));
      mean += x / count;
      square += x * x / count;
      distances += std::pow(y - 0.5 * std::sin(pi * x), 2) / count;
    }
    EXPECT_NEAR(mean, centre, 5 * 0.4 / std::sqrt(count));
    EXPECT_NEAR(std::sqrt(square - mean * mean), 0.4, 5 * 0.4 / std::sqrt(2 * count));
    EXPECT_NEAR(distances, 0.25, 5 * 0.25 * std::sqrt(2 / count));
  }
}

TEST(Generated, NoiseMovesPoints) {
  double sum = 0;
  for (const auto& [x, y, label] : points_of(circles({.size = 4000, .noise = 0.2}))) {
    sum += std::pow(std::hypot(x, y) - (label == 0 ? 1.0 : 0.5), 2);
  }
  EXPECT_NEAR(std::sqrt(sum / 4000), 0.2, 0.02);
}

TEST(Generated, RepeatsByTheSeedAndGrowsWithoutChange) {
  const auto shifted = [](const Generated& options) { return covariate_shift(options).train; };
  const std::initializer_list<std::function<Dataset(const Generated&)>> makers{
      moons, plane, curve, badly_scaled, irrelevant_features, shifted};
  for (const auto& make : makers) {
    const Dataset dataset = make({.size = 50, .noise = 0.1, .seed = 4});
    const Dataset larger = make({.size = 80, .noise = 0.1, .seed = 4});
    const Dataset other = make({.size = 50, .noise = 0.1, .seed = 5});
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
      EXPECT_EQ(dataset[i].features[0], larger[i].features[0]);
      EXPECT_EQ(dataset[i].targets[0], larger[i].targets[0]);
      EXPECT_NE(dataset[i].features[0], other[i].features[0]);
    }
  }
}

TEST(Generated, HasTwoClassesInEqualParts) {
  for (const Dataset& dataset :
       {circles(), moons(), spirals(), exclusive_or(), gaussians(), badly_scaled(),
        irrelevant_features(), covariate_shift({.size = 625}).train}) {
    EXPECT_EQ(dataset.size(), 500);
    EXPECT_EQ(dataset.spec().num_classes, 2);
    int ones = 0;
    for (const Labelled& point : points_of(dataset)) ones += point.label;
    EXPECT_EQ(ones, 250);
  }
}

TEST(Generated, ChecksItsOptions) {
  for (std::int64_t size : {0, -5}) {
    EXPECT_EQ(message_of([&] { plane({.size = size}); }),
              "plane: size must be 1 or more, not " + std::to_string(size) +
                  "\n  to fix   give the number of examples, as 500");
  }
  EXPECT_THROW(curve({.size = 0}), ConfigError);
  EXPECT_THROW(badly_scaled({.size = 0}), ConfigError);
  EXPECT_THROW(irrelevant_features({.noise = -1}), ConfigError);
  EXPECT_EQ(message_of([] { covariate_shift({.size = -1}); }),
            "covariate-shift: size must be 1 or more, not -1\n"
            "  to fix   give the number of examples, as 500");
  const std::pair<double, const char*> noises[] = {
      {-0.1, "-0.1"}, {std::nan(""), "nan"}, {std::numeric_limits<double>::infinity(), "inf"}};
  for (const auto& [noise, text] : noises) {
    EXPECT_EQ(message_of([&, wrong = noise] { moons({.noise = wrong}); }),
              std::string("moons: noise must be a finite number of 0 or more, not ") + text +
                  "\n  to fix   give a standard deviation, as 0.1");
  }
}

}  // namespace
}  // namespace sloy::data
