#include <fmt/format.h>
#include <sloy/metrics.h>

#include <algorithm>
#include <cmath>

#include "base/arguments.h"
#include "train/classes.h"
#include "train/targets.h"
#include "train/weights.h"

namespace sloy {
namespace {

/// Numbers to predict as rows (examples and positions, n), as the predictions of them.
struct NumberRows {
  Value target;
  Value prediction;
  Value weight;  ///< (rows, 1), or none
};
NumberRows number_rows(std::string_view user, const MetricInput& given) {
  check_same_shape(user, given.target.type(), given.prediction.type());
  return {.target = as_rows(as_float(given.target)),
          .prediction = as_rows(given.prediction),
          .weight = row_weights(user, given.weight, given.prediction.shape())};
}

/// Sums over rows, each times its weight: (n).
Value weighed_sum(Value rows, Value weight) {
  return sum(weight ? rows * weight : rows, {.axes = {0}});
}

/// The sum of the rows' weights: of all n numbers of a row alike.
Value whole(const NumberRows& rows) {
  return rows.weight ? sum(rows.weight) : count(rows.prediction, {0});
}

}  // namespace

std::vector<Value> Metric::mean_of(Value numbers, Value weight, Value mask) {
  const Value factor = combined_weight("the metric", weight, mask);
  if (!factor) return {sum(numbers), count(numbers)};
  const Value spread =
      broadcast_to(spread_weight("the metric", factor, numbers.shape()), numbers.shape());
  return {sum(numbers * spread), sum(spread)};
}

void Metric::add(std::span<std::vector<double>> total, MetricSums added) {
  for (std::size_t i = 0; i < total.size(); ++i) {
    for (std::size_t k = 0; k < total[i].size(); ++k) total[i][k] += added[i][k];
  }
}

Value Accuracy::call(Value target, Value prediction, Prediction kind) const {
  const std::string_view name = type_name<Accuracy>();
  check_classes_told(name, target.type(), prediction.type());
  if (is_binary(prediction.type())) {
    const Value truth = reshape(is_class_1(target), prediction.shape());
    return equal(truth, is_above(name, prediction, kind, threshold));
  }
  return equal(class_of(target, prediction), argmax(prediction));
}

Value TopKCategoricalAccuracy::call(Value target, Value prediction) const {
  const std::string_view name = type_name<TopKCategoricalAccuracy>();
  require_positive("k", k);
  check_classes_told(name, target.type(), prediction.type());
  if (is_binary(prediction.type())) {
    refuse_targets(name, "predictions need an axis of classes", target.type(), prediction.type(),
                   "predictions (batch, …, classes)", "use Accuracy");
  }
  const Value truth = one_hot(class_of(target, prediction), prediction.dim(-1));
  const Value of_truth = sum(truth * prediction, {.axes = {-1}, .keep_dims = true});
  const Value before = sum(greater(prediction, of_truth), {.axes = {-1}});
  return less(before, static_cast<double>(k));
}

std::vector<Value> R2Score::call(const MetricInput& given) const {
  const NumberRows rows = number_rows(type_name<R2Score>(), given);
  const Value total = whole(rows);
  const Value safe = where(equal(total, 0), total.graph().constant(1.0), total);
  const Value mean = weighed_sum(rows.target, rows.weight) / safe;
  return {reshape(total, {1}), mean, weighed_sum(square(rows.target - mean), rows.weight),
          weighed_sum(square(rows.target - rows.prediction), rows.weight)};
}

/// Means and squared deviations of two sets as those of both (Chan, Golub and LeVeque 1983): sums
/// of squares would cancel where the mean is large.
void R2Score::merge(std::span<std::vector<double>> total, MetricSums added) const {
  const double before = total[0][0];
  const double more = added[0][0];
  const double together = before + more;
  total[0][0] = together;
  for (std::size_t i = 0; i < total[1].size(); ++i) {
    const double apart = added[1][i] - total[1][i];
    if (together != 0) {
      total[1][i] += apart * more / together;
      total[2][i] += added[2][i] + apart * apart * before * more / together;
    }
    total[3][i] += added[3][i];
  }
}

MetricResult R2Score::result(MetricSums sums) const {
  MetricResult mean(0);
  const std::vector<double>& deviations = sums[2];
  for (std::size_t i = 0; i < deviations.size(); ++i) {
    const MetricResult missed = MetricResult::quotient(sums[3][i], deviations[i]);
    mean.is_defined = mean.is_defined && missed.is_defined;
    if (missed.is_defined)
      mean.value += (1 - missed.value) / static_cast<double>(deviations.size());
  }
  return mean;
}

std::vector<Value> RootMeanSquaredError::call(const MetricInput& given) const {
  const NumberRows rows = number_rows(type_name<RootMeanSquaredError>(), given);
  const Value squares = weighed_sum(square(rows.target - rows.prediction), rows.weight);
  return {mean(squares), whole(rows)};
}

MetricResult RootMeanSquaredError::result(MetricSums sums) const {
  MetricResult square = MetricResult::quotient(sums[0][0], sums[1][0]);
  square.value = std::sqrt(square.value);
  return square;
}

}  // namespace sloy
