#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::TemporaryDirectory;

constexpr std::int64_t examples = 7;
const std::vector<float> xs{0.5f, -1, 2, 1.5f, -0.25f, 3, -2};
const std::vector<float> ys{1, 0, 2, -1, 0.5f, 1, 4};
const std::vector<float> weights{1, 0, 2, 0.5f, 3, 1.25f, 0.25f};

data::Dataset line() {
  return data::from_tensors(Tensor({examples, 1}, xs), Tensor({examples, 1}, ys));
}
data::Dataset weighted_line() { return line().weighted(Tensor({examples}, weights)); }

/// y = 2x + 1
Sequential doubling() {
  Sequential model{Input{1}, Dense{.units = 1}};
  model.set_weight("dense/kernel", Tensor(Shape{1, 1}, std::vector<float>{2}));
  model.set_weight("dense/bias", Tensor(Shape{1}, std::vector<float>{1}));
  return model;
}
double error_of(std::size_t i) { return 2.0 * xs[i] + 1 - ys[i]; }

double evaluated(const Loss& loss, const data::Dataset& data) {
  Sequential model = doubling();
  model.compile({.loss = loss});
  return model.evaluate(data, {.batch_size = examples}).loss;
}

TEST(SampleWeights, MultiplyTheLossOfTheirExample) {
  double sum = 0, whole = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i] * error_of(i) * error_of(i);
    whole += weights[i];
  }
  EXPECT_NEAR(evaluated(MeanSquaredError{}, weighted_line()), sum / examples, 1e-5);
  EXPECT_NEAR(evaluated({MeanSquaredError{}, {.reduction = Reduction::mean_with_sample_weight}},
                        weighted_line()),
              sum / whole, 1e-5);
  EXPECT_NEAR(evaluated({MeanSquaredError{}, {.reduction = Reduction::sum}}, weighted_line()), sum,
              1e-4);
  EXPECT_NEAR(evaluated({MeanSquaredError{}, {.reduction = Reduction::mean_with_sample_weight}},
                        line().weighted(Tensor(DType::float32, {examples}))),
              0, 0);
}

TEST(SampleWeights, AreInTheWeightsThatAreSaved) {
  const auto trained_on = [](const data::Dataset& data) {
    const TemporaryDirectory directory;
    Sequential model = doubling();
    model.compile({.loss = MeanSquaredError{}});
    model.fit(data, {.epochs = 2, .verbose = Verbosity::silent});
    model.save(directory / "model.safetensors");
    const Tensor x({examples, 1}, xs);
    const Tensor loaded = Model::load(directory / "model.safetensors").predict(x);
    EXPECT_EQ(loaded, model.predict(x));
    return loaded;
  };
  EXPECT_NE(trained_on(weighted_line()), trained_on(line()));
}

TEST(SampleWeights, AreExactOverUnevenBatches) {
  Sequential model = doubling();
  model.compile({.loss = MeanSquaredError{}, .weighted_metrics = {MeanAbsoluteError{}}});
  const Evaluation whole = model.evaluate(weighted_line(), {.batch_size = examples});
  const Evaluation parts = model.evaluate(weighted_line(), {.batch_size = 3});
  EXPECT_NEAR(parts.loss, whole.loss, 1e-6);
  double sum = 0, share = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i] * std::abs(error_of(i));
    share += weights[i];
  }
  EXPECT_NEAR(parts.logs["mean_absolute_error"], sum / share, 1e-6);
  EXPECT_NEAR(whole.logs["mean_absolute_error"], sum / share, 1e-6);
}

TEST(SampleWeights, LeaveMetricsAloneThatArentWeighted) {
  Sequential model = doubling();
  model.compile({.loss = MeanSquaredError{},
                 .metrics = {MeanAbsoluteError{}},
                 .weighted_metrics = {MeanAbsoluteError{}}});
  const Logs logs = model.evaluate(weighted_line()).logs;
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += std::abs(error_of(i));
  EXPECT_NEAR(logs["mean_absolute_error"], sum / examples, 1e-6);
  EXPECT_NE(logs["weighted_mean_absolute_error"], logs["mean_absolute_error"]);
}

/// A weight of k is the example k times, but for the mean's divisor.
TEST(SampleWeights, AreAsManyExamples) {
  std::vector<std::int64_t> repeated;
  std::vector<float> whole_weights;
  for (std::int64_t i = 0; i < examples; ++i) {
    const std::int64_t times = i % 3;
    whole_weights.push_back(static_cast<float>(times));
    repeated.insert(repeated.end(), static_cast<std::size_t>(times), i);
  }
  const auto trained = [](const data::Dataset& data, const Loss& loss) {
    Sequential model = doubling();
    model.compile({.optimizer = SGD{.learning_rate = 0.01}, .loss = loss});
    model.fit(data, {.epochs = 5, .batch_size = 64, .verbose = Verbosity::silent});
    return model.weight("dense/kernel").item();
  };
  const data::Dataset by_weight = line().weighted(Tensor({examples}, whole_weights));
  const Loss per_weight{MeanSquaredError{}, {.reduction = Reduction::mean_with_sample_weight}};
  EXPECT_NEAR(trained(by_weight, per_weight), trained(line().subset(repeated), MeanSquaredError{}),
              1e-6);
}

/// (batch, 2) predictions at two positions, one of which is masked.
TEST(SampleWeights, MaskPositions) {
  const Tensor x({2, 2, 1}, std::vector<float>{1, 2, 3, 4});
  const Tensor y({2, 2, 1}, std::vector<float>{0, 0, 0, 1000});
  const Tensor mask({2, 2}, std::vector<float>{1, 1, 1, 0});
  Sequential model{Input{2, 1}, Dense{.units = 1, .use_bias = false}};
  model.set_weight("dense/kernel", Tensor(Shape{1, 1}, std::vector<float>{1}));
  model.compile(
      {.loss = Loss(MeanSquaredError{}, {.reduction = Reduction::mean_with_sample_weight})});
  EXPECT_NEAR(model.evaluate(data::from_tensors(x, y).weighted(mask)).loss, (1. + 4 + 9) / 3, 1e-6);
  const Tensor of_targets({2, 2, 1}, std::vector<float>{1, 1, 1, 0});
  EXPECT_NEAR(model.evaluate(data::from_tensors(x, y).weighted(of_targets)).loss, (1. + 4 + 9) / 3,
              1e-6);
}

TEST(SampleWeights, AreRefusedWhereTheyMakeNoSense) {
  EXPECT_EQ(message_of([] {
              line().weighted(Tensor({3}, std::vector<float>{1, 2, 3}));
            }),
            "each example needs a weight\n"
            "  examples   7\n"
            "  weights    float32 (3)");
  std::vector<float> negative(examples, 1);
  negative[4] = -2;
  EXPECT_EQ(message_of([&] { line().weighted(Tensor({examples}, negative)); }),
            "a weight can't be -2\n"
            "  example   4   counted from 0\n"
            "  to fix    give numbers of 0 or more");
  EXPECT_THROW(weighted_line().weighted(Tensor({examples}, weights)), DataError);
  const Tensor wide({examples, 5}, std::vector<float>(5 * examples, 1));
  EXPECT_EQ(message_of([&] { evaluated(MeanSquaredError{}, line().weighted(wide)); }),
            "MeanSquaredError: the weights don't fit what they weigh\n"
            "  weights    float32 (batch, 5)\n"
            "  to weigh   (batch)\n"
            "  to fix     give a weight for each example, or for each position of the target");
}

/// Predictions of three classes that don't depend on the example.
Sequential constant_scores(const Loss& loss) {
  Sequential model{Input{1}, Dense{.units = 3}};
  model.compile({.optimizer = SGD{.learning_rate = 1}, .loss = loss});
  model.set_weight("dense/kernel", Tensor(DType::float32, {1, 3}));
  model.set_weight("dense/bias", Tensor({3}, std::vector<float>{0.5f, -1, 2}));
  return model;
}
std::vector<double> log_probabilities() {
  const double sum = std::exp(0.5) + std::exp(-1.) + std::exp(2.);
  return {0.5 - std::log(sum), -1 - std::log(sum), 2 - std::log(sum)};
}

TEST(ClassWeights, MultiplyTheLossOfTheirClassInTraining) {
  const std::vector<std::int32_t> classes{0, 2, 1, 1, 0};
  const data::Dataset data =
      data::from_tensors(Tensor(DType::float32, {5, 1}), Tensor({5}, classes));
  const std::vector<double> of_class{0.5, 3, 1.25};
  Sequential model = constant_scores(SparseCategoricalCrossentropy{.from_logits = true});
  const double unweighted = model.evaluate(data).loss;
  const History history = model.fit(data, {.class_weight = of_class, .verbose = Verbosity::silent});
  double sum = 0, plain = 0;
  for (std::int32_t c : classes) {
    const auto at = static_cast<std::size_t>(c);
    sum -= of_class[at] * log_probabilities()[at] / 5;
    plain -= log_probabilities()[at] / 5;
  }
  EXPECT_NEAR(history["loss"][0], sum, 1e-5);
  EXPECT_NEAR(unweighted, plain, 1e-5);

  Sequential one_hot = constant_scores(CategoricalCrossentropy{.from_logits = true});
  std::vector<float> rows(15, 0.f);
  for (std::size_t i = 0; i < 5; ++i) rows[3 * i + static_cast<std::size_t>(classes[i])] = 1;
  const data::Dataset by_rows =
      data::from_tensors(Tensor(DType::float32, {5, 1}), Tensor({5, 3}, rows));
  EXPECT_NEAR(
      one_hot.fit(by_rows, {.class_weight = of_class, .verbose = Verbosity::silent})["loss"][0],
      sum, 1e-5);
  EXPECT_EQ(message_of([&] {
              model.fit(data, {.class_weight = {1, 2}});
            }),
            "class_weight has 2 numbers, there are 3 classes\n"
            "  predictions   (batch, 3)\n"
            "  to fix        give a weight for each class");
}

TEST(ClassWeights, OfTwoClassesFollowTheOneTarget) {
  Sequential model = doubling();
  model.compile({.loss = BinaryCrossentropy{.from_logits = true}});
  const data::Dataset data = data::from_tensors(Tensor({3, 1}, std::vector<float>{0.5f, -1, 2}),
                                                Tensor({3, 1}, std::vector<float>{1, 0, 0}));
  const std::vector<double> scores{2, -1, 5};
  const double expected =
      (4 * std::log1p(std::exp(-scores[0])) + 0.5 * std::log1p(std::exp(scores[1])) +
       0.5 * std::log1p(std::exp(scores[2]))) /
      3;
  const History history = model.fit(data, {.class_weight = {0.5, 4}, .verbose = Verbosity::silent});
  EXPECT_NEAR(history["loss"][0], expected, 1e-5);
}

TEST(ClassWeights, OfHingesTargetsAreOfTheirSign) {
  Sequential model = doubling();
  model.compile({.loss = Hinge{}});
  const data::Dataset data = data::from_tensors(Tensor({2, 1}, std::vector<float>{-0.375f, -0.25f}),
                                                Tensor({2, 1}, std::vector<float>{-1, 1}));
  const History history = model.fit(data, {.class_weight = {0.5, 4}, .verbose = Verbosity::silent});
  EXPECT_NEAR(history["loss"][0], (0.5 * 1.25 + 4 * 0.5) / 2, 1e-6);
}

TEST(ClassWeights, AreRefusedWhereTargetsAreNumbers) {
  Sequential model = doubling();
  model.compile({.loss = MeanSquaredError{}});
  EXPECT_EQ(message_of([&] {
              model.fit(line(), {.class_weight = {3, 7}});
            }),
            "class_weight is for classes, MeanSquaredError has numbers for targets\n"
            "  to fix   leave it out, or give the data a weight for each example");
}

TEST(IgnoreClass, IsNeitherLearnedNorCounted) {
  const data::Dataset all = data::from_tensors(
      Tensor(DType::float32, {4, 1}), Tensor({4}, std::vector<std::int32_t>{0, 255, 2, 255}));
  const std::vector<double> p = log_probabilities();
  Sequential model =
      constant_scores(SparseCategoricalCrossentropy{.from_logits = true, .ignore_class = 255});
  EXPECT_NEAR(model.evaluate(all).loss, -(p[0] + p[2]) / 2, 1e-5);
  model.compile({.loss = SparseCategoricalCrossentropy{.from_logits = true, .ignore_class = 255},
                 .metrics = {Accuracy{}, Recall{.class_id = 2}},
                 .weighted_metrics = {Accuracy{}}});
  const std::vector<float> importance{3, 100, 1, 100};
  const Logs logs = model.evaluate(all.weighted(Tensor({4}, importance))).logs;
  EXPECT_EQ(logs["accuracy"], 0.5) << "of examples 0, which is wrong, and 2";
  EXPECT_EQ(logs["recall"], 1);
  EXPECT_EQ(logs["weighted_accuracy"], 0.25);
  EXPECT_EQ(message_of([&] {
              constant_scores(SparseCategoricalCrossentropy{.from_logits = true}).evaluate(all);
            }),
            "the data have 256 classes, the model predicts 3\n"
            "  labels        0 to 255\n"
            "  predictions   (batch, 3)\n"
            "  to fix        give the last layer 256 units");
}

TEST(IgnoreClass, WorksOnProbabilitiesAndWithWeights) {
  Graph graph;
  const Value target = graph.input("target", {DType::int32, {batch}});
  const Value prediction = graph.input("prediction", {DType::float32, {batch, 2}});
  const Value weight = graph.input("weight", {DType::float32, {batch}});
  const Loss loss{SparseCategoricalCrossentropy{.ignore_class = -1},
                  {.reduction = Reduction::mean_with_sample_weight}};
  const Tensor labels({3}, std::vector<std::int32_t>{1, -1, 0});
  const Tensor predictions({3, 2}, std::vector<double>{0.25, 0.75, 0.5, 0.5, 0.125, 0.875});
  const Tensor importance({3}, std::vector<double>{2, 100, 1});
  const double expected = (2 * -std::log(0.75) + -std::log(0.125)) / 3;
  const Value found = loss(target, prediction, weight);
  EXPECT_NEAR(evaluate(found, {labels, predictions, importance}, NumericPrecision::float64).item(),
              expected, 1e-12);
  const Tensor none({3}, std::vector<std::int32_t>{-1, -1, -1});
  EXPECT_EQ(evaluate(found, {none, predictions, importance}, NumericPrecision::float64).item(), 0);
}

/// As in Keras: which output's classes they were of couldn't be told.
TEST(SampleWeights, OfClassesAreForOneOutput) {
  const Symbol x = Input{1};
  Model model({x}, {Dense{.units = 2}(x), Dense{.units = 3}(x)});
  model.compile({.loss = {SparseCategoricalCrossentropy{.from_logits = true},
                          SparseCategoricalCrossentropy{.from_logits = true}}});
  const Tensor labels({4}, std::vector<std::int32_t>{0, 1, 0, 1});
  const auto data = data::from_tensors({Tensor(DType::float32, {4, 1})}, {labels, labels});
  EXPECT_EQ(message_of([&] {
              model.fit(data, {.class_weight = {1, 2}, .verbose = Verbosity::silent});
            }),
            "class_weight is for a model with one output that has a loss\n"
            "  outputs   2 with a loss\n"
            "  to fix    give the data weights instead, one for each target");
}

}  // namespace
}  // namespace sloy
