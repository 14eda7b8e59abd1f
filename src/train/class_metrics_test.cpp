/// Precision, recall, F1 and areas under curves, against their definitions.
#include <gtest/gtest.h>
#include <sloy/model.h>

#include <algorithm>
#include <cmath>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

/// Seven examples of three classes, of which the last is never taken and the labels hold no 1.
const std::vector<std::int32_t> truths{0, 2, 2, 0, 0, 2, 0};
const std::vector<float> scores{2, 1, 0, 1, 3, 2, 5, 1, 2, 0, 1, 0, 3, 3, 0, 1, 4, 2, 9, 1, 8};
const std::vector<std::int32_t> taken{0, 1, 0, 1, 0, 1, 0};  // the first of equals

struct Counts {
  double hits = 0, predicted = 0, members = 0;
};
std::vector<Counts> counts() {
  std::vector<Counts> of_class(3);
  for (std::size_t i = 0; i < truths.size(); ++i) {
    const auto t = static_cast<std::size_t>(truths[i]), p = static_cast<std::size_t>(taken[i]);
    ++of_class[t].members;
    ++of_class[p].predicted;
    if (t == p) ++of_class[t].hits;
  }
  return of_class;
}
double share(double a, double b) { return b == 0 ? 0 : a / b; }

/// The metric as fit makes it, in batches of `batch_size`.
MetricResult measured(const Metric& metric, const Tensor& targets, const Tensor& predictions,
                      std::int64_t batch_size, Prediction kind = Prediction::any,
                      const Tensor& weights = Tensor(DType::float32, {0})) {
  const auto open = [](const Tensor& t) {
    return Type{t.dtype() == DType::float64 ? DType::float32 : t.dtype(),
                t.shape().with_first(batch)};
  };
  Graph graph;
  MetricInput input{.target = graph.input("target", open(targets)),
                    .prediction = graph.input("prediction", open(predictions)),
                    .kind = kind};
  if (weights.size() > 0) input.weight = graph.input("weight", open(weights));
  const Program program = compile({.outputs = metric.call(input),
                                   .backend = BackendKind::reference,
                                   .precision = NumericPrecision::float64});
  State state(program.variables(), {.precision = NumericPrecision::float64});
  const auto rows = [](const Tensor& tensor, std::int64_t first, std::int64_t last) {
    const std::int64_t each = tensor.size() / tensor.shape().size(0);
    const Tensor wide = is_float(tensor.dtype()) ? tensor.cast(DType::float64) : tensor;
    Tensor part(wide.dtype(), wide.shape().with_first(last - first));
    std::copy_n(wide.data() + first * each * static_cast<std::int64_t>(size_of(wide.dtype())),
                part.bytes(), part.mutable_data());
    return part;
  };
  std::vector<std::vector<double>> total;
  const std::int64_t examples = targets.shape().size(0);
  for (std::int64_t first = 0; first < examples; first += batch_size) {
    const std::int64_t last = std::min(first + batch_size, examples);
    std::vector<Tensor> feeds{rows(targets, first, last), rows(predictions, first, last)};
    if (weights.size() > 0) feeds.push_back(rows(weights, first, last));
    std::vector<std::vector<double>> sums;
    for (const Tensor& sum : program.run(state, feeds)) {
      const auto values = sum.values<double>();
      sums.emplace_back(values.begin(), values.end());
    }
    if (total.empty()) {
      for (const auto& sum : sums) total.emplace_back(sum.size());
    }
    metric.merge(total, sums);
  }
  return metric.result(total);
}

MetricResult of_labels(const Metric& metric, std::int64_t batch_size = 3) {
  return measured(metric, Tensor({7}, truths), Tensor({7, 3}, scores), batch_size);
}

TEST(ClassMetrics, AreTheirFormulasOfEachClass) {
  const auto c = counts();
  for (int id = 0; id < 3; ++id) {
    const Counts& one = c[static_cast<std::size_t>(id)];
    EXPECT_DOUBLE_EQ(of_labels(Precision{.class_id = id}).value, share(one.hits, one.predicted));
    EXPECT_DOUBLE_EQ(of_labels(Recall{.class_id = id}).value, share(one.hits, one.members));
    EXPECT_DOUBLE_EQ(of_labels(F1Score{.class_id = id}).value,
                     share(2 * one.hits, one.predicted + one.members));
  }
}

TEST(ClassMetrics, AverageOverClasses) {
  const auto c = counts();
  double macro = 0, weighted = 0, hits = 0;
  for (const Counts& one : c) {
    macro += share(one.hits, one.predicted) / 3;
    weighted += one.members * share(one.hits, one.predicted) / 7;
    hits += one.hits;
  }
  EXPECT_DOUBLE_EQ(of_labels(Precision{}).value, macro);
  EXPECT_DOUBLE_EQ(of_labels(Precision{.average = Average::weighted}).value, weighted);
  EXPECT_DOUBLE_EQ(of_labels(Precision{.average = Average::micro}).value, hits / 7);
  // Each example has one class and is taken for one: micro precision, recall and F1 are accuracy.
  EXPECT_DOUBLE_EQ(of_labels(Recall{.average = Average::micro}).value, hits / 7);
  EXPECT_DOUBLE_EQ(of_labels(F1Score{.average = Average::micro}).value, hits / 7);
  EXPECT_DOUBLE_EQ(of_labels(Accuracy{}).value, hits / 7);
}

TEST(ClassMetrics, TakeZeroByZeroForZeroAndSaySo) {
  const MetricResult never_taken = of_labels(Precision{.class_id = 2});
  EXPECT_EQ(never_taken.value, 0);
  EXPECT_FALSE(never_taken.is_defined);
  EXPECT_FALSE(of_labels(Recall{}).is_defined);  // nothing is of class 1
  EXPECT_TRUE(of_labels(Recall{.class_id = 0}).is_defined);

  Sequential model{Input{1}, Dense{.units = 3}};
  model.compile(
      {.loss = SparseCategoricalCrossentropy{.from_logits = true}, .metrics = {Recall{}}});
  const data::Dataset data = data::from_tensors(Tensor(DType::float32, {2, 1}),
                                                Tensor({2}, std::vector<std::int32_t>{0, 2}));
  const Evaluation evaluation = model.evaluate(data);
  ASSERT_EQ(evaluation.notices.size(), 1u);
  EXPECT_STREQ(evaluation.notices[0].what(),
               "recall is 0 / 0 for some of what it measures, which counts as 0\n"
               "  examples   2\n"
               "  to fix     measure on data with examples of every class");
}

/// What is to be done depends on what a metric divides by.
TEST(ClassMetrics, ThatAreZeroByZeroNameTheirCure) {
  const auto fix = [](const Metric& metric, const Loss& loss, const Tensor& targets, int units) {
    Sequential model{Input{1}, Dense{.units = units, .kernel_initializer = Zeros{}}};
    model.compile({.loss = loss, .metrics = {metric}});
    const data::Dataset data = data::from_tensors(Tensor(DType::float32, {4, 1}), targets);
    const Evaluation evaluation = model.evaluate(data);
    return evaluation.notices.empty() ? std::string() : evaluation.notices.back().fix();
  };
  const Tensor all_classes({4}, std::vector<std::int32_t>{0, 1, 2, 0});
  const SparseCategoricalCrossentropy of_labels{.from_logits = true};
  // Whose scores are all alike is taken for class 0.
  EXPECT_EQ(fix(Precision{}, of_labels, all_classes, 3),
            "train until examples are taken for every class, or lower the threshold");
  EXPECT_EQ(fix(F1Score{}, of_labels, all_classes, 3), "") << "no 0 / 0: every class has members";
  EXPECT_EQ(fix(R2Score{}, MeanSquaredError{}, Tensor({4, 1}, std::vector<float>{2, 2, 2, 2}), 1),
            "measure on data whose targets differ from one another");
}

TEST(ClassMetrics, OfOnePredictionAreOfClassOne) {
  const Tensor targets({5, 1}, std::vector<float>{1, 1, 0, 1, 0});
  const Tensor predictions({5, 1}, std::vector<float>{0.9f, 0.4f, 0.8f, 0.6f, 0.1f});
  EXPECT_DOUBLE_EQ(measured(Precision{}, targets, predictions, 2).value, 2. / 3);
  EXPECT_DOUBLE_EQ(measured(Recall{}, targets, predictions, 2).value, 2. / 3);
  EXPECT_DOUBLE_EQ(measured(Recall{.threshold = 0.3}, targets, predictions, 2).value, 1);
  // As scores 0.4 and 0.1 are above the score of one half, 0.
  EXPECT_DOUBLE_EQ(measured(Recall{}, targets, predictions, 2, Prediction::scores).value, 1);
}

TEST(ClassMetrics, WithAThresholdEachClassIsByItself) {
  const Tensor targets({3, 2}, std::vector<float>{1, 1, 0, 1, 1, 0});
  const Tensor predictions({3, 2}, std::vector<float>{0.9f, 0.6f, 0.7f, 0.2f, 0.8f, 0.55f});
  const F1Score metric{.threshold = 0.5};
  // Class 0: 2 hits of 3 taken, 2 members; class 1: 1 hit of 2 taken, 2 members.
  EXPECT_DOUBLE_EQ(measured(metric, targets, predictions, 2).value, (4. / 5 + 2. / 4) / 2);
}

TEST(ClassMetrics, WeighExamples) {
  const Tensor targets({3, 1}, std::vector<float>{1, 1, 0});
  const Tensor predictions({3, 1}, std::vector<float>{0.9f, 0.2f, 0.7f});
  const Tensor weights({3}, std::vector<float>{3, 0.5f, 2});
  EXPECT_DOUBLE_EQ(measured(Precision{}, targets, predictions, 2, Prediction::any, weights).value,
                   3. / 5);
  EXPECT_DOUBLE_EQ(measured(Recall{}, targets, predictions, 2, Prediction::any, weights).value,
                   3. / 3.5);
}

/// The share of pairs of a member and another of which the member is above, ties one half.
double area_by_pairs(const std::vector<float>& targets, const std::vector<float>& p) {
  double above = 0, pairs = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    for (std::size_t j = 0; j < p.size(); ++j) {
      if (targets[i] != 1 || targets[j] != 0) continue;
      ++pairs;
      above += p[i] > p[j] ? 1 : p[i] == p[j] ? 0.5 : 0;
    }
  }
  return above / pairs;
}

TEST(Auc, IsTheShareOfPairsInOrder) {
  const std::vector<float> targets{0, 0, 1, 1, 1, 0, 1, 0};
  const std::vector<float> p{0.1f, 0.4f, 0.35f, 0.8f, 0.4f, 0.6f, 0.9f, 0.05f};
  const Tensor t({8, 1}, targets), x({8, 1}, p);
  EXPECT_NEAR(measured(AUC{.num_thresholds = 1001}, t, x, 3).value, area_by_pairs(targets, p),
              1e-9);
  const Tensor alike({8, 1}, std::vector<float>(8, 0.5f));
  EXPECT_DOUBLE_EQ(measured(AUC{}, t, alike, 3).value, 0.5);
}

TEST(Auc, OfOneClassAloneIsNotDefined) {
  const Tensor ones({3, 1}, std::vector<float>{1, 1, 1});
  const Tensor p({3, 1}, std::vector<float>{0.2f, 0.5f, 0.9f});
  EXPECT_FALSE(measured(AUC{}, ones, p, 2).is_defined);
  EXPECT_TRUE(measured(AUC{.curve = Curve::pr}, ones, p, 2).is_defined);
  EXPECT_DOUBLE_EQ(measured(AUC{.curve = Curve::pr}, ones, p, 2).value, 1);
}

TEST(Auc, OfScoresIsThatOfTheirProbabilities) {
  const Tensor t({4, 1}, std::vector<float>{1, 0, 1, 0});
  const std::vector<float> s{1.5f, -0.5f, -1, -2};
  std::vector<float> p;
  for (float score : s) p.push_back(1 / (1 + std::exp(-score)));
  EXPECT_DOUBLE_EQ(measured(AUC{}, t, Tensor({4, 1}, s), 4, Prediction::scores).value,
                   measured(AUC{}, t, Tensor({4, 1}, p), 4).value);
}

TEST(Auc, OfSeveralClassesIsTheMeanOfEachAgainstTheOthers) {
  const std::vector<float> p{0.7f, 0.2f, 0.1f, 0.3f, 0.3f, 0.4f, 0.1f, 0.8f, 0.1f,
                             0.5f, 0.2f, 0.3f, 0.2f, 0.2f, 0.6f, 0.3f, 0.4f, 0.3f};
  const std::vector<std::int32_t> classes{0, 2, 1, 2, 2, 0};
  double mean = 0;
  for (std::int32_t c = 0; c < 3; ++c) {
    std::vector<float> members, column;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      members.push_back(classes[i] == c ? 1.f : 0.f);
      column.push_back(p[3 * i + static_cast<std::size_t>(c)]);
    }
    mean += area_by_pairs(members, column) / 3;
  }
  const MetricResult found =
      measured(AUC{.num_thresholds = 1001}, Tensor({6}, classes), Tensor({6, 3}, p), 4);
  EXPECT_NEAR(found.value, mean, 1e-9);
}

TEST(TopK, CountsTheTrueClassAmongTheLargest) {
  const Tensor t({7}, truths), x({7, 3}, scores);
  EXPECT_DOUBLE_EQ(measured(TopKCategoricalAccuracy{.k = 3}, t, x, 3).value, 1);
  std::size_t within = 0;
  for (std::size_t i = 0; i < truths.size(); ++i) {
    const float own = scores[3 * i + static_cast<std::size_t>(truths[i])];
    const auto before = std::count_if(scores.begin() + static_cast<std::ptrdiff_t>(3 * i),
                                      scores.begin() + static_cast<std::ptrdiff_t>(3 * i + 3),
                                      [&](float s) { return s > own; });
    within += before < 2;
  }
  EXPECT_DOUBLE_EQ(measured(TopKCategoricalAccuracy{.k = 2}, t, x, 3).value,
                   static_cast<double>(within) / 7);
}

TEST(R2, IsOneMinusTheShareOfVarianceMissed) {
  // Far from zero, where a difference of sums of squares would have no digits left.
  const std::vector<double> y{1e6 + 1, 1e6 - 2, 1e6 + 3.5, 1e6, 1e6 + 0.25};
  const std::vector<double> guess{1e6 + 0.5, 1e6 - 1, 1e6 + 3, 1e6 + 1, 1e6};
  double mean = 0, missed = 0, spread = 0;
  for (double value : y) mean += value / 5;
  for (std::size_t i = 0; i < 5; ++i) {
    missed += (y[i] - guess[i]) * (y[i] - guess[i]);
    spread += (y[i] - mean) * (y[i] - mean);
  }
  const Tensor t({5, 1}, y), x({5, 1}, guess);
  for (const std::int64_t size : {1, 2, 5}) {
    EXPECT_NEAR(measured(R2Score{}, t, x, size).value, 1 - missed / spread, 1e-9) << size;
  }
  EXPECT_NEAR(measured(RootMeanSquaredError{}, t, x, 2).value, std::sqrt(missed / 5), 1e-9);
  const Tensor flat({5, 1}, std::vector<double>(5, 3));
  EXPECT_FALSE(measured(R2Score{}, flat, x, 2).is_defined);
}

TEST(ClassMetrics, RefuseWhatMakesNoSense) {
  const auto refused = [](const Metric& metric) { return message_of([&] { of_labels(metric); }); };
  EXPECT_EQ(refused(Recall{.class_id = 3}),
            "Recall can't have the class_id 3\n"
            "  to fix   give a class from 0 to 2");
  EXPECT_EQ(refused(AUC{.num_thresholds = 1}),
            "num_thresholds can't be 1\n"
            "  to fix   give 2 or more");
  EXPECT_EQ(refused(TopKCategoricalAccuracy{.k = 0}),
            "k must be 1 or more, not 0\n  to fix   set k to 1 or more");
}

}  // namespace
}  // namespace sloy
