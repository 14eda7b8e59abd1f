/// Activation layers: activations that have arguments.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sloy/layer.h>
#include <sloy/one_or_many.h>

namespace sloy {

/// x from `threshold` on, below it negative_slope·(x − threshold); nothing above `max_value`. As it
/// stands max(x, 0) (Nair and Hinton 2010), of any shape. No argument may be negative.
struct SLOY_EXPORT ReLU {
  std::optional<double> max_value = {};  ///< left out: no bound; derivative 1 there
  double negative_slope = 0;             ///< where it isn't 0, the derivative at threshold is 1
  double threshold = 0;                  ///< above 0 the derivative there is 1, else 0
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

/// x where x > 0, else negative_slope·x (Maas, Hannun and Ng 2013), of any shape; that slope at 0.
struct SLOY_EXPORT LeakyReLU {
  double negative_slope = 0.3;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("negative_slope", &LeakyReLU::negative_slope);
    field("name", &LeakyReLU::name);
  }
};

/// x where x > 0, else alpha·(eˣ − 1) (Clevert, Unterthiner and Hochreiter 2016), of any shape.
struct SLOY_EXPORT ELU {
  double alpha = 1;  ///< the derivative at 0 too
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("alpha", &ELU::alpha);
    field("name", &ELU::name);
  }
};

/// x where x > 0, else alpha·x, alpha learned (He et al. 2015), with derivative alpha at 0. The
/// shape stays. Weight alpha: one number for each of an example, or shared along axes, which have
/// size 1 then. `.shared_axes = {1, 2}` is an alpha for each channel of an image, {1, 2, 3} one for
/// all. PyTorch begins with Constant{0.25} and one alpha, or one for each channel.
struct SLOY_EXPORT PReLU {
  Initializer alpha_initializer = Zeros{};  ///< first slopes
  Regularizer alpha_regularizer = {};       ///< a penalty on the slopes, for the loss
  Constraint alpha_constraint = {};         ///< what the slopes are after each step
  std::vector<int> shared_axes = {};        ///< along which the slope is the same; 0 is the batch
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

/// x·Φ(x), Φ the standard normal distribution's (Hendrycks and Gimpel 2016), of any shape.
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

/// Turns scores into probabilities that sum to one: eˣ / Σ eˣ (Bridle 1990). The shape stays.
struct SLOY_EXPORT Softmax {
  OneOrMany<int> axis = -1;  ///< along which they sum to one; several: over all of these together
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("axis", &Softmax::axis);
    field("name", &Softmax::name);
  }
};

}  // namespace sloy
