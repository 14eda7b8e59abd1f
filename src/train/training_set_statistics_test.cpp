#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>

namespace sloy {
namespace {

using Row = std::vector<double>;
using Matrix = std::vector<Row>;

constexpr std::int64_t examples = 50;

/// Three features and a target, without a pattern.
data::Dataset points() {
  Tensor features(DType::float32, {examples, 3}), targets(DType::float32, {examples, 1});
  double number = 0.3;
  for (float& x : features.mutable_values<float>()) {
    number = std::fmod(number * 5.17 + 0.71, 3);
    x = static_cast<float>(number - 1);
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(examples); ++i) {
    targets.mutable_values<float>()[i] = features.values<float>()[3 * i] * 0.5f;
  }
  return data::from_tensors(features, targets);
}

Matrix matrix(const Tensor& tensor) {
  const Tensor wide = tensor.cast(DType::float64);
  const std::int64_t rows = tensor.shape().rank() == 1 ? 1 : tensor.shape().size(0);
  const std::int64_t columns = tensor.size() / rows;
  Matrix found;
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto from = wide.values<double>().begin() + i * columns;
    found.emplace_back(from, from + columns);
  }
  return found;
}

Matrix dense(const Matrix& x, const Matrix& kernel, const Row& bias) {
  Matrix y;
  for (const Row& row : x) {
    Row sums = bias;
    for (std::size_t j = 0; j < bias.size(); ++j) {
      for (std::size_t i = 0; i < row.size(); ++i) sums[j] += row[i] * kernel[i][j];
    }
    y.push_back(sums);
  }
  return y;
}

struct Moments64 {
  Row mean, variance;
};
Moments64 moments_of(const Matrix& x) {
  const auto count = static_cast<double>(x.size());
  Moments64 found{Row(x[0].size()), Row(x[0].size())};
  for (const Row& row : x) {
    for (std::size_t j = 0; j < row.size(); ++j) found.mean[j] += row[j] / count;
  }
  for (const Row& row : x) {
    for (std::size_t j = 0; j < row.size(); ++j) {
      found.variance[j] += std::pow(row[j] - found.mean[j], 2) / count;
    }
  }
  return found;
}

Sequential two_normalized_layers(bool unbiased = false) {
  const BatchNormalization exact{.statistics = InferenceStatistics::training_set,
                                 .unbiased_variance = unbiased};
  Sequential model{Input{3}, Dense{.units = 4}, exact, tanh, Dense{.units = 2},
                   exact,    Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = 0.05}, .loss = MeanSquaredError{}});
  return model;
}

/// Works the net out by hand, layer by layer, and compares what it has for statistics: of each
/// layer's input over all examples, the layers before it in inference.
void expect_statistics_of_all(const Sequential& model, double variance_factor = 1) {
  const auto weight = [&](const std::string& name) { return matrix(model.weight(name)); };
  Matrix x;
  const data::Dataset data = points();
  for (std::int64_t i = 0; i < examples; ++i) x.push_back(matrix(data[i].features[0])[0]);
  for (const std::string number : {"", "_1"}) {
    x = dense(x, weight("dense" + number + "/kernel"), weight("dense" + number + "/bias")[0]);
    const Moments64 seen = moments_of(x);
    const std::string norm = "batch_normalization" + number;
    const Row mean = weight(norm + "/moving_mean")[0];
    const Row variance = weight(norm + "/moving_variance")[0];
    const Row gamma = weight(norm + "/gamma")[0], beta = weight(norm + "/beta")[0];
    for (std::size_t j = 0; j < mean.size(); ++j) {
      EXPECT_NEAR(mean[j], seen.mean[j], 1e-5) << norm;
      EXPECT_NEAR(variance[j], seen.variance[j] * variance_factor, 1e-5) << norm;
    }
    for (Row& row : x) {
      for (std::size_t j = 0; j < row.size(); ++j) {
        row[j] = std::tanh((row[j] - mean[j]) / std::sqrt(variance[j] + 1e-3) * gamma[j] + beta[j]);
      }
    }
  }
}

FitOptions silent(int epochs) {
  return {.epochs = epochs, .batch_size = 7, .verbose = Verbosity::silent};
}

TEST(TrainingSetStatistics, AreExactWhenAFitEnds) {
  Sequential model = two_normalized_layers();
  model.fit(points(), silent(3));
  expect_statistics_of_all(model);
  model.fit(points(), silent(1));
  expect_statistics_of_all(model);
}

TEST(TrainingSetStatistics, AreUnbiasedWhereTheLayerAsks) {
  Sequential model = two_normalized_layers(true);
  model.fit(points(), silent(2));
  expect_statistics_of_all(model, double(examples) / (examples - 1));
}

/// The best weights are back by then.
TEST(TrainingSetStatistics, AreOfTheWeightsThatAreKept) {
  Sequential model = two_normalized_layers();
  FitOptions options = silent(6);
  options.validation_data = data::from_tensors(
      Tensor({2, 3}, {9.0f, 0.0f, 1.0f, -9.0f, 2.0f, 0.0f}), Tensor({2, 1}, {50.0f, -70.0f}));
  options.callbacks = {EarlyStopping{.patience = 1, .mode = Mode::max}};
  model.fit(points(), options);
  expect_statistics_of_all(model);
}

TEST(TrainingSetStatistics, AreMeasuredAnewByAdapt) {
  Sequential model = two_normalized_layers();
  model.set_weight("dense/bias", Tensor({4}, {1.0f, 2.0f, -3.0f, 0.0f}));
  model.adapt(points());
  expect_statistics_of_all(model);
}

TEST(TrainingSetStatistics, StayWhereTheLayerIsFrozen) {
  Sequential model{
      Input{3},
      BatchNormalization{.statistics = InferenceStatistics::training_set, .trainable = false},
      Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  model.fit(points(), silent(1));
  EXPECT_EQ(model.weight("batch_normalization/moving_mean"), Tensor(DType::float32, {3}));
}

/// A layer that is called twice sees what flows into both calls.
TEST(TrainingSetStatistics, AreOfAllCallsOfALayerWithinAModelToo) {
  const Layer shared = BatchNormalization{.statistics = InferenceStatistics::training_set};
  const Symbol x = Input{3};
  const Symbol both = Add{}({shared(x), shared(Rescaling{.scale = 3}(x))});
  Model inner{x, both};
  inner.set_name("inner");
  Sequential model{Input{3}, inner, Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  model.fit(points(), silent(1));
  Matrix seen;
  const data::Dataset data = points();
  for (std::int64_t i = 0; i < examples; ++i) {
    seen.push_back(matrix(data[i].features[0])[0]);
    seen.push_back(seen.back());
    for (double& number : seen.back()) number *= 3;
  }
  const Moments64 expected = moments_of(seen);
  for (std::size_t j = 0; j < 3; ++j) {
    EXPECT_NEAR(matrix(model.weight("inner/batch_normalization/moving_mean"))[0][j],
                expected.mean[j], 1e-5);
    EXPECT_NEAR(matrix(model.weight("inner/batch_normalization/moving_variance"))[0][j],
                expected.variance[j], 1e-5);
  }
}

}  // namespace
}  // namespace sloy
