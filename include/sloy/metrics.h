/// Metrics: what is measured besides the loss, never used for the gradient. Shapes are those of
/// targets and predictions; the result is one number for the whole data.
///
/// One of your own gives a number for every example (or every position of it), as a loss does; the
/// mean over all examples is the metric, exact whatever the batches' sizes:
///
///     struct WithinTenth {
///       Value call(Value target, Value prediction) const {
///         return less(absolute(target - prediction), 0.1);
///       }
///       static constexpr bool larger_is_better = true;  // for callbacks that look for the best
///     };
///
/// A metric that is no mean gives sums of a batch, of any shapes, and a formula for the sums over
/// all batches, which are added in double:
///
///     struct Bias {
///       std::vector<Value> call(const MetricInput& given) const {
///         return {sum(given.prediction), sum(given.target)};
///       }
///       double result(MetricSums sums) const { return sums[0][0] / sums[1][0]; }
///     };
///
/// In a recipe, where every loss is a metric too:
///
///     [train]
///     metrics = ["Accuracy", "MeanAbsoluteError"]
///
/// For a model with several outputs: `metrics = { digit = ["Accuracy"], image = [] }`.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/described.h>
#include <sloy/losses.h>
#include <sloy/ops.h>

namespace sloy {

/// What a metric sees of a batch.
struct MetricInput {
  Value target;
  Value prediction;
  Prediction kind = Prediction::any;  ///< what predictions are, as far as the loss tells
  Value weight = {};                  ///< of examples or positions; nothing where all count alike
};

/// The sums that a metric's graph gives, each with its elements in row-major order.
using MetricSums = std::span<const std::vector<double>>;

/// A metric's value. 0 / 0 is 0, and not defined: fit and evaluate say so.
struct MetricResult {
  double value = 0;
  bool is_defined = true;

  MetricResult(double given) : value(given) {}  // NOLINT: a number is a result
  /// a / b, or 0 and not defined where b is 0.
  static MetricResult quotient(double a, double b) {
    MetricResult result(b == 0 ? 0 : a / b);
    result.is_defined = b != 0;
    return result;
  }
};

/// The share of examples whose predicted class is right: correct / all. As in Keras the shapes
/// decide what that means. A single prediction an example says class 1 where it is above the
/// threshold; else the class is the largest of the last axis, and the target a label or a one-hot
/// row. Of examples that were mixed the class with the larger share is the true one. Where
/// predictions are scores (the loss says so), the threshold applies to their sigmoid. Targets that
/// say no class, as those of a regression, are refused by fit and evaluate with a DataError.
/// (batch, …), (batch, …, classes) → ()
struct SLOY_EXPORT Accuracy {
  double threshold = 0.5;  ///< a probability, for a single prediction an example

  Value call(Value target, Value prediction, Prediction kind) const;
  std::string metric_name() const { return "accuracy"; }
  static constexpr bool larger_is_better = true;
  static constexpr bool tells_classes = true;
  static void fields(auto&& field) { field("threshold", &Accuracy::threshold); }
};

/// The share of examples whose true class has one of the k largest scores, those equal to the k-th
/// included. Targets are labels or one-hot rows.
/// (batch, …), (batch, …, classes) → ()
struct SLOY_EXPORT TopKCategoricalAccuracy {
  int k = 5;  ///< how many classes may be named, 1 or more

  Value call(Value target, Value prediction) const;
  static constexpr bool larger_is_better = true;
  static constexpr bool tells_classes = true;
  static void fields(auto&& field) { field("k", &TopKCategoricalAccuracy::k); }
};

/// How the figures of several classes become one.
enum class Average : std::uint8_t {
  macro,    ///< their mean: each class counts alike
  micro,    ///< one figure of all classes' counts together
  weighted  ///< their mean, each class weighted by how often it is the true one
};
constexpr std::array<std::string_view, 3> enum_names(Average) {
  return {"macro", "micro", "weighted"};
}

/// TP / (TP + FP): the share of the examples taken for a class that belong to it (van Rijsbergen
/// 1979). Targets are labels or one-hot rows; a single prediction an example is that of class 1.
/// With several, an example is taken for the class of the largest or, with a threshold, for every
/// class above it: targets are then rows of 0 and 1, with any number of ones.
/// (batch, …), (batch, …, classes) → ()
struct SLOY_EXPORT Precision {
  /// a probability; left out: ½ for a single prediction, else the largest is taken
  std::optional<double> threshold = {};
  Average average = Average::macro;  ///< how the figures of several classes become one
  std::optional<int> class_id = {};  ///< the figure of this class alone; left out: of all

  std::vector<Value> call(const MetricInput& given) const;
  MetricResult result(MetricSums sums) const;
  static constexpr bool larger_is_better = true;
  static constexpr bool tells_classes = true;
  static void fields(auto&& field) {
    field("threshold", &Precision::threshold);
    field("average", &Precision::average);
    field("class_id", &Precision::class_id);
  }
};

/// TP / (TP + FN): the share of the examples of a class that were taken for it (van Rijsbergen
/// 1979). Targets and predictions as Precision's.
/// (batch, …), (batch, …, classes) → ()
struct SLOY_EXPORT Recall {
  /// a probability; left out: ½ for a single prediction, else the largest is taken
  std::optional<double> threshold = {};
  Average average = Average::macro;  ///< how the figures of several classes become one
  std::optional<int> class_id = {};  ///< the figure of this class alone; left out: of all

  std::vector<Value> call(const MetricInput& given) const;
  MetricResult result(MetricSums sums) const;
  static constexpr bool larger_is_better = true;
  static constexpr bool tells_classes = true;
  static void fields(auto&& field) {
    field("threshold", &Recall::threshold);
    field("average", &Recall::average);
    field("class_id", &Recall::class_id);
  }
};

/// 2·TP / (2·TP + FP + FN): the harmonic mean of precision and recall (van Rijsbergen 1979).
/// Targets and predictions as Precision's.
/// (batch, …), (batch, …, classes) → ()
struct SLOY_EXPORT F1Score {
  /// a probability; left out: ½ for a single prediction, else the largest is taken
  std::optional<double> threshold = {};
  Average average = Average::macro;  ///< how the figures of several classes become one
  std::optional<int> class_id = {};  ///< the figure of this class alone; left out: of all

  std::vector<Value> call(const MetricInput& given) const;
  MetricResult result(MetricSums sums) const;
  static constexpr bool larger_is_better = true;
  static constexpr bool tells_classes = true;
  static void fields(auto&& field) {
    field("threshold", &F1Score::threshold);
    field("average", &F1Score::average);
    field("class_id", &F1Score::class_id);
  }
};

/// What a curve over all thresholds shows.
enum class Curve : std::uint8_t {
  roc,  ///< recall against the share of false alarms
  pr    ///< precision against recall
};
constexpr std::array<std::string_view, 2> enum_names(Curve) { return {"ROC", "PR"}; }

/// The area under the ROC or PR curve, ∫ y dx over `num_thresholds` thresholds evenly spaced from 0
/// to 1: 1 where some threshold separates the classes, ½ (ROC) where they look alike (Hanley and
/// McNeil 1982). Trapezoids for ROC, the interpolation of Davis and Goadrich (2006) for PR, as in
/// Keras. With several classes it is the mean over each against the others. Scores become
/// probabilities by a softmax, or by a sigmoid for a single prediction and for multi_label. Targets
/// are labels, one-hot rows or, with multi_label, rows of 0 and 1.
/// (batch, …), (batch, …, classes) → ()
struct SLOY_EXPORT AUC {
  int num_thresholds = 200;  ///< points of the curve, 2 or more
  Curve curve = Curve::roc;  ///< which one
  bool multi_label = false;  ///< whether an example may belong to several classes

  std::vector<Value> call(const MetricInput& given) const;
  MetricResult result(MetricSums sums) const;
  static constexpr bool larger_is_better = true;
  static constexpr bool tells_classes = true;
  static void fields(auto&& field) {
    field("num_thresholds", &AUC::num_thresholds);
    field("curve", &AUC::curve);
    field("multi_label", &AUC::multi_label);
  }
};

/// 1 − Σ (target − prediction)² / Σ (target − mean target)², the coefficient of determination
/// (Wright 1921): 1 where every prediction is right, 0 where they are no better than the mean. With
/// several numbers an example it is the mean over them.
/// (batch, …, n), (batch, …, n) → ()
struct SLOY_EXPORT R2Score {
  std::vector<Value> call(const MetricInput& given) const;
  MetricResult result(MetricSums sums) const;
  void merge(std::span<std::vector<double>> total, MetricSums added) const;
  static constexpr bool larger_is_better = true;
  static void fields(auto&&) {}
};

/// √ of the mean of (target − prediction)² over all numbers.
/// (batch, …, n), (batch, …, n) → ()
struct SLOY_EXPORT RootMeanSquaredError {
  std::vector<Value> call(const MetricInput& given) const;
  MetricResult result(MetricSums sums) const;
  static constexpr bool larger_is_better = false;
  static void fields(auto&&) {}
};

/// How often each class was taken for each: (classes, classes) float32 counts of a batch, rows the
/// true class, columns the predicted one. Classes are told as by Accuracy, two where there is one
/// prediction an example. Throws ShapeError.
SLOY_EXPORT Value confusion_matrix(Value target, Value prediction, Prediction kind,
                                   double threshold = 0.5);

/// A metric that is a mean: a loss's `call`, or one that asks what predictions are.
template <class T>
concept MeanMetric = LossType<T> || requires(const T& metric, Value v) {
  { metric.call(v, v, Prediction{}) } -> std::same_as<Value>;
};
/// A metric that is a formula over sums.
template <class T>
concept SumsMetric = requires(const T& metric, const MetricInput& given, MetricSums sums) {
  { metric.call(given) } -> std::same_as<std::vector<Value>>;
  { metric.result(sums) } -> std::convertible_to<MetricResult>;
};
template <class T>
concept MetricType = MeanMetric<T> || SumsMetric<T>;

/// One of these, any loss (its mean), or a type of your own with the same `call`.
class SLOY_EXPORT Metric {
 public:
  template <class T>
  requires(!std::same_as<T, Metric> && (MetricType<T> || detail::HasCall<T>))
      Metric(T metric) {  // NOLINT: Accuracy{} is a metric
    static_assert(MetricType<T>,
                  "a metric's call must be `Value call(Value target, Value prediction) const` (a "
                  "third parameter, Prediction kind, may follow), or `std::vector<Value> "
                  "call(const MetricInput& given) const` beside `double result(MetricSums sums) "
                  "const`");
    if constexpr (MetricType<T>) held_ = std::make_shared<Held<T>>(std::move(metric));
  }

  /// The sums of a batch. Throws ShapeError where targets, predictions and weights don't fit each
  /// other.
  std::vector<Value> call(const MetricInput& given) const { return held_->call(given); }
  /// Adds a batch's sums, or what the metric does instead, to those so far.
  void merge(std::span<std::vector<double>> total, MetricSums added) const {
    held_->merge(total, added);
  }
  /// The metric, of the sums over all batches.
  MetricResult result(MetricSums sums) const { return held_->result(sums); }
  /// "accuracy": its key in logs and history, where a second metric of one name is "accuracy_1".
  /// What its `metric_name` gives, else the type's in small letters: "within_tenth".
  std::string name() const { return held_->name(); }
  /// What its `larger_is_better` says, false for a loss; nothing where it doesn't say.
  std::optional<bool> larger_is_better() const { return held_->larger_is_better(); }
  /// Whether it takes targets for classes, by a member `tells_classes`.
  bool tells_classes() const { return held_->tells_classes(); }
  /// "Accuracy".
  std::string_view type() const { return held_->type(); }
  /// The struct, where it is a T, else nullptr.
  template <class T>
  const T* as() const& {
    return held_->type_info() == typeid(T) ? static_cast<const T*>(held_->address()) : nullptr;
  }
  template <class T>
  const T* as() const&& = delete;
  friend SLOY_EXPORT Config to_config(const Metric& metric);

 private:
  struct Interface : detail::DescribedBase {
    virtual std::vector<Value> call(const MetricInput& given) const = 0;
    virtual void merge(std::span<std::vector<double>> total, MetricSums added) const = 0;
    virtual MetricResult result(MetricSums sums) const = 0;
    virtual std::string name() const = 0;
    virtual std::optional<bool> larger_is_better() const = 0;
    virtual bool tells_classes() const = 0;
  };
  template <class T>
  struct Held final : detail::DescribedHolder<T, Interface> {
    using detail::DescribedHolder<T, Interface>::DescribedHolder;
    std::vector<Value> call(const MetricInput& given) const override {
      const T& metric = this->value;
      if constexpr (SumsMetric<T>) {
        return metric.call(given);
      } else if constexpr (LossType<T>) {
        if constexpr (requires { metric.check(given.target.type(), given.prediction.type()); }) {
          metric.check(given.target.type(), given.prediction.type());
        }
        Value mask;
        if constexpr (requires { Value(metric.mask(given.target)); }) {
          mask = metric.mask(given.target);
        }
        return mean_of(metric.call(given.target, given.prediction), given.weight, mask);
      } else {
        return mean_of(metric.call(given.target, given.prediction, given.kind), given.weight, {});
      }
    }
    void merge(std::span<std::vector<double>> total, MetricSums added) const override {
      if constexpr (requires { this->value.merge(total, added); }) {
        this->value.merge(total, added);
      } else {
        add(total, added);
      }
    }
    MetricResult result(MetricSums sums) const override {
      if constexpr (SumsMetric<T>) {
        return this->value.result(sums);
      } else {
        return MetricResult::quotient(sums[0][0], sums[1][0]);
      }
    }
    std::string name() const override {
      if constexpr (requires { std::string(this->value.metric_name()); }) {
        return this->value.metric_name();
      } else {
        return snake_case(type_name<T>());
      }
    }
    std::optional<bool> larger_is_better() const override {
      if constexpr (requires { bool(T::larger_is_better); }) return T::larger_is_better;
      if constexpr (requires(const T& loss) { loss.prediction(); }) return false;
      return {};
    }
    bool tells_classes() const override {
      if constexpr (requires { bool(T::tells_classes); }) return T::tells_classes;
      return false;
    }
  };
  /// The sum of the numbers, each times its weight and mask, and what that is a share of.
  static std::vector<Value> mean_of(Value numbers, Value weight, Value mask);
  static void add(std::span<std::vector<double>> total, MetricSums added);
  static std::string snake_case(std::string_view type);
  std::shared_ptr<const Interface> held_;
};

/// For CustomTypes: a metric of your own that model files may name.
template <class T>
constexpr TypeEntry<Metric> register_metric() {
  return type_entry<Metric, T>();
}

/// { type = …, fields… }. Throws ConfigError where it has members but no fields().
SLOY_EXPORT Config to_config(const Metric& metric);
/// A list of metrics, or such lists in a table by the outputs' names.
SLOY_EXPORT Config to_config(const PerOutput<Metric>& metrics);
SLOY_EXPORT void from_config(const Config& config, PerOutput<Metric>& metrics);
/// Throws ConfigError on an unknown type, naming the nearest.
SLOY_EXPORT Metric metric_from_config(const Config& config,
                                      std::span<const TypeEntry<Metric>> custom = {});
/// The built-in metrics, in the order of the reference, then the losses.
SLOY_EXPORT std::span<const TypeEntry<Metric>> metric_types();

}  // namespace sloy
