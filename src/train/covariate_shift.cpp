#include <fmt/format.h>
#include <sloy/covariate_shift.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/arguments.h"
#include "data/example_memory.h"

namespace sloy {
namespace {

/// Both sets, of which the target is 1 for the test data's examples.
struct Told {
  data::Dataset train;
  data::Dataset test;

  std::int64_t size() const { return train.size() + test.size(); }
  data::Spec spec() const {
    return {.features = train.spec().features, .targets = {DType::float32, {1}}};
  }
  bool is_in_memory() const { return train.is_in_memory() && test.is_in_memory(); }
  void read(std::int64_t index, const data::Slot& slot) const {
    const bool is_test = index >= train.size();
    const data::Dataset& of = is_test ? test : train;
    const data::Scratch targets(of.spec().targets);
    const data::Scratch weights(of.spec().weights);
    of.read(is_test ? index - train.size() : index, {.features = slot.features,
                                                     .targets = targets.spans(),
                                                     .weights = weights.spans(),
                                                     .epoch = slot.epoch});
    slot.target_as<float>()[0] = is_test ? 1.0f : 0.0f;
  }
};

void check(const data::Dataset& train, const data::Dataset& test,
           const CovariateShiftOptions& options) {
  if (train.empty() || test.empty()) {
    throw DataError("both data sets need examples", {{"train", std::to_string(train.size())},
                                                     {"test", std::to_string(test.size())}});
  }
  if (train.spec().features != test.spec().features) {
    throw DataError(
        "the two data sets have features of different kinds",
        {{"train", to_string(train.spec().features)}, {"test", to_string(test.spec().features)}});
  }
  require_positive("epochs", options.epochs);
  require_number(options.largest > 0, "largest", options.largest, "above 0");
}

Model logistic_regression() { return Sequential{Normalization{}, Flatten{}, Dense{.units = 1}}; }

}  // namespace

Tensor covariate_shift_weights(const data::Dataset& train, const data::Dataset& test,
                               const CovariateShiftOptions& options) {
  check(train, test, options);
  Model classifier = options.classifier ? *options.classifier : logistic_regression();
  classifier.compile({.optimizer = Adam{.learning_rate = options.learning_rate},
                      .loss = BinaryCrossentropy{.from_logits = true},
                      .seed = options.seed});
  classifier.fit(
      Told{train, test},
      {.epochs = options.epochs, .batch_size = options.batch_size, .verbose = Verbosity::silent});
  const std::vector<Tensor> scores = classifier.predict(train.features());

  // p(test | x) / p(train | x) is the exponential of the score.
  Tensor weights(DType::float32, {train.size()});
  const double sizes = static_cast<double>(train.size()) / static_cast<double>(test.size());
  std::vector<double> ratios;
  for (float score : scores.front().values<float>()) {
    ratios.push_back(std::min(sizes * std::exp(static_cast<double>(score)), options.largest));
  }
  const double mean = std::accumulate(ratios.begin(), ratios.end(), 0.0) / std::ssize(ratios);
  std::transform(ratios.begin(), ratios.end(), weights.mutable_values<float>().begin(),
                 [&](double ratio) { return static_cast<float>(ratio / mean); });
  return weights;
}

}  // namespace sloy
