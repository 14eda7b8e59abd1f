#include <gtest/gtest.h>
#include <sloy/metrics.h>
#include <sloy/program.h>

#include <cmath>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

Tensor floats(Shape shape, std::vector<float> values) {
  return Tensor(std::move(shape), std::move(values));
}
Tensor labels(Shape shape, std::vector<std::int32_t> values) {
  return Tensor(std::move(shape), std::move(values));
}

struct Batch {
  Tensor targets;
  Tensor predictions;
  Tensor weights = Tensor(DType::float32, {0});  ///< none where it is empty
};

Type open(const Tensor& tensor) { return {tensor.dtype(), tensor.shape().with_first(batch)}; }

/// A metric as fit makes it: batch by batch, its sums merged in double.
MetricResult result_of(const Metric& metric, const std::vector<Batch>& batches,
                       Prediction kind = Prediction::any,
                       BackendKind backend = BackendKind::reference) {
  Graph graph;
  const Value target = graph.input("target", open(batches[0].targets));
  const Value prediction = graph.input("prediction", open(batches[0].predictions));
  MetricInput input{.target = target, .prediction = prediction, .kind = kind};
  const bool is_weighted = batches[0].weights.size() > 0;
  if (is_weighted) input.weight = graph.input("weight", open(batches[0].weights));
  const Program program = compile({.outputs = metric.call(input), .backend = backend});
  State state(program.variables());
  std::vector<std::vector<double>> total;
  for (const Batch& one : batches) {
    std::vector<Tensor> feeds{one.targets, one.predictions};
    if (is_weighted) feeds.push_back(one.weights);
    std::vector<std::vector<double>> sums;
    for (const Tensor& sum : program.run(state, feeds)) {
      const Tensor numbers = sum.cast(DType::float64);
      const auto values = numbers.values<double>();
      sums.emplace_back(values.begin(), values.end());
    }
    if (total.empty()) {
      for (const auto& sum : sums) total.emplace_back(sum.size());
    }
    metric.merge(total, sums);
  }
  return metric.result(total);
}

double value_of(const Metric& metric, const std::vector<Batch>& batches,
                Prediction kind = Prediction::any, BackendKind backend = BackendKind::reference) {
  return result_of(metric, batches, kind, backend).value;
}

TEST(Metrics, AccuracyOfLabelsIsTheShareWhoseLargestPredictionIsTheirs) {
  const Tensor predictions =
      floats({4, 3}, {0.1f, 0.7f, 0.2f, 0.5f, 0.3f, 0.2f, 0, 0, 1, 0.3f, 0.4f, 0.3f});
  EXPECT_DOUBLE_EQ(value_of(Accuracy{}, {{labels({4}, {1, 1, 2, 1}), predictions}}), 0.75);
}

TEST(Metrics, AccuracyOfOneHotTargetsIsThatOfTheirLabels) {
  const Tensor predictions = floats({2, 3}, {0.1f, 0.7f, 0.2f, 0.5f, 0.3f, 0.2f});
  const Tensor one_hot = floats({2, 3}, {0, 1, 0, 0, 0, 1});
  EXPECT_DOUBLE_EQ(value_of(Accuracy{}, {{one_hot, predictions}}), 0.5);
}

TEST(Metrics, AccuracyOfOnePredictionComparesWithAThreshold) {
  const Tensor targets = labels({4}, {1, 0, 1, 0});
  const Tensor predictions = floats({4, 1}, {0.6f, 0.4f, 0.45f, 0.5f});
  EXPECT_DOUBLE_EQ(value_of(Accuracy{}, {{targets, predictions}}), 0.75)
      << "exactly the threshold is class 0, as in Keras";
  EXPECT_DOUBLE_EQ(value_of(Accuracy{.threshold = 0.42}, {{targets, predictions}}), 0.75);
  const Tensor in_column = floats({4, 1}, {1, 0, 1, 0});
  EXPECT_DOUBLE_EQ(value_of(Accuracy{}, {{in_column, predictions}}), 0.75);
}

TEST(Metrics, AThresholdOnScoresIsOneOnTheirSigmoid) {
  const Tensor targets = labels({4}, {1, 1, 0, 0});
  const Tensor scores = floats({4, 1}, {1e-9f, 2, -1, -1e-9f});
  EXPECT_DOUBLE_EQ(value_of(Accuracy{}, {{targets, scores}}, Prediction::scores), 1.0);
  // sigmoid(2) = 0.88, sigmoid(1.3) = 0.79
  const Tensor high = floats({4, 1}, {2, 1.3f, 1.3f, 2});
  EXPECT_DOUBLE_EQ(value_of(Accuracy{.threshold = 0.8}, {{targets, high}}, Prediction::scores),
                   0.5);
}

TEST(Metrics, UnevenBatchesGiveTheMeanOverAllExamples) {
  const Batch three{labels({3}, {0, 0, 0}), floats({3, 2}, {1, 0, 1, 0, 1, 0})};
  const Batch one{labels({1}, {0}), floats({1, 2}, {0, 1})};
  for (BackendKind backend : {BackendKind::reference, BackendKind::cpu}) {
    EXPECT_DOUBLE_EQ(value_of(Accuracy{}, {three, one}, Prediction::any, backend), 0.75);
    EXPECT_DOUBLE_EQ(value_of(MeanSquaredError{},
                              {{floats({3, 1}, {0, 0, 0}), floats({3, 1}, {1, 2, 3})},
                               {floats({1, 1}, {0}), floats({1, 1}, {4})}},
                              Prediction::any, backend),
                     (1 + 4 + 9 + 16) / 4.0);
  }
}

TEST(Metrics, AccuracyOfSequencesCountsPositions) {
  const Tensor predictions = floats({1, 2, 2}, {1, 0, 1, 0});
  EXPECT_DOUBLE_EQ(value_of(Accuracy{}, {{labels({1, 2}, {0, 1}), predictions}}), 0.5);
}

Tensor confusion(const Tensor& targets, const Tensor& predictions,
                 Prediction kind = Prediction::any) {
  Graph graph;
  const Value target = graph.input("target", open(targets));
  const Value prediction = graph.input("prediction", open(predictions));
  return evaluate(confusion_matrix(target, prediction, kind), {targets, predictions});
}

TEST(Metrics, ConfusionMatrixCountsTrueClassesInRows) {
  const Tensor predictions =
      floats({5, 3}, {1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0});  // 0 1 1 2 0
  const Tensor expected = floats({3, 3}, {1, 1, 0, 0, 1, 0, 1, 0, 1});
  EXPECT_EQ(confusion(labels({5}, {0, 0, 1, 2, 2}), predictions), expected);
  const Tensor one_hot = floats({5, 3}, {1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1});
  EXPECT_EQ(confusion(one_hot, predictions), expected);
}

TEST(Metrics, ConfusionMatrixOfOnePredictionHasTwoClasses) {
  const Tensor scores = floats({4, 1}, {-1, 1, 1, 1});
  EXPECT_EQ(confusion(labels({4}, {0, 0, 1, 1}), scores, Prediction::scores),
            floats({2, 2}, {1, 1, 0, 2}));
}

/// (TP + TN) / all = trace / sum.
TEST(Metrics, AccuracyIsTheShareOnTheDiagonal) {
  const Tensor targets = labels({4}, {0, 1, 1, 0});
  const Tensor predictions = floats({4, 2}, {1, 0, 1, 0, 0, 1, 0, 1});
  const Tensor counts = confusion(targets, predictions);
  const auto n = counts.values<float>();
  EXPECT_DOUBLE_EQ(value_of(Accuracy{}, {{targets, predictions}}),
                   (n[0] + n[3]) / (n[0] + n[1] + n[2] + n[3]));
}

struct WithinTenth {
  Value call(Value target, Value prediction) const {
    return less(absolute(target - prediction), 0.1);
  }
};
struct Bias {
  Value call(Value target, Value prediction) const { return prediction - target; }
};

TEST(Metrics, AStructOfOnesOwnIsAMetric) {
  const std::vector<Batch> batches{{floats({2, 1}, {1, 2}), floats({2, 1}, {1.05f, 3})}};
  EXPECT_DOUBLE_EQ(value_of(WithinTenth{}, batches), 0.5);
  EXPECT_NEAR(value_of(Bias{}, batches), (0.05 + 1) / 2, 1e-6);
  EXPECT_EQ(Metric(WithinTenth{}).name(), "within_tenth");
}

TEST(Metrics, HaveKerasNames) {
  EXPECT_EQ(Metric(Accuracy{}).name(), "accuracy");
  EXPECT_EQ(Metric(SparseCategoricalCrossentropy{}).name(), "sparse_categorical_crossentropy");
}

TEST(Metrics, AreReadAndWritten) {
  PerOutput<Metric> metrics;
  const Config::List written{Config::Map{{"type", "Accuracy"}, {"threshold", 0.25}},
                             "MeanSquaredError"};
  from_config(written, metrics);
  EXPECT_EQ(to_config(metrics), Config(written));
  from_config(Config::List{"Accuracy"}, metrics);
  EXPECT_EQ(metrics[0].value.name(), "accuracy");
}

TEST(Metrics, SayHowTargetsDoNotFit) {
  Graph graph;
  const Value target = graph.input("target", {DType::float32, {batch}});
  const Value prediction = graph.input("prediction", {DType::float32, {batch, 3}});
  EXPECT_EQ(
      message_of([&] { Metric(Accuracy{}).call({.target = target, .prediction = prediction}); }),
      "Accuracy: the targets say no class for each row of predictions\n"
      "  targets       float32 (batch)\n"
      "  predictions   float32 (batch, 3)\n"
      "  needed        targets int32 (batch), or one-hot (batch, 3)\n"
      "  to fix        reshape the targets, or the model's last layer");
  EXPECT_EQ(message_of([&] {
              Metric(MeanSquaredError{}).call({.target = target, .prediction = prediction});
            }),
            "MeanSquaredError: targets and predictions must have the same shape\n"
            "  targets       float32 (batch)\n"
            "  predictions   float32 (batch, 3)\n"
            "  to fix        reshape the targets, or the model's last layer: nothing is broadcast");
  const Value score = graph.input("score", {DType::float32, {batch, 1}});
  EXPECT_EQ(message_of([&] {
              Metric(Accuracy{.threshold = 1.5})
                  .call({.target = target, .prediction = score, .kind = Prediction::scores});
            }),
            "Accuracy: the threshold is a probability\n"
            "  given    1.5\n"
            "  to fix   give a number between 0 and 1");
  EXPECT_THROW(Metric(Accuracy{.threshold = -0.5}).call({.target = target, .prediction = score}),
               ConfigError);
  EXPECT_NO_THROW(Metric(Accuracy{.threshold = 1}).call({.target = target, .prediction = score}));
}

}  // namespace
}  // namespace sloy
