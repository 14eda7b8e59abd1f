/// Covariate shift: weights for training data that are distributed otherwise than what a model will
/// meet.
#pragma once

#include <cstdint>
#include <optional>

#include <sloy/model.h>

namespace sloy {

struct CovariateShiftOptions {
  /// Tells test examples from training ones by one score; left out: logistic regression on
  /// normalised features. It is trained here.
  std::optional<Model> classifier = {};
  int epochs = 20;               ///< of the classifier's training
  std::int64_t batch_size = 32;  ///< examples a step
  double learning_rate = 0.01;   ///< Adam's
  double largest = 20;           ///< weights are cut off here, before their mean becomes 1
  std::uint64_t seed = 0;        ///< of the classifier's first weights and orders
};

/// How much each training example is like the test data: p_test(x) / p_train(x), by a classifier
/// that tells the two apart, n_train / n_test · p(test | x) / p(train | x) (Bickel, Brückner and
/// Scheffer 2009; Shimodaira 2000 weighs the loss so). (examples) float32 with mean 1, in the
/// order of `train`; targets are not looked at. Throws DataError where the features are of
/// different kinds, ConfigError on arguments that make no sense.
///
///     data::Dataset train = data::moons(), test = data::moons({.seed = 1});
///     data::Dataset weighted = train.weighted(covariate_shift_weights(train, test));
SLOY_EXPORT Tensor covariate_shift_weights(const data::Dataset& train, const data::Dataset& test,
                                           const CovariateShiftOptions& options = {});

}  // namespace sloy
