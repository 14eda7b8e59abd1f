#include "train/fit_notices.h"

#include <gtest/gtest.h>

namespace sloy {
namespace {

struct KeepNotices {
  std::vector<std::string>& texts;
  void on_notice(Run&, const Notice& notice) { texts.emplace_back(notice.what()); }
};

/// What a fit on so many examples of two classes, as (examples, 3) or images (2, 2, 3), tells.
std::vector<std::string> told(Model model, std::int64_t examples, FitOptions options,
                              PerOutput<Metric> metrics = {}) {
  std::vector<std::string> texts;
  model.compile(
      {.loss = SparseCategoricalCrossentropy{.from_logits = true}, .metrics = std::move(metrics)});
  Shape shape = model.input_types()[0].shape.bind(examples);
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 0; i < examples; ++i) labels.push_back(static_cast<std::int32_t>(i % 2));
  options.callbacks.push_back(KeepNotices{texts});
  options.verbose = Verbosity::silent;
  model.fit(data::from_tensors(Tensor(DType::float32, shape), Tensor({examples}, labels)), options);
  return texts;
}

Sequential normalized(bool trainable = true) {
  return {Input{3}, Dense{.units = 4}, BatchNormalization{.trainable = trainable},
          Dense{.units = 2}};
}

using Texts = std::vector<std::string>;

TEST(FitNotices, OfBatchNormalizationOfOneValue) {
  EXPECT_EQ(told(normalized(), 4, {.batch_size = 1}),
            Texts{"BatchNormalization sees one value of each channel in every step: less its own "
                  "mean that is 0, whatever it was\n"
                  "  layer        batch_normalization\n"
                  "  batch_size   1\n"
                  "  examples     4\n"
                  "  to fix       give a batch_size of 2 or more, or use LayerNormalization"});
  EXPECT_EQ(told(normalized(), 5, {.batch_size = 2}),
            Texts{"BatchNormalization sees one value of each channel in an epoch's last step: less "
                  "its own mean that is 0, whatever it was\n"
                  "  layer        batch_normalization\n"
                  "  batch_size   2\n"
                  "  examples     5\n"
                  "  to fix       give a batch_size that leaves no single example over"});
  EXPECT_EQ(told(normalized(), 4, {.batch_size = 2}), Texts{});
  // A frozen one uses what it has measured, and an image has many values of a channel.
  EXPECT_EQ(told(normalized(false), 4, {.batch_size = 1}), Texts{});
  EXPECT_EQ(told(Sequential{Input{2, 2, 3}, BatchNormalization{}, Flatten{}, Dense{.units = 2}}, 4,
                 {.batch_size = 1}),
            Texts{});
}

TEST(FitNotices, OfBatchNormalizationWithinAnotherModel) {
  Sequential outer{Input{3}, normalized(), Dense{.units = 2}};
  const Texts texts = told(outer, 2, {.batch_size = 1});
  ASSERT_EQ(texts.size(), 1u);
  EXPECT_NE(texts[0].find("/batch_normalization\n"), std::string::npos) << texts[0];
}

TEST(FitNotices, OfClassesThatAllWeighNothing) {
  EXPECT_EQ(told(Sequential{Input{3}, Dense{.units = 2}}, 4, {.class_weight = {0, 0}}),
            (Texts{"the batch is larger than the data: a step takes all there are\n"
                   "  batch_size   32\n"
                   "  examples     4\n"
                   "  to fix       give a batch_size of at most 4",
                   "class_weight is 0 for every class: nothing is learned from the targets\n"
                   "  to fix   give some class a weight above 0"}));
  EXPECT_EQ(
      told(Sequential{Input{3}, Dense{.units = 2}}, 4, {.batch_size = 4, .class_weight = {0, 1}}),
      Texts{});
}

/// (batch, 1) → (batch)
struct OneNumber {
  Value call(Scope&, Value x) const { return reshape(x, {x.dim(0)}); }
};

/// Predictions of one number an example have no axis of classes.
TEST(FitNotices, AreNoneOfPredictionsWithoutClasses) {
  Sequential model{Input{3}, Dense{.units = 1}, OneNumber{}};
  model.compile({.loss = MeanSquaredError{}, .metrics = {MeanAbsoluteError{}}});
  std::vector<std::string> texts;
  model.fit(data::from_tensors(Tensor(DType::float32, {4, 3}), Tensor(DType::float32, {4})),
            {.batch_size = 4, .callbacks = {KeepNotices{texts}}, .verbose = Verbosity::silent});
  EXPECT_EQ(texts, Texts{});
}

TEST(FitNotices, OfAMetricThatIsAlwaysOne) {
  const auto with_k = [](int k) {
    return told(Sequential{Input{3}, Dense{.units = 2}}, 4, {.batch_size = 4},
                {TopKCategoricalAccuracy{.k = k}});
  };
  EXPECT_EQ(with_k(5),
            Texts{"TopKCategoricalAccuracy takes the 5 likeliest of 2 classes: it is always 1\n"
                  "  to fix   give it a k below 2"});
  EXPECT_EQ(with_k(2).size(), 1u);
  EXPECT_EQ(with_k(1), Texts{});
}

}  // namespace
}  // namespace sloy
