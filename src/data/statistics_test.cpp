#include <gtest/gtest.h>
#include <sloy/data.h>
#include <sloy/data_view.h>
#include <sloy/error.h>

#include <cmath>
#include <limits>

#include "tensor/random.h"

#ifdef _OPENMP
#include <omp.h>
#endif

namespace sloy::data {
namespace {

Dataset from_features(Tensor features) {
  const std::int64_t rows = features.shape().size(0);
  return from_tensors(std::move(features), Tensor(DType::float32, {rows, 1}));
}

TEST(Statistics, OfAFewNumbersByHand) {
  // Channel 0: 1 3 5 7, channel 1: 10 10 10 30.
  const Dataset dataset =
      from_features(Tensor({2, 2, 2}, std::vector<std::uint8_t>{1, 10, 3, 10, 5, 10, 7, 30}));
  const Statistics result = statistics(dataset);
  EXPECT_EQ(result.mean, (std::vector<double>{4, 15}));
  EXPECT_DOUBLE_EQ(result.standard_deviation[0], std::sqrt(5.0));
  EXPECT_DOUBLE_EQ(result.standard_deviation[1], std::sqrt(75.0));
}

TEST(Statistics, AgreeWithTwoPassesOverAllValues) {
  constexpr std::int64_t rows = 3001;
  Tensor features(DType::float32, {rows, 3, 2});
  fill_normal(random_key(1, Purpose::generate), {}, 0, features.mutable_values<float>());
  for (float& value : features.mutable_values<float>()) value = 1000 + 3 * value;
  const auto values = features.values<float>();
  const Statistics result = statistics(from_features(features));
  for (int channel = 0; channel < 2; ++channel) {
    long double sum = 0, squares = 0;
    for (std::size_t i = channel; i < values.size(); i += 2) sum += values[i];
    const long double mean = sum / (rows * 3);
    for (std::size_t i = channel; i < values.size(); i += 2) {
      squares += (values[i] - mean) * (values[i] - mean);
    }
    EXPECT_NEAR(result.mean[channel], static_cast<double>(mean), 1e-11);
    EXPECT_NEAR(result.standard_deviation[channel],
                static_cast<double>(std::sqrt(squares / (rows * 3))), 1e-12);
  }
}

TEST(Statistics, ScalarFeaturesAreOneChannel) {
  const Statistics result = statistics(from_features(Tensor({3}, std::vector<double>{1, 2, 6})));
  EXPECT_DOUBLE_EQ(result.mean[0], 3);
  EXPECT_DOUBLE_EQ(result.standard_deviation[0], std::sqrt(14.0 / 3));
}

TEST(Statistics, AConstantDeviatesByZero) {
  const Statistics result =
      statistics(from_features(Tensor({3, 1}, std::vector<std::int32_t>{7, 7, 7})));
  EXPECT_EQ(result.mean[0], 7);
  EXPECT_EQ(result.standard_deviation[0], 0);
}

TEST(Statistics, AnEmptySetHasNone) {
  EXPECT_THROW(statistics(Dataset()), DataError);
  EXPECT_THROW(statistics(from_features(Tensor(DType::float32, {3, 0}))), DataError);
}

TEST(Summaries, OfAFewNumbersByHand) {
  const Dataset dataset =
      from_tensors(Tensor({4, 2}, std::vector<float>{1, -10, 3, -10, 5, -10, 7, -30}),
                   Tensor({4, 1}, std::vector<float>{2, 2, 8, 4}));
  const std::vector<NumberSummary> features = summarize_features(dataset);
  ASSERT_EQ(features.size(), 2u);
  EXPECT_EQ(features[0].mean, 4);
  EXPECT_DOUBLE_EQ(features[0].standard_deviation, std::sqrt(5.0));
  EXPECT_EQ(features[0].lowest, 1);
  EXPECT_EQ(features[0].highest, 7);
  EXPECT_EQ(features[1].lowest, -30);
  EXPECT_EQ(features[1].highest, -10) << "not the 0 that a range could begin with";
  const std::vector<NumberSummary> targets = summarize_targets(dataset);
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets[0].mean, 4);
  EXPECT_EQ(targets[0].lowest, 2);
  EXPECT_EQ(targets[0].highest, 8);
  EXPECT_EQ(targets[0].not_finite, 0);
}

TEST(Summaries, CountWhatIsNoNumber) {
  constexpr float infinite = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<NumberSummary> found = summarize_features(
      from_features(Tensor({4, 2}, std::vector<float>{1, nan, nan, nan, -2, nan, infinite, nan})));
  EXPECT_EQ(found[0].not_finite, 2);
  EXPECT_EQ(found[0].lowest, -2);
  EXPECT_EQ(found[0].highest, infinite);
  EXPECT_TRUE(std::isnan(found[0].mean));
  EXPECT_EQ(found[1].not_finite, 4);
  EXPECT_GT(found[1].lowest, found[1].highest) << "of no number";
}

TEST(Summaries, AnEmptySetHasNone) {
  EXPECT_THROW(summarize_features(Dataset()), DataError);
  EXPECT_THROW(summarize_targets(from_tensors(Tensor(DType::float32, {3, 1}))), DataError);
}

#ifdef _OPENMP
TEST(Statistics, DoNotDependOnTheNumberOfThreads) {
  Tensor features(DType::float32, {5000, 7});
  fill_normal(random_key(2, Purpose::generate), {}, 0, features.mutable_values<float>());
  const Dataset dataset = from_features(features);
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const Statistics one = statistics(dataset);
  omp_set_num_threads(3);
  const Statistics three = statistics(dataset);
  omp_set_num_threads(threads);
  EXPECT_EQ(one.mean, three.mean);
  EXPECT_EQ(one.standard_deviation, three.standard_deviation);
}
#endif

}  // namespace
}  // namespace sloy::data
