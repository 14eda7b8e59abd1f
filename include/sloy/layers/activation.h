/// Activation layers: activations that have arguments.
#pragma once

#include <optional>
#include <string>

#include <sloy/layer.h>

namespace sloy {

/// x from `threshold` on, below it negative_slope·(x − threshold); nothing above `max_value`. As it
/// stands max(x, 0) (Nair and Hinton 2010), of any shape. No argument may be negative.
struct SLOY_EXPORT ReLU {
  std::optional<double> max_value = {};  ///< left out: no bound
  double negative_slope = 0;
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

/// x where x > 0, else negative_slope·x (Maas, Hannun and Ng 2013), of any shape.
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
  double alpha = 1;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("alpha", &ELU::alpha);
    field("name", &ELU::name);
  }
};

/// Turns scores along the last axis into probabilities that sum to one: eˣ / Σ eˣ (Bridle 1990).
/// The shape stays.
struct SLOY_EXPORT Softmax {
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) { field("name", &Softmax::name); }
};

}  // namespace sloy
