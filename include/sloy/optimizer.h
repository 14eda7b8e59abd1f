/// Optimizer: clipping, weight decay, averages, accumulation and rates by layer, whichever rule of
/// optimizers.h changes the weights. In C++ they stand beside the optimizer:
///
///     CompileOptions options{.optimizer = {Adam{.learning_rate = 1e-3}, {.clipnorm = 1.0}}};
///
/// In a recipe its keys stand among the optimizer's own:
///
///     [train]
///     optimizer = { type = "Adam", learning_rate = 1e-3, clipnorm = 1.0 }
///
/// In a step gradients are clipped, then the weights decay, then the optimizer's rule changes them,
/// then come proximal penalties and constraints, and last the average.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/described.h>
#include <sloy/ops.h>
#include <sloy/schedules.h>

namespace sloy {

class State;

/// How weights decay; λ is weight_decay, η the learning rate.
enum class WeightDecayForm : std::uint8_t {
  decoupled,  ///< w ← w − η·λ·w before the step: Keras (Loshchilov and Hutter 2019)
  coupled     ///< g ← g + λ·w after clipping: PyTorch's `weight_decay`, but for AdamW's
};
constexpr std::array<std::string_view, 2> enum_names(WeightDecayForm) {
  return {"decoupled", "coupled"};
}

/// A learning rate of its own for part of a model.
struct SLOY_EXPORT LearningRateMultiplier {
  std::string path = {};  ///< of a layer, a model or a weight: "encoder", "encoder/conv1"
  double multiplier = 1;  ///< of the learning rate there, 0 or more

  static void fields(auto&& field) {
    field("path", &LearningRateMultiplier::path);
    field("multiplier", &LearningRateMultiplier::multiplier);
  }
};

/// What means the same for every optimizer. Names and defaults are Keras's.
struct SLOY_EXPORT OptimizerOptions {
  /// the gradient of each weight is scaled down to this norm, above 0; at most one of these three
  /// may be given (Pascanu, Mikolov and Bengio 2013)
  std::optional<double> clipnorm = {};
  /// each number of the gradients is kept within ± this, above 0
  std::optional<double> clipvalue = {};
  /// all gradients together are scaled down to this norm, above 0
  std::optional<double> global_clipnorm = {};
  std::optional<double> weight_decay = {};  ///< λ, 0 or more; left out: none
  WeightDecayForm weight_decay_form = WeightDecayForm::decoupled;  ///< how weights decay
  /// weights whose path contains one of these don't decay: "bias", "gamma"
  std::vector<std::string> exclude_from_weight_decay = {};
  /// whether a running average of the weights is kept (Polyak and Juditsky 1992), which fit puts in
  /// their place at its end
  bool use_ema = false;
  double ema_momentum = 0.99;  ///< β in [0, 1): average ← β·average + (1 − β)·w
  /// updates after which the average also replaces the weights; left out: at the end alone
  std::optional<int> ema_overwrite_frequency = {};
  /// false: the average begins at the first weights (Keras); true: at 0, and is divided by 1 − βᵗ
  /// when used, as Adam's moments are
  bool ema_bias_correction = false;
  /// batches whose mean gradient makes one update, 1 or more
  int gradient_accumulation_steps = 1;
  /// factors of the learning rate by path; the longest path that fits a weight counts. Left out: 1
  std::vector<LearningRateMultiplier> learning_rate_multipliers = {};

  static void fields(auto&& field) {
    using Self = OptimizerOptions;
    field("clipnorm", &Self::clipnorm);
    field("clipvalue", &Self::clipvalue);
    field("global_clipnorm", &Self::global_clipnorm);
    field("weight_decay", &Self::weight_decay);
    field("weight_decay_form", &Self::weight_decay_form);
    field("exclude_from_weight_decay", &Self::exclude_from_weight_decay);
    field("use_ema", &Self::use_ema);
    field("ema_momentum", &Self::ema_momentum);
    field("ema_overwrite_frequency", &Self::ema_overwrite_frequency);
    field("ema_bias_correction", &Self::ema_bias_correction);
    field("gradient_accumulation_steps", &Self::gradient_accumulation_steps);
    field("learning_rate_multipliers", &Self::learning_rate_multipliers);
  }
};

/// What an optimizer's `step` works with, for one weight.
class SLOY_EXPORT OptimizerScope {
 public:
  OptimizerScope(Graph& graph, VariableId weight, const OptimizerOptions& options = {});

  Graph& graph() const { return graph_; }
  /// The weight's learning rate: a scalar of the state, which callbacks may change between steps,
  /// times the weight's multiplier.
  Value learning_rate() const;
  /// The number of this update as a float scalar: 1 in the first.
  Value step_number() const;
  /// Whether the weight is not among those that don't decay.
  bool decays() const { return decays_; }
  /// A number kept for each number of the weight, at first `initial`. A step sets it to f of what
  /// it was, and that new value is returned.
  Value slot(std::string_view name, const std::function<Value(Value)>& f, double initial = 0);
  /// One number kept for all weights together, likewise: only the first weight's f is called.
  Value shared_slot(std::string_view name, const std::function<Value(Value)>& f,
                    double initial = 0);

 private:
  Graph& graph_;
  VariableId weight_;
  double multiplier_ = 1;
  bool decays_ = true;
  int accumulation_steps_ = 1;
};

/// A type with an optimizer's `step` and `learning_rate`.
template <class T>
concept OptimizerType = requires(const T& optimizer, OptimizerScope& scope, Value v) {
  { optimizer.step(scope, v, v) } -> std::same_as<Value>;
  LearningRate(optimizer.learning_rate);
};

/// One of optimizers.h, or a type of your own with the same `step` and `learning_rate`; and what
/// all optimizers share.
class SLOY_EXPORT Optimizer {
 public:
  template <class T>
  requires(!std::same_as<T, Optimizer> && (OptimizerType<T> || requires { &T::step; }))
      Optimizer(T optimizer, OptimizerOptions options = {})  // NOLINT: SGD{} is an optimizer
      : options_(std::move(options)) {
    static_assert(OptimizerType<T>,
                  "an optimizer has a member `double learning_rate` and "
                  "`Value step(OptimizerScope& scope, Value weight, Value gradient) const`");
    if constexpr (OptimizerType<T>) held_ = std::make_shared<Held<T>>(std::move(optimizer));
  }
  /// The same rule with other options.
  Optimizer(const Optimizer& optimizer, OptimizerOptions options)
      : held_(optimizer.held_), options_(std::move(options)) {}

  LearningRate learning_rate() const { return held_->learning_rate(); }
  const OptimizerOptions& options() const& { return options_; }
  OptimizerOptions options() const&& { return options_; }
  Value step(OptimizerScope& scope, Value weight, Value gradient) const {
    return held_->step(scope, weight, gradient);
  }

  /// Writes a step that makes `loss` smaller into its graph: the gradients and, as updates, the
  /// trainable parameters it depends on, the slots, the step's number and, where there is a
  /// schedule, the learning rate. Returns all updates of the graph, those of layers among them.
  /// Throws ShapeError where the loss is no scalar; ConfigError where it depends on nothing
  /// trainable, the graph has a step already, an option is out of its range or names no weight.
  std::vector<Graph::Update> minimize(Value loss) const;
  /// The other program where gradients are accumulated, over the same variables: it adds up the
  /// gradients and changes no weight. With gradient_accumulation_steps = k, run it k − 1 times,
  /// then `minimize`'s once. Throws as minimize does.
  std::vector<Graph::Update> accumulate(Value loss) const;
  /// With use_ema: puts the averages in the weights' place, as fit does at its end.
  void take_average(State& state) const;

  /// "SGD".
  std::string_view type() const { return held_->type(); }
  friend SLOY_EXPORT Config to_config(const Optimizer& optimizer);

 private:
  struct Interface : detail::DescribedBase {
    virtual LearningRate learning_rate() const = 0;
    virtual Value step(OptimizerScope& scope, Value weight, Value gradient) const = 0;
    /// Whether weight_decay is among the type's own members.
    virtual bool decays_itself() const = 0;
  };
  template <class T>
  struct Held final : detail::DescribedHolder<T, Interface> {
    using detail::DescribedHolder<T, Interface>::DescribedHolder;
    LearningRate learning_rate() const override { return this->value.learning_rate; }
    Value step(OptimizerScope& scope, Value weight, Value gradient) const override {
      return this->value.step(scope, weight, gradient);
    }
    bool decays_itself() const override {
      return requires { this->value.weight_decay; };
    }
  };
  void check(const Graph& graph, std::span<const VariableId> weights) const;
  Value updated(OptimizerScope& scope, VariableId id, Value gradient) const;

  std::shared_ptr<const Interface> held_;
  OptimizerOptions options_;
};

/// The scalar of the state that holds the learning rate: one for all of a model's programs.
inline constexpr std::string_view learning_rate_variable = "learning_rate";

/// { type = …, fields…, options that are not the defaults }. Throws ConfigError where it has
/// members but no fields().
SLOY_EXPORT Config to_config(const Optimizer& optimizer);
SLOY_EXPORT void from_config(const Config& config, Optimizer& optimizer);
/// Throws ConfigError on an unknown type, naming the nearest.
SLOY_EXPORT Optimizer optimizer_from_config(const Config& config,
                                            std::span<const TypeEntry<Optimizer>> custom = {});
template <class T>
constexpr TypeEntry<Optimizer> register_optimizer() {
  return type_entry<Optimizer, T>();
}
/// The built-in optimizers, in the order of the reference.
SLOY_EXPORT std::span<const TypeEntry<Optimizer>> optimizer_types();

}  // namespace sloy
