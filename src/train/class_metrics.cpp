/// Metrics of classifiers that are no mean over examples: precision, recall, F1, areas under
/// curves, the confusion matrix.
#include <fmt/format.h>
#include <sloy/metrics.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/classes.h"
#include "train/targets.h"
#include "train/weights.h"

namespace sloy {
namespace {

/// What is true and what was predicted of each row and class, as 0 and 1: (rows, classes); one
/// class where there is one prediction an example. The weight is (rows, 1) or none.
struct ClassRows {
  Value truth;
  Value predicted;
  Value weight;
};

/// The classes of targets as rows of 0 and 1.
Value true_rows(const MetricInput& given) {
  const Value target = given.target;
  const Value prediction = given.prediction;
  if (is_binary(prediction.type()) || target.shape() == prediction.shape()) {
    return reshape(is_class_1(target), as_rows(prediction).shape());
  }
  return as_rows(one_hot(target, prediction.dim(-1)));
}

ClassRows class_rows(std::string_view user, const MetricInput& given,
                     std::optional<double> threshold) {
  const Value prediction = given.prediction;
  check_classes_told(user, given.target.type(), prediction.type());
  ClassRows rows{
      .truth = {}, .predicted = {}, .weight = row_weights(user, given.weight, prediction.shape())};
  if (is_binary(prediction.type()) || threshold) {
    rows.truth = true_rows(given);
    rows.predicted = as_rows(is_above(user, prediction, given.kind, threshold.value_or(0.5)));
  } else {
    rows.truth = as_rows(one_hot(class_of(given.target, prediction), prediction.dim(-1)));
    rows.predicted = as_rows(one_hot(argmax(prediction), prediction.dim(-1)));
  }
  return rows;
}

void check_class_id(std::string_view user, std::optional<int> class_id, std::size_t classes) {
  if (!class_id || (*class_id >= 0 && static_cast<std::size_t>(*class_id) < classes)) return;
  throw ConfigError(fmt::format("{} can't have the class_id {}", user, *class_id), {},
                    classes == 1 ? "leave it out: with one prediction an example it is class 1"
                                 : fmt::format("give a class from 0 to {}", classes - 1));
}

/// True positives, predictions, and members of each class: (classes) each.
std::vector<Value> class_counts(std::string_view user, const MetricInput& given,
                                std::optional<double> threshold, std::optional<int> class_id) {
  const ClassRows rows = class_rows(user, given, threshold);
  check_class_id(user, class_id, static_cast<std::size_t>(rows.truth.dim(-1).size()));
  const auto add_up = [&](Value x) {
    return sum(rows.weight ? x * rows.weight : x, {.axes = {0}});
  };
  return {add_up(rows.truth * rows.predicted), add_up(rows.predicted), add_up(rows.truth)};
}

using Figure = MetricResult (*)(double hits, double predicted, double members);

/// A figure of classes' counts as one number.
MetricResult averaged(MetricSums counts, Figure figure, Average average,
                      std::optional<int> class_id) {
  const std::vector<double>& hits = counts[0];
  const std::vector<double>& predicted = counts[1];
  const std::vector<double>& members = counts[2];
  const auto of = [&](std::size_t c) { return figure(hits[c], predicted[c], members[c]); };
  if (class_id) return of(static_cast<std::size_t>(*class_id));
  const auto total = [](const std::vector<double>& numbers) {
    return std::accumulate(numbers.begin(), numbers.end(), 0.0);
  };
  if (average == Average::micro) return figure(total(hits), total(predicted), total(members));
  MetricResult sum(0);
  double shares = 0;
  for (std::size_t c = 0; c < hits.size(); ++c) {
    const double share = average == Average::weighted ? members[c] : 1;
    const MetricResult one = of(c);
    sum.value += share * one.value;
    sum.is_defined = sum.is_defined && one.is_defined;
    shares += share;
  }
  const MetricResult mean = MetricResult::quotient(sum.value, shares);
  sum.value = mean.value;
  sum.is_defined = sum.is_defined && mean.is_defined;
  return sum;
}

/// For each class and threshold, how many of the class and how many others are above it, and how
/// many there are of both: (classes, thresholds) twice, (classes) twice.
std::vector<Value> counts_above(const AUC& metric, const MetricInput& given) {
  const std::string_view name = type_name<AUC>();
  if (metric.num_thresholds < 2) {
    throw ConfigError(fmt::format("num_thresholds can't be {}", metric.num_thresholds), {},
                      "give 2 or more");
  }
  check_classes_told(name, given.target.type(), given.prediction.type());
  Value probabilities = given.prediction;
  if (given.kind == Prediction::scores) {
    const bool apart = metric.multi_label || is_binary(probabilities.type());
    probabilities = apart ? sigmoid(probabilities) : softmax(probabilities);
  }
  probabilities = as_rows(probabilities);
  const Value truth = true_rows(given);
  const Value weight = row_weights(name, given.weight, given.prediction.shape());
  const Dim classes = truth.dim(1);
  const Dim places = truth.shape().elements();
  const auto thresholds = static_cast<std::int64_t>(metric.num_thresholds);

  // The ends lie just outside, so that everything and nothing is above them.
  constexpr double margin = 1e-7;
  std::vector<double> levels;
  for (int i = 0; i < metric.num_thresholds; ++i) {
    levels.push_back(static_cast<double>(i) / (metric.num_thresholds - 1));
  }
  levels.front() = -margin;
  levels.back() = 1 + margin;
  const Value level = truth.graph().constant(Tensor(Shape{thresholds}, levels));
  // A row for each number: what compares a column with a row has a kernel.
  const Value above = greater(reshape(probabilities, {places, 1}), level);
  const Value members = weight ? truth * weight : truth;
  const Value others = weight ? (1 - truth) * weight : 1 - truth;
  const auto count_up = [&](Value counted) {
    const Value each = above * reshape(counted, {places, 1});
    const Value by_row = reshape(each, {truth.dim(0), classes.size() * thresholds});
    return reshape(sum(by_row, {.axes = {0}}), {classes, thresholds});
  };
  return {count_up(members), count_up(others), sum(members, {.axes = {0}}),
          sum(others, {.axes = {0}})};
}

/// Under the points (others' share, members' share), thresholds rising.
MetricResult area_under_roc(std::span<const double> hits, std::span<const double> alarms,
                            double members, double others) {
  MetricResult area(0);
  area.is_defined = members > 0 && others > 0;
  if (!area.is_defined) return area;
  for (std::size_t i = 0; i + 1 < hits.size(); ++i) {
    area.value += (alarms[i] - alarms[i + 1]) / others * (hits[i] + hits[i + 1]) / 2 / members;
  }
  return area;
}

/// Davis and Goadrich's interpolation: between two thresholds the false positives grow linearly
/// with the true ones, so precision is no line.
MetricResult area_under_pr(std::span<const double> hits, std::span<const double> alarms,
                           double members) {
  MetricResult area(0);
  area.is_defined = members > 0;
  if (!area.is_defined) return area;
  for (std::size_t i = 0; i + 1 < hits.size(); ++i) {
    const double found = hits[i] - hits[i + 1];
    const double taken = found + alarms[i] - alarms[i + 1];
    const double slope = taken > 0 ? std::max(found / taken, 0.0) : 0;
    const double after = hits[i + 1] + alarms[i + 1];
    const double before = hits[i] + alarms[i];
    const double intercept = hits[i + 1] - slope * after;
    const double ratio = before > 0 && after > 0 ? before / after : 1;
    area.value += slope * (found + intercept * std::log(ratio)) / members;
  }
  return area;
}

}  // namespace

std::vector<Value> Precision::call(const MetricInput& given) const {
  return class_counts("Precision", given, threshold, class_id);
}
MetricResult Precision::result(MetricSums sums) const {
  return averaged(
      sums,
      [](double hits, double predicted, double) { return MetricResult::quotient(hits, predicted); },
      average, class_id);
}

std::vector<Value> Recall::call(const MetricInput& given) const {
  return class_counts(type_name<Recall>(), given, threshold, class_id);
}
MetricResult Recall::result(MetricSums sums) const {
  return averaged(
      sums,
      [](double hits, double, double members) { return MetricResult::quotient(hits, members); },
      average, class_id);
}

std::vector<Value> F1Score::call(const MetricInput& given) const {
  return class_counts(type_name<F1Score>(), given, threshold, class_id);
}
MetricResult F1Score::result(MetricSums sums) const {
  return averaged(
      sums,
      [](double hits, double predicted, double members) {
        return MetricResult::quotient(2 * hits, predicted + members);
      },
      average, class_id);
}

std::vector<Value> AUC::call(const MetricInput& given) const { return counts_above(*this, given); }

MetricResult AUC::result(MetricSums sums) const {
  const auto thresholds = static_cast<std::size_t>(num_thresholds);
  const std::vector<double>& members = sums[2];
  const std::vector<double>& others = sums[3];
  MetricResult mean(0);
  for (std::size_t c = 0; c < members.size(); ++c) {
    const auto hits = std::span(sums[0]).subspan(c * thresholds, thresholds);
    const auto alarms = std::span(sums[1]).subspan(c * thresholds, thresholds);
    const MetricResult area = curve == Curve::roc
                                  ? area_under_roc(hits, alarms, members[c], others[c])
                                  : area_under_pr(hits, alarms, members[c]);
    mean.value += area.value / static_cast<double>(members.size());
    mean.is_defined = mean.is_defined && area.is_defined;
  }
  return mean;
}

Value confusion_matrix(Value target, Value prediction, Prediction kind, double threshold) {
  const std::string_view name = "confusion_matrix";
  check_classes_told(name, target.type(), prediction.type());
  Value truth, predicted;
  Dim classes = 2;
  if (is_binary(prediction.type())) {
    truth = cast(is_class_1(target), DType::int32);
    predicted = cast(is_above(name, prediction, kind, threshold), DType::int32);
  } else {
    truth = class_of(target, prediction);
    predicted = argmax(prediction);
    classes = prediction.dim(-1);
  }
  return matmul(as_rows(one_hot(truth, classes)), as_rows(one_hot(predicted, classes)),
                {.transpose_a = true});
}

}  // namespace sloy
