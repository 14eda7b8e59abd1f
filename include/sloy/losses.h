/// Losses: what training minimizes. Names, arguments and definitions are Keras's.
///
/// Each has `call`, which gives a loss for every example (or every position of it), of shape
/// (batch, …); their mean is minimized, each multiplied by its example's weight where the data have
/// weights. Shapes are those of targets and predictions, then of these losses. Called as a
/// function, `MeanSquaredError{}(target, prediction)`, it checks the types and gives the mean.
/// `check` throws ShapeError, and ConfigError on an argument out of its range. A loss of your own
/// needs `call` alone:
///
///     struct Cubic {
///       Value call(Value target, Value prediction) const {
///         return power(absolute(target - prediction), 3);
///       }
///     };
///
/// In a recipe:
///
///     [train]
///     loss = { type = "SparseCategoricalCrossentropy", from_logits = true }
///
/// A model with several outputs has a loss for each, by the outputs' names:
///
///     [train]
///     loss = { digit = { type = "SparseCategoricalCrossentropy" }, image = "MeanSquaredError" }
///     loss_weights = { digit = 1.0, image = 0.5 }
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <sloy/described.h>
#include <sloy/losses/hinge.h>
#include <sloy/losses/prediction.h>
#include <sloy/losses/probabilistic.h>
#include <sloy/losses/regression.h>
#include <sloy/ops.h>
#include <sloy/outputs.h>

namespace sloy {

/// −log p of the right class (Bridle 1990), for targets that are int32 labels, or uint8 in a data
/// set. Probabilities are divided by their sum and clipped to [1e-7, 1 − 1e-7]; what is clipped
/// passes no gradient. From logits the loss is exact.
/// (batch, …), (batch, …, classes) → (batch, …)
struct SLOY_EXPORT SparseCategoricalCrossentropy {
  bool from_logits = false;  ///< whether predictions are scores, before a softmax
  /// a label that stands for none: where it is the target, nothing is learned or measured
  std::optional<int> ignore_class = {};
  /// s in [0, 1]: the right class counts 1 − s, and s is spread over all (Szegedy et al. 2016).
  /// Keras has it for one-hot rows alone
  double label_smoothing = 0;

  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const {
    return from_logits ? Prediction::scores : Prediction::probabilities;
  }
  Value mask(Value target) const;
  static void fields(auto&& field) {
    field("from_logits", &SparseCategoricalCrossentropy::from_logits);
    field("ignore_class", &SparseCategoricalCrossentropy::ignore_class);
    field("label_smoothing", &SparseCategoricalCrossentropy::label_smoothing);
  }
};

/// −Σ target·log p over the last axis, the classes (Bridle 1990). Targets are the probabilities of
/// every class, one-hot or not. Predicted ones are divided by their sum and clipped to [1e-7, 1 −
/// 1e-7]; what is clipped passes no gradient. From logits the loss is exact.
/// (batch, …, classes), (batch, …, classes) → (batch, …)
struct SLOY_EXPORT CategoricalCrossentropy {
  bool from_logits = false;  ///< whether predictions are scores, before a softmax
  /// s in [0, 1]: target ← target·(1 − s) + s / classes (Szegedy et al. 2016)
  double label_smoothing = 0;

  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const {
    return from_logits ? Prediction::scores : Prediction::probabilities;
  }
  static void fields(auto&& field) {
    field("from_logits", &CategoricalCrossentropy::from_logits);
    field("label_smoothing", &CategoricalCrossentropy::label_smoothing);
  }
};

/// −(target·log p + (1 − target)·log(1 − p)) (Cox 1958), the mean over the last axis. Targets are
/// in [0, 1]; labels (batch) fit predictions (batch, 1). p is clipped to [1e-7, 1 − 1e-7] and
/// passes no gradient there; from logits the loss is exact.
/// (batch, …, n), (batch, …, n) → (batch, …)
struct SLOY_EXPORT BinaryCrossentropy {
  bool from_logits = false;  ///< whether predictions are scores, before a sigmoid
  /// s in [0, 1]: target ← target·(1 − s) + s / 2 (Szegedy et al. 2016)
  double label_smoothing = 0;

  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const {
    return from_logits ? Prediction::scores : Prediction::probabilities;
  }
  static void fields(auto&& field) {
    field("from_logits", &BinaryCrossentropy::from_logits);
    field("label_smoothing", &BinaryCrossentropy::label_smoothing);
  }
};

/// (target − prediction)², the mean over the last axis but not over the batch. Shapes must be
/// equal: nothing broadcasts.
/// (batch, …, n), (batch, …, n) → (batch, …)
struct SLOY_EXPORT MeanSquaredError {
  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&&) {}
};

/// |target − prediction|, the mean over the last axis but not over the batch, with derivative 0 at
/// 0. Shapes must be equal: nothing broadcasts.
/// (batch, …, n), (batch, …, n) → (batch, …)
struct SLOY_EXPORT MeanAbsoluteError {
  Value call(Value target, Value prediction) const;
  Value operator()(Value target, Value prediction) const;
  void check(const Type& target, const Type& prediction) const;
  Prediction prediction() const { return Prediction::any; }
  static void fields(auto&&) {}
};

/// A type with a loss's `call`.
template <class T>
concept LossType = requires(const T& loss, Value v) {
  { loss.call(v, v) } -> std::same_as<Value>;
};

/// How the numbers of a loss become one. Masked ones never count.
enum class Reduction : std::uint8_t {
  sum_over_batch_size,      ///< the sum of all, each times its weight, over their number: Keras
  mean_with_sample_weight,  ///< that sum over the sum of the weights: PyTorch
  sum                       ///< that sum itself, which grows with the batch
};
constexpr std::array<std::string_view, 3> enum_names(Reduction) {
  return {"sum_over_batch_size", "mean_with_sample_weight", "sum"};
}

/// What all losses share. In C++ `Loss(MeanSquaredError{}, {.reduction = Reduction::sum})`; in
/// files the keys stand beside the loss's own.
struct SLOY_EXPORT LossOptions {
  /// how the losses of a batch become one number
  Reduction reduction = Reduction::sum_over_batch_size;

  bool operator==(const LossOptions&) const = default;
  static void fields(auto&& field) { field("reduction", &LossOptions::reduction); }
};

/// One of these, or a type of your own with the same `call`. `check` (throws ShapeError where the
/// types don't fit; without it the shapes must be equal), `prediction` and `mask` may be left out.
class SLOY_EXPORT Loss {
 public:
  template <class T>
  requires(!std::same_as<T, Loss> && (LossType<T> || detail::HasCall<T>))
      Loss(T loss, LossOptions options = {})  // NOLINT: MeanSquaredError{} is a loss
      : options_(options) {
    static_assert(LossType<T>,
                  "a loss's call must be `Value call(Value target, Value prediction) const`");
    if constexpr (LossType<T>) held_ = std::make_shared<Held<T>>(std::move(loss));
  }

  /// A loss for each example or position.
  Value call(Value target, Value prediction) const { return held_->call(target, prediction); }
  /// 1 where a target counts, else 0; nothing where all do.
  Value mask(Value target) const { return held_->mask(target); }
  const LossOptions& options() const& { return options_; }
  LossOptions options() const&& { return options_; }
  /// The mean of all: a scalar. `weight` is float32 of the losses' shape, or of its first
  /// dimensions. Checks the types first.
  Value operator()(Value target, Value prediction, Value weight = {}) const;
  /// Throws ShapeError where predictions and targets of these types don't fit each other.
  void check(const Type& target, const Type& prediction) const { held_->check(target, prediction); }
  Prediction prediction() const { return held_->prediction(); }
  /// "MeanSquaredError".
  std::string_view type() const { return held_->type(); }
  /// The struct, where it is a T, else nullptr.
  template <class T>
  const T* as() const& {
    return held_->type_info() == typeid(T) ? static_cast<const T*>(held_->address()) : nullptr;
  }
  template <class T>
  const T* as() const&& = delete;
  friend SLOY_EXPORT Config to_config(const Loss& loss);
  friend SLOY_EXPORT Loss loss_from_config(const Config& config,
                                           std::span<const TypeEntry<Loss>> custom);

 private:
  struct Interface : detail::DescribedBase {
    virtual Value call(Value target, Value prediction) const = 0;
    virtual void check(const Type& target, const Type& prediction) const = 0;
    virtual Prediction prediction() const = 0;
    virtual Value mask(Value target) const = 0;
  };
  template <class T>
  struct Held final : detail::DescribedHolder<T, Interface> {
    using detail::DescribedHolder<T, Interface>::DescribedHolder;
    Value call(Value target, Value prediction) const override {
      return this->value.call(target, prediction);
    }
    Value mask(Value target) const override {
      if constexpr (requires { Value(this->value.mask(target)); }) return this->value.mask(target);
      return {};
    }
    void check(const Type& target, const Type& prediction) const override {
      if constexpr (requires { this->value.check(target, prediction); }) {
        this->value.check(target, prediction);
      } else {
        check_equal_shapes(this->type(), target, prediction);
      }
    }
    Prediction prediction() const override {
      if constexpr (requires { this->value.prediction(); }) return this->value.prediction();
      return Prediction::any;
    }
  };
  static void check_equal_shapes(std::string_view type, const Type& target, const Type& prediction);
  std::shared_ptr<const Interface> held_;
  LossOptions options_;
};

/// For CustomTypes: a loss of your own that model files may name.
template <class T>
constexpr TypeEntry<Loss> register_loss() {
  return type_entry<Loss, T>();
}

/// { type = …, fields… }. Throws ConfigError where it has members but no fields().
SLOY_EXPORT Config to_config(const Loss& loss);
SLOY_EXPORT void from_config(const Config& config, Loss& loss);
/// A loss, a list by position, or a table by the outputs' names.
SLOY_EXPORT Config to_config(const PerOutput<Loss>& losses);
SLOY_EXPORT void from_config(const Config& config, PerOutput<Loss>& losses);
/// Throws ConfigError on an unknown type, naming the nearest.
SLOY_EXPORT Loss loss_from_config(const Config& config,
                                  std::span<const TypeEntry<Loss>> custom = {});
/// The built-in losses, in the order of the reference.
SLOY_EXPORT std::span<const TypeEntry<Loss>> loss_types();

/// Throws ConfigError where a model that ends in this activation ("softmax"; empty where it has no
/// name) gives predictions the loss has no use for: softmax before a loss on scores, no activation
/// before a loss on probabilities.
SLOY_EXPORT void check_pairing(const Loss& loss, std::string_view last_activation);

}  // namespace sloy
