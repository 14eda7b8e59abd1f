#include "data/covariance.h"

#include <gtest/gtest.h>
#include <sloy/error.h>

#include "data/target_statistics.h"
#include "tensor/random.h"

#ifdef _OPENMP
#include <omp.h>
#endif

namespace sloy::data {
namespace {

Dataset from_features(Tensor features) { return from_tensors(std::move(features)); }

TEST(Covariance, OfAFewNumbersByHand) {
  // x: 1 3 5 7, y: 10 10 10 30.
  const Dataset dataset =
      from_features(Tensor({2, 2, 2}, std::vector<std::uint8_t>{1, 10, 3, 10, 5, 10, 7, 30}));
  const Covariance channels = covariance(dataset, 0, 2);
  EXPECT_EQ(channels.mean, (std::vector<double>{4, 15}));
  EXPECT_EQ(channels.matrix, (std::vector<double>{5, 15, 15, 75}));
  // Two rows of four numbers: each deviates by half of their difference.
  const Covariance whole = covariance(dataset, 0, 4);
  EXPECT_EQ(whole.mean, (std::vector<double>{3, 10, 5, 20}));
  EXPECT_EQ(whole.matrix,
            (std::vector<double>{4, 0, 4, 20, 0, 0, 0, 0, 4, 0, 4, 20, 20, 0, 20, 100}));
}

/// Many blocks of examples, far from zero, against two passes in long double.
TEST(Covariance, AgreesWithTwoPassesOverAllValues) {
  constexpr std::size_t rows = 1000, length = 600;
  Tensor features(DType::float32, {rows, length});
  fill_normal(random_key(1, Purpose::generate), {}, 0, features.mutable_values<float>());
  auto x = features.mutable_values<float>();
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < length; ++j) {
      x[i * length + j] = 1000 + x[i * length + j] + (j > 0 ? x[i * length + j - 1] - 1000 : 0) / 2;
    }
  }
  const Covariance found = covariance(from_features(features), 0, length);
  for (std::size_t a : {std::size_t{0}, std::size_t{1}, std::size_t{299}, length - 1}) {
    for (std::size_t b : {std::size_t{0}, std::size_t{2}, std::size_t{300}, length - 1}) {
      long double mean_a = 0, mean_b = 0, sum = 0;
      for (std::size_t i = 0; i < rows; ++i) {
        mean_a += x[i * length + a];
        mean_b += x[i * length + b];
      }
      mean_a /= rows;
      mean_b /= rows;
      for (std::size_t i = 0; i < rows; ++i) {
        sum += (x[i * length + a] - mean_a) * (x[i * length + b] - mean_b);
      }
      EXPECT_NEAR(found.mean[a], static_cast<double>(mean_a), 1e-10);
      EXPECT_NEAR(found.matrix[a * length + b], static_cast<double>(sum / rows), 1e-11);
      EXPECT_EQ(found.matrix[a * length + b], found.matrix[b * length + a]);
    }
  }
}

#ifdef _OPENMP
TEST(Covariance, IsTheSameForAnyNumberOfThreads) {
  constexpr std::size_t rows = 700, length = 500;
  Tensor features(DType::float32, {rows, length});
  fill_normal(random_key(2, Purpose::generate), {}, 0, features.mutable_values<float>());
  const Dataset dataset = from_features(features);
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const Covariance one = covariance(dataset, 0, length);
  omp_set_num_threads(3);
  const Covariance three = covariance(dataset, 0, length);
  omp_set_num_threads(before);
  EXPECT_EQ(one.mean, three.mean);
  EXPECT_EQ(one.matrix, three.matrix);
}
#endif

TEST(Covariance, NeedsExamples) { EXPECT_THROW(covariance({}, 0, 2), DataError); }

TEST(TargetStatistics, AreOfOnePartOfTheTargets) {
  const Dataset dataset =
      from_tensors({Tensor({2, 1}, {7.0f, 9.0f})},
                   {Tensor({2, 2}, {1.0f, 2.0f, 3.0f, 6.0f}), Tensor({2, 1}, {100.0f, 300.0f})});
  EXPECT_EQ(target_statistics(dataset, 0).mean, (std::vector<double>{2, 4}));
  EXPECT_EQ(target_statistics(dataset, 0).standard_deviation, (std::vector<double>{1, 2}));
  EXPECT_EQ(target_statistics(dataset, 1).mean, std::vector<double>{200});
  EXPECT_EQ(target_statistics(dataset, 1).standard_deviation, std::vector<double>{100});
  EXPECT_THROW(target_statistics(dataset, 2), DataError);
}

}  // namespace
}  // namespace sloy::data
