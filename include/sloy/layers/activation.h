/// Activation layers: activations that have arguments.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sloy/layer.h>
#include <sloy/one_or_many.h>

namespace sloy {

/// x where x ≥ threshold, else negative_slope·(x − threshold); at most max_value. By default max(x,
/// 0) (Nair and Hinton 2010).
/// (batch, …) → (batch, …)
struct SLOY_EXPORT ReLU {
  /// upper bound, 0 or more, with derivative 1 there; left out: none
  std::optional<double> max_value = {};
  /// slope below the threshold, 0 or more; where it isn't 0, the derivative at the threshold is 1
  double negative_slope = 0;
  /// where the slope becomes 1, 0 or more; above 0 the derivative there is 1, at 0 it is 0
  double threshold = 0;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("max_value", &ReLU::max_value);
    field("negative_slope", &ReLU::negative_slope);
    field("threshold", &ReLU::threshold);
    field("name", &ReLU::name);
  }
};

/// x where x > 0, else negative_slope·x (Maas, Hannun and Ng 2013), with that slope at 0 too.
/// (batch, …) → (batch, …)
struct SLOY_EXPORT LeakyReLU {
  double negative_slope = 0.3;  ///< slope below 0, any finite number
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("negative_slope", &LeakyReLU::negative_slope);
    field("name", &LeakyReLU::name);
  }
};

/// x where x > 0, else alpha·(eˣ − 1) (Clevert, Unterthiner and Hochreiter 2016).
/// (batch, …) → (batch, …)
struct SLOY_EXPORT ELU {
  double alpha = 1;  ///< minus the limit for x → −∞, and the derivative at 0
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("alpha", &ELU::alpha);
    field("name", &ELU::name);
  }
};

/// x where x > 0, else alpha·x, with alpha learned (He et al. 2015) and derivative alpha at 0. The
/// weight alpha has a number for each position of an example, or is shared along axes, where its
/// size is 1: `.shared_axes = {1, 2}` is an alpha for each channel of an image, {1, 2, 3} a single
/// one. PyTorch begins with Constant{0.25} and has a single alpha, or one a channel.
/// (batch, …) → (batch, …)
struct SLOY_EXPORT PReLU {
  Initializer alpha_initializer = Zeros{};  ///< first values of alpha
  Regularizer alpha_regularizer = {};       ///< penalty on alpha, added to the loss
  Constraint alpha_constraint = {};         ///< applied to alpha after each step
  /// axes along which alpha is the same, counted with the batch as 0
  std::vector<int> shared_axes = {};
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("alpha_initializer", &PReLU::alpha_initializer);
    field("alpha_regularizer", &PReLU::alpha_regularizer);
    field("alpha_constraint", &PReLU::alpha_constraint);
    field("shared_axes", &PReLU::shared_axes);
    field("trainable", &PReLU::trainable);
    field("name", &PReLU::name);
  }
};

/// x·Φ(x), Φ the standard normal distribution function (Hendrycks and Gimpel 2016). Keras has it as
/// a function alone.
/// (batch, …) → (batch, …)
struct SLOY_EXPORT GELU {
  bool approximate = false;  ///< ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) instead: within 5e-4
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("approximate", &GELU::approximate);
    field("name", &GELU::name);
  }
};

/// Turns scores into probabilities that sum to one: eˣ / Σ eˣ (Bridle 1990).
/// (batch, …) → (batch, …)
struct SLOY_EXPORT Softmax {
  OneOrMany<int> axis = -1;  ///< along which they sum to one; several: over all of them together
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("axis", &Softmax::axis);
    field("name", &Softmax::name);
  }
};

}  // namespace sloy
