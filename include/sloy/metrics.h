/// Metrics: what is measured beside the loss, never used for the gradient.
///
/// A metric's graph gives a batch's total and count; the quotient of their sums over all batches,
/// added in double, is the metric: exact whatever the batches' sizes. One of your own:
///
///     struct WithinTenth {
///       MetricParts call(Value target, Value prediction) const {
///         return share_of(less(absolute(target - prediction), 0.1));
///       }
///       static constexpr bool larger_is_better = true;  // for callbacks that look for the best
///     };
///
/// In a recipe, where every loss is a metric too:
///
///     [train]
///     metrics = ["Accuracy", "MeanAbsoluteError"]
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

/// Two scalars of a batch, whose sums over the batches are divided at the end.
struct MetricParts {
  Value total;
  Value count;
};

/// The mean of all elements.
SLOY_EXPORT MetricParts mean_of(Value x);
/// How many of all elements are 1.
inline MetricParts share_of(Value truth) { return mean_of(truth); }

/// The share of examples whose predicted class is right. As in Keras, what that means follows from
/// the shapes: where there is one prediction an example, it is class 1 if above the threshold; else
/// the class is the largest of the last axis, and the target a label or a one-hot row. For
/// predictions that are scores (the loss says so) the threshold applies to their sigmoid. Targets
/// that say no class, as those of a regression, are refused by fit and evaluate with a DataError.
struct SLOY_EXPORT Accuracy {
  double threshold = 0.5;  ///< a probability, for one prediction an example

  MetricParts call(Value target, Value prediction, Prediction kind) const;
  std::string metric_name() const { return "accuracy"; }
  static constexpr bool larger_is_better = true;
  static void fields(auto&& field) { field("threshold", &Accuracy::threshold); }
};

/// How often each class was taken for each: (classes, classes) float32 counts of a batch, rows the
/// true class, columns the predicted one. Classes are told as by Accuracy, two where there is one
/// prediction an example. Throws ShapeError.
SLOY_EXPORT Value confusion_matrix(Value target, Value prediction, Prediction kind,
                                   double threshold = 0.5);

/// A type with a metric's `call`: a loss's, or one that gives MetricParts.
template <class T>
concept MetricType = LossType<T> || requires(const T& metric, Value v) {
  { metric.call(v, v) } -> std::same_as<MetricParts>;
} || requires(const T& metric, Value v) {
  { metric.call(v, v, Prediction{}) } -> std::same_as<MetricParts>;
};

/// Accuracy, any loss (its mean), or a type of your own with a `call` that gives MetricParts.
class SLOY_EXPORT Metric {
 public:
  template <class T>
  requires(!std::same_as<T, Metric> && (MetricType<T> || detail::HasCall<T>))
      Metric(T metric) {  // NOLINT: Accuracy{} is a metric
    static_assert(MetricType<T>,
                  "a metric's call must be `MetricParts call(Value target, Value prediction) const`"
                  " (a third parameter, Prediction kind, may follow), or a loss's");
    if constexpr (MetricType<T>) held_ = std::make_shared<Held<T>>(std::move(metric));
  }

  /// `kind` says what the predictions are, as far as the loss tells. Throws ShapeError where
  /// targets and predictions don't fit each other.
  MetricParts call(Value target, Value prediction, Prediction kind) const {
    return held_->call(target, prediction, kind);
  }
  /// "accuracy": its key in logs and history, where a second metric of one name is "accuracy_1".
  /// What its `metric_name` gives, else the type's in small letters: "within_tenth".
  std::string name() const { return held_->name(); }
  /// What its `larger_is_better` says, false for a loss; nothing where it doesn't say.
  std::optional<bool> larger_is_better() const { return held_->larger_is_better(); }
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
    virtual MetricParts call(Value target, Value prediction, Prediction kind) const = 0;
    virtual std::string name() const = 0;
    virtual std::optional<bool> larger_is_better() const = 0;
  };
  template <class T>
  struct Held final : detail::DescribedHolder<T, Interface> {
    using detail::DescribedHolder<T, Interface>::DescribedHolder;
    MetricParts call(Value target, Value prediction, Prediction kind) const override {
      if constexpr (requires { this->value.check(target.type(), prediction.type()); }) {
        this->value.check(target.type(), prediction.type());
      }
      if constexpr (requires { this->value.call(target, prediction, kind); }) {
        return this->value.call(target, prediction, kind);
      } else if constexpr (requires {
                             { this->value.call(target, prediction) } -> std::same_as<Value>;
                           }) {
        return mean_of(this->value.call(target, prediction));
      } else {
        return this->value.call(target, prediction);
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
      if constexpr (LossType<T>) return false;
      return {};
    }
  };
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
/// A list of them, of built-in types.
SLOY_EXPORT void from_config(const Config& config, std::vector<Metric>& metrics);
/// Throws ConfigError on an unknown type, naming the nearest.
SLOY_EXPORT Metric metric_from_config(const Config& config,
                                      std::span<const TypeEntry<Metric>> custom = {});
/// Accuracy and the losses.
SLOY_EXPORT std::span<const TypeEntry<Metric>> metric_types();

}  // namespace sloy
