/// Optimizers: how a gradient changes a weight. They write graph, as layers do.
///
/// One of your own is a struct with a learning rate and `step`, which gives the weight after it:
///
///     struct SignDescent {
///       double learning_rate = 1e-3;
///       Value step(OptimizerScope& scope, Value weight, Value gradient) const {
///         return weight - scope.learning_rate() * sign(gradient);
///       }
///     };
///
/// In a recipe:
///
///     [train]
///     optimizer = { type = "Adam", learning_rate = 1e-3 }
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <sloy/described.h>
#include <sloy/ops.h>

namespace sloy {

/// What an optimizer's `step` works with, for one weight.
class SLOY_EXPORT OptimizerScope {
 public:
  OptimizerScope(Graph& graph, VariableId weight) : graph_(graph), weight_(weight) {}

  Graph& graph() const { return graph_; }
  /// The learning rate: a scalar of the state, which callbacks may change between steps.
  Value learning_rate() const;
  /// The number of this step as a float scalar: 1 in the first.
  Value step_number() const;
  /// A number kept for each number of the weight, at first 0. A step sets it to f of what it was,
  /// and that new value is returned.
  Value slot(std::string_view name, const std::function<Value(Value)>& f);

 private:
  Graph& graph_;
  VariableId weight_;
};

class Optimizer;

// An argument out of its range is a ConfigError when a step is made.

/// w ← w − η·g (Robbins and Monro 1951).
/// With momentum β: v ← β·v − η·g, w ← w + v (Polyak 1964; the form of Sutskever et al. 2013);
/// Nesterov's (1983), with the same v: w ← w + β·v − η·g.
/// As in Keras, v holds the rate: PyTorch's u = −v / η is the same as long as the rate is constant.
struct SLOY_EXPORT SGD {
  double learning_rate = 0.01;  ///< η, 0 or more
  double momentum = 0;          ///< β in [0, 1)
  bool nesterov = false;        ///< only with momentum

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &SGD::learning_rate);
    field("momentum", &SGD::momentum);
    field("nesterov", &SGD::nesterov);
  }
};

/// Where Adam adds epsilon, m̂ and v̂ being the moments divided by 1 − βᵗ. Keras's is the same as
/// PyTorch's with ε / √(1 − β₂ᵗ): about 32 times larger in the first steps, equal in the end.
enum class EpsilonPlace : std::uint8_t {
  uncorrected,  ///< √(1 − β₂ᵗ)·m̂ / (√v + ε): Keras, and "epsilon hat" of Kingma and Ba
  outside_root,  ///< m̂ / (√v̂ + ε): Kingma and Ba's algorithm 1, PyTorch (there ε is 1e-8)
  inside_root    ///< m̂ / √(v̂ + ε): some lectures; ε here is about √ε outside
};
constexpr std::array<std::string_view, 3> enum_names(EpsilonPlace) {
  return {"uncorrected", "outside_root", "inside_root"};
}

/// m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², m̂ = m / (1 − β₁ᵗ), t from 1,
/// w ← w − η·√(1 − β₂ᵗ)·m̂ / (√v + ε): Keras's (Kingma and Ba 2015). With epsilon_place outside_root
/// w ← w − η·m̂ / (√v̂ + ε), v̂ = v / (1 − β₂ᵗ): their algorithm 1, and PyTorch's.
struct SLOY_EXPORT Adam {
  double learning_rate = 0.001;  ///< η, 0 or more
  double beta_1 = 0.9;           ///< β₁ in [0, 1)
  double beta_2 = 0.999;         ///< β₂ in [0, 1)
  /// ε, above 0; left out: 1e-7, or its square where it is added inside the root
  std::optional<double> epsilon = {};
  EpsilonPlace epsilon_place = EpsilonPlace::uncorrected;  ///< where ε is added

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &Adam::learning_rate);
    field("beta_1", &Adam::beta_1);
    field("beta_2", &Adam::beta_2);
    field("epsilon", &Adam::epsilon);
    field("epsilon_place", &Adam::epsilon_place);
  }
};

/// A type with an optimizer's `step` and `learning_rate`.
template <class T>
concept OptimizerType = requires(const T& optimizer, OptimizerScope& scope, Value v) {
  { optimizer.step(scope, v, v) } -> std::same_as<Value>;
  double(optimizer.learning_rate);
};

/// One of these, or a type of your own with the same `step` and `learning_rate`.
class SLOY_EXPORT Optimizer {
 public:
  template <class T>
  requires(!std::same_as<T, Optimizer> && (OptimizerType<T> || requires { &T::step; }))
      Optimizer(T optimizer) {  // NOLINT: SGD{} is an optimizer
    static_assert(OptimizerType<T>,
                  "an optimizer has a member `double learning_rate` and "
                  "`Value step(OptimizerScope& scope, Value weight, Value gradient) const`");
    if constexpr (OptimizerType<T>) held_ = std::make_shared<Held<T>>(std::move(optimizer));
  }

  double learning_rate() const { return held_->learning_rate(); }
  Value step(OptimizerScope& scope, Value weight, Value gradient) const {
    return held_->step(scope, weight, gradient);
  }
  /// Writes a step that makes `loss` smaller into its graph: the gradients and, as updates, the
  /// trainable parameters it depends on, the slots and the step's number. Returns all updates of
  /// the graph, those of layers among them. Throws ShapeError where the loss is no scalar,
  /// ConfigError where it depends on nothing trainable, or the graph has a step already.
  std::vector<Graph::Update> minimize(Value loss) const;
  /// "SGD".
  std::string_view type() const { return held_->type(); }
  friend SLOY_EXPORT Config to_config(const Optimizer& optimizer);

 private:
  struct Interface : detail::DescribedBase {
    virtual double learning_rate() const = 0;
    virtual Value step(OptimizerScope& scope, Value weight, Value gradient) const = 0;
  };
  template <class T>
  struct Held final : detail::DescribedHolder<T, Interface> {
    using detail::DescribedHolder<T, Interface>::DescribedHolder;
    double learning_rate() const override { return this->value.learning_rate; }
    Value step(OptimizerScope& scope, Value weight, Value gradient) const override {
      return this->value.step(scope, weight, gradient);
    }
  };
  std::shared_ptr<const Interface> held_;
};

/// The scalar of the state that holds the learning rate: one for all of a model's programs.
inline constexpr std::string_view learning_rate_variable = "learning_rate";

/// { type = …, fields… }. Throws ConfigError where it has members but no fields().
SLOY_EXPORT Config to_config(const Optimizer& optimizer);
SLOY_EXPORT void from_config(const Config& config, Optimizer& optimizer);
/// Throws ConfigError on an unknown type, naming the nearest.
SLOY_EXPORT Optimizer optimizer_from_config(const Config& config,
                                            std::span<const TypeEntry<Optimizer>> custom = {});
/// The built-in optimizers, in the order of the reference.
SLOY_EXPORT std::span<const TypeEntry<Optimizer>> optimizer_types();

}  // namespace sloy
