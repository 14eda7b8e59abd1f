#include <gtest/gtest.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <cmath>
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

TEST(Generated, NoiseMovesPoints) {
  double sum = 0;
  for (const auto& [x, y, label] : points_of(circles({.size = 4000, .noise = 0.2}))) {
    sum += std::pow(std::hypot(x, y) - (label == 0 ? 1.0 : 0.5), 2);
  }
  EXPECT_NEAR(std::sqrt(sum / 4000), 0.2, 0.02);
}

TEST(Generated, RepeatsByTheSeedAndGrowsWithoutChange) {
  const Generated options{.size = 50, .noise = 0.1, .seed = 4};
  const Dataset dataset = moons(options);
  const Dataset larger = moons({.size = 80, .noise = 0.1, .seed = 4});
  const Dataset other = moons({.size = 50, .noise = 0.1, .seed = 5});
  for (std::int64_t i = 0; i < 50; ++i) {
    EXPECT_EQ(dataset[i].features[0], larger[i].features[0]);
    EXPECT_NE(dataset[i].features[0], other[i].features[0]);
  }
}

TEST(Generated, HasTwoClassesInEqualParts) {
  for (const Dataset& dataset : {circles(), moons(), spirals(), exclusive_or(), gaussians()}) {
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
