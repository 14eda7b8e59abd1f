/// Optimizers: the rules by which a gradient changes a weight. They write graph, as layers do.
/// Names, arguments and defaults are Keras's, but for Lars, which Keras lacks. Clipping, weight
/// decay, averages and accumulation are options of all of them.
///
/// Below, w is a weight, g its gradient, η the learning rate and t the number of the update, from
/// 1. What is kept from step to step starts at 0 unless stated otherwise.
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
#include <optional>
#include <string_view>
#include <vector>

#include <sloy/optimizer.h>

namespace sloy {

// An argument out of its range is a ConfigError when a step is made.

/// What SGD's momentum β accumulates; η is the learning rate.
enum class MomentumForm : std::uint8_t {
  keras,  ///< v ← β·v − η·g, w ← w + v; Nesterov's: w ← w + β·v − η·g (Sutskever et al. 2013)
  heavy_ball,  ///< h ← β·h + g, w ← w − η·h; Nesterov's: w ← w − η·(g + β·h). PyTorch; course 004
  averaged  ///< v ← β·v + (1 − β)·g, w ← w − η·v: heavy_ball at rate η·(1 − β). Course 002
};
constexpr std::array<std::string_view, 3> enum_names(MomentumForm) {
  return {"keras", "heavy_ball", "averaged"};
}

/// w ← w − η·g (Robbins and Monro 1951). With momentum (Polyak 1964) the step is that of
/// momentum_form; Nesterov's (1983) looks a step ahead. The forms differ where the rate changes:
/// Keras's v holds the rate of each step, the others do not.
struct SLOY_EXPORT SGD {
  LearningRate learning_rate = 0.01;  ///< η, 0 or more: a number or a schedule
  double momentum = 0;                ///< β in [0, 1); 0: none
  bool nesterov = false;              ///< whether the step looks ahead; needs momentum above 0
  MomentumForm momentum_form = MomentumForm::keras;  ///< what the momentum accumulates

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &SGD::learning_rate);
    field("momentum", &SGD::momentum);
    field("nesterov", &SGD::nesterov);
    field("momentum_form", &SGD::momentum_form);
  }
};

/// Where epsilon is added to the root of the mean of g². Adam's m̂ and v̂ are the moments divided
/// by 1 − βᵗ; its Keras form equals PyTorch's with ε / √(1 − β₂ᵗ): about 32 times larger in the
/// first step, equal in the end.
enum class EpsilonPlace : std::uint8_t {
  uncorrected,  ///< √(1 − β₂ᵗ)·m̂ / (√v + ε): Keras, "epsilon hat" of Kingma and Ba; Adam and AdamW
                ///< alone
  outside_root,  ///< m̂ / (√v̂ + ε): Kingma and Ba's algorithm 1, and PyTorch
  inside_root    ///< m̂ / √(v̂ + ε): some lectures; ε here acts as about √ε outside
};
constexpr std::array<std::string_view, 3> enum_names(EpsilonPlace) {
  return {"uncorrected", "outside_root", "inside_root"};
}

/// v ← ρ·v + (1 − ρ)·g², w ← w − η·g / √(v + ε) (Hinton 2012). Centered, v − a² takes v's place,
/// with a ← ρ·a + (1 − ρ)·g (Graves 2013). With momentum β: m ← β·m + η·g / √(v + ε), w ← w − m.
/// PyTorch adds ε outside the root, and its ρ is 0.99.
struct SLOY_EXPORT RMSprop {
  LearningRate learning_rate = 0.001;  ///< η, 0 or more: a number or a schedule
  double rho = 0.9;                    ///< ρ in [0, 1)
  double momentum = 0;                 ///< β in [0, 1)
  std::optional<double> epsilon = {};  ///< ε, above 0; left out: 1e-7, outside the root 1e-8
  bool centered = false;               ///< whether the gradient's mean is subtracted
  /// inside_root or outside_root: where ε is added
  EpsilonPlace epsilon_place = EpsilonPlace::inside_root;

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &RMSprop::learning_rate);
    field("rho", &RMSprop::rho);
    field("momentum", &RMSprop::momentum);
    field("epsilon", &RMSprop::epsilon);
    field("centered", &RMSprop::centered);
    field("epsilon_place", &RMSprop::epsilon_place);
  }
};

/// s ← s + g², w ← w − η·g / √(s + ε) (Duchi, Hazan and Singer 2011). PyTorch adds ε outside the
/// root and lets s begin at 0.
struct SLOY_EXPORT Adagrad {
  LearningRate learning_rate = 0.001;      ///< η, 0 or more: a number or a schedule
  double initial_accumulator_value = 0.1;  ///< s before the first step, 0 or more
  std::optional<double> epsilon = {};      ///< ε, above 0; left out: 1e-7, outside the root 1e-10
  /// inside_root or outside_root: where ε is added
  EpsilonPlace epsilon_place = EpsilonPlace::inside_root;

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &Adagrad::learning_rate);
    field("initial_accumulator_value", &Adagrad::initial_accumulator_value);
    field("epsilon", &Adagrad::epsilon);
    field("epsilon_place", &Adagrad::epsilon_place);
  }
};

/// s ← ρ·s + (1 − ρ)·g², d = g·√(u + ε) / √(s + ε), u ← ρ·u + (1 − ρ)·d², w ← w − η·d (Zeiler 2012,
/// with a rate of 1). PyTorch has ρ = 0.9, ε = 1e-6.
struct SLOY_EXPORT Adadelta {
  LearningRate learning_rate = 0.001;  ///< η, 0 or more: a number or a schedule
  double rho = 0.95;                   ///< ρ in [0, 1)
  double epsilon = 1e-7;               ///< ε, above 0

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &Adadelta::learning_rate);
    field("rho", &Adadelta::rho);
    field("epsilon", &Adadelta::epsilon);
  }
};

/// m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², m̂ = m / (1 − β₁ᵗ),
/// w ← w − η·√(1 − β₂ᵗ)·m̂ / (√v + ε): Keras's (Kingma and Ba 2015). With epsilon_place outside_root
/// w ← w − η·m̂ / (√v̂ + ε), v̂ = v / (1 − β₂ᵗ): their algorithm 1, and PyTorch's.
struct SLOY_EXPORT Adam {
  LearningRate learning_rate = 0.001;  ///< η, 0 or more: a number or a schedule
  double beta_1 = 0.9;                 ///< β₁ in [0, 1)
  double beta_2 = 0.999;               ///< β₂ in [0, 1)
  /// ε, above 0; left out: 1e-7, Keras's, or 1e-14 inside the root. PyTorch, outside it, has 1e-8
  std::optional<double> epsilon = {};
  EpsilonPlace epsilon_place = EpsilonPlace::uncorrected;  ///< where ε is added
  /// true: v is its largest value so far, which makes it converge (Reddi, Kale and Kumar 2018)
  bool amsgrad = false;

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &Adam::learning_rate);
    field("beta_1", &Adam::beta_1);
    field("beta_2", &Adam::beta_2);
    field("epsilon", &Adam::epsilon);
    field("epsilon_place", &Adam::epsilon_place);
    field("amsgrad", &Adam::amsgrad);
  }
};

/// Adam's step after w ← w − η·λ·w (Loshchilov and Hutter 2019): the option weight_decay as an
/// argument. In PyTorch λ is 0.01.
struct SLOY_EXPORT AdamW {
  LearningRate learning_rate = 0.001;  ///< η, 0 or more: a number or a schedule
  double weight_decay = 0.004;         ///< λ, 0 or more
  double beta_1 = 0.9;                 ///< β₁ in [0, 1)
  double beta_2 = 0.999;               ///< β₂ in [0, 1)
  /// ε, above 0; left out: 1e-7, Keras's, or 1e-14 inside the root. PyTorch, outside it, has 1e-8
  std::optional<double> epsilon = {};
  EpsilonPlace epsilon_place = EpsilonPlace::uncorrected;  ///< where ε is added
  /// true: v is its largest value so far, which makes it converge (Reddi, Kale and Kumar 2018)
  bool amsgrad = false;

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &AdamW::learning_rate);
    field("weight_decay", &AdamW::weight_decay);
    field("beta_1", &AdamW::beta_1);
    field("beta_2", &AdamW::beta_2);
    field("epsilon", &AdamW::epsilon);
    field("epsilon_place", &AdamW::epsilon_place);
    field("amsgrad", &AdamW::amsgrad);
  }
};

/// m ← β₁·m + (1 − β₁)·g, u ← max(β₂·u, |g|), w ← w − η / (1 − β₁ᵗ)·m / (u + ε) (Kingma and Ba
/// 2015, section 7.1). PyTorch adds ε to |g| instead.
struct SLOY_EXPORT Adamax {
  LearningRate learning_rate = 0.001;  ///< η, 0 or more: a number or a schedule
  double beta_1 = 0.9;                 ///< β₁ in [0, 1)
  double beta_2 = 0.999;               ///< β₂ in [0, 1)
  double epsilon = 1e-7;               ///< ε, above 0

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &Adamax::learning_rate);
    field("beta_1", &Adamax::beta_1);
    field("beta_2", &Adamax::beta_2);
    field("epsilon", &Adamax::epsilon);
  }
};

/// Adam with Nesterov's momentum (Dozat 2016). m and v as Adam's, μ(t) = β₁·(1 − ½·0.96^(t·ψ)) with
/// ψ the momentum_decay, Π(t) = μ(1)·…·μ(t); w ← w − η·n / (√v̂ + ε), v̂ = v / (1 − β₂ᵗ), n = μ(t +
/// 1)·m / (1 − Π(t + 1)) + (1 − μ(t))·g / (1 − Π(t)). In PyTorch ψ is 0.004 and η 0.002.
struct SLOY_EXPORT Nadam {
  LearningRate learning_rate = 0.001;  ///< η, 0 or more: a number or a schedule
  double beta_1 = 0.9;                 ///< β₁ in [0, 1)
  double beta_2 = 0.999;               ///< β₂ in [0, 1)
  double epsilon = 1e-7;               ///< ε, above 0
  double momentum_decay = 1;           ///< ψ, 0 or more

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &Nadam::learning_rate);
    field("beta_1", &Nadam::beta_1);
    field("beta_2", &Nadam::beta_2);
    field("epsilon", &Nadam::epsilon);
    field("momentum_decay", &Nadam::momentum_decay);
  }
};

/// w ← w − η·sign(β₁·m + (1 − β₁)·g), then m ← β₂·m + (1 − β₂)·g (Chen et al. 2023).
struct SLOY_EXPORT Lion {
  LearningRate learning_rate = 0.001;  ///< η, 0 or more: a number or a schedule
  double beta_1 = 0.9;                 ///< β₁ in [0, 1)
  double beta_2 = 0.99;                ///< β₂ in [0, 1)

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &Lion::learning_rate);
    field("beta_1", &Lion::beta_1);
    field("beta_2", &Lion::beta_2);
  }
};

/// Adam's u = m̂ / (√v̂ + ε) + λ·w, scaled layer by layer: w ← w − η·(‖w‖ / ‖u‖)·u (LAMB; You et al.
/// 2020); the quotient is 1 where a norm is 0. Keras's has no λ in u, only the option weight_decay.
struct SLOY_EXPORT Lamb {
  LearningRate learning_rate = 0.001;  ///< η, 0 or more: a number or a schedule
  double beta_1 = 0.9;                 ///< β₁ in [0, 1)
  double beta_2 = 0.999;               ///< β₂ in [0, 1)
  double epsilon = 1e-7;               ///< ε, above 0
  double weight_decay_in_ratio = 0;    ///< λ of u, 0 or more: 0.01 in the paper

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &Lamb::learning_rate);
    field("beta_1", &Lamb::beta_1);
    field("beta_2", &Lamb::beta_2);
    field("epsilon", &Lamb::epsilon);
    field("weight_decay_in_ratio", &Lamb::weight_decay_in_ratio);
  }
};

/// r = κ·‖w‖ / (‖g‖ + λ·‖w‖), v ← β·v + η·r·(g + λ·w), w ← w − v (LARS; You, Gitman and Ginsburg
/// 2017); r is 1 where a norm is 0. Keras has no such optimizer.
struct SLOY_EXPORT Lars {
  LearningRate learning_rate = 0.01;  ///< η, 0 or more: a number or a schedule
  double momentum = 0.9;              ///< β in [0, 1)
  double trust_coefficient = 0.001;   ///< κ, above 0
  double weight_decay_in_ratio = 0;   ///< λ of r, 0 or more: 0.0005 in the paper

  Value step(OptimizerScope& scope, Value weight, Value gradient) const;
  std::vector<Graph::Update> minimize(Value loss) const;
  static void fields(auto&& field) {
    field("learning_rate", &Lars::learning_rate);
    field("momentum", &Lars::momentum);
    field("trust_coefficient", &Lars::trust_coefficient);
    field("weight_decay_in_ratio", &Lars::weight_decay_in_ratio);
  }
};

}  // namespace sloy
