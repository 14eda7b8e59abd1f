#include <gtest/gtest.h>
#include <sloy/covariate_shift.h>

#include <cmath>

#include "harness/messages.h"
#include "tensor/random.h"

namespace sloy {
namespace {

using harness::message_of;

/// Points of the normal distribution around `centre`; the target is a curve of the first.
data::Dataset cloud(std::int64_t count, float centre, std::uint64_t seed) {
  Tensor x(DType::float32, {count, 2}), y(DType::float32, {count, 1});
  fill_normal(random_key(seed, Purpose::generate), {}, 0, x.mutable_values<float>());
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    float& first = x.mutable_values<float>()[2 * at];
    first += centre;
    y.mutable_values<float>()[at] = first * first;
  }
  return data::from_tensors(x, y);
}

/// Of two normal distributions of variance 1 the log of their ratio is linear: here x − ½.
TEST(CovariateShift, WeightsAreTheRatioOfTheDensities) {
  const data::Dataset train = cloud(4000, 0, 1), test = cloud(4000, 1, 2);
  const Tensor weights = covariate_shift_weights(train, test, {.epochs = 30});
  double mean = 0, error = 0;
  for (std::int64_t i = 0; i < train.size(); ++i) {
    const double weight = weights.values<float>()[static_cast<std::size_t>(i)];
    const double x = train[i].features[0].values<float>()[0];
    mean += weight / 4000;
    error += std::abs(std::log(weight) - (x - 0.5)) / 4000;
  }
  EXPECT_NEAR(mean, 1, 1e-4);
  EXPECT_LT(error, 0.15);
}

TEST(CovariateShift, WeightedTrainingFitsTheTestDataBetter) {
  const data::Dataset train = cloud(1500, 0, 3), test = cloud(1500, 1.5, 4);
  const auto error_of = [&](const data::Dataset& learned) {
    Sequential line{Dense{.units = 1}};  // can't be right everywhere
    line.compile({.optimizer = Adam{.learning_rate = 0.02}, .loss = MeanSquaredError{}, .seed = 1});
    line.fit(learned, {.epochs = 40, .verbose = Verbosity::silent});
    return line.evaluate(test).loss;
  };
  const Tensor weights = covariate_shift_weights(train, test);
  EXPECT_LT(error_of(train.weighted(weights)), 0.5 * error_of(train));
}

TEST(CovariateShift, NeedsFeaturesOfOneKind) {
  const data::Dataset train = cloud(4, 0, 1);
  EXPECT_EQ(message_of([&] { covariate_shift_weights(train, data::Dataset{}); }),
            "both data sets need examples\n"
            "  train   4\n"
            "  test    0");
  EXPECT_THROW(covariate_shift_weights(train, data::fashion_mnist().test.take(3)), DataError);
}

}  // namespace
}  // namespace sloy
