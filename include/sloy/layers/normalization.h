/// Normalization layers: they shift and scale what comes in.
#pragma once

#include <string>
#include <vector>

#include <sloy/layer.h>

namespace sloy {

/// gamma·(x − mean) / √(variance + epsilon) + beta over all axes but `axis` (Ioffe and Szegedy
/// 2015): by the batch's mean and biased variance in training, by running ones in inference and
/// where it is not trainable. running ← momentum·running + (1 − momentum)·batch's. The shape stays.
/// Weights gamma and beta, statistics moving_mean and moving_variance, all (channels).
struct SLOY_EXPORT BatchNormalization {
  int axis = -1;           ///< the channels
  double momentum = 0.99;  ///< what stays of the running statistics at each step
  double epsilon = 1e-3;   ///< added to the variance
  bool center = true;      ///< whether there is a beta
  bool scale = true;       ///< whether there is a gamma
  Initializer beta_initializer = Zeros{};
  Initializer gamma_initializer = Ones{};
  Initializer moving_mean_initializer = Zeros{};
  Initializer moving_variance_initializer = Ones{};
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    using Self = BatchNormalization;
    field("axis", &Self::axis);
    field("momentum", &Self::momentum);
    field("epsilon", &Self::epsilon);
    field("center", &Self::center);
    field("scale", &Self::scale);
    field("beta_initializer", &Self::beta_initializer);
    field("gamma_initializer", &Self::gamma_initializer);
    field("moving_mean_initializer", &Self::moving_mean_initializer);
    field("moving_variance_initializer", &Self::moving_variance_initializer);
    field("beta_regularizer", &Self::beta_regularizer);
    field("gamma_regularizer", &Self::gamma_regularizer);
    field("trainable", &Self::trainable);
    field("name", &Self::name);
  }
};

/// (x − mean) / max(√variance, 1e-7) for each channel. Left out, mean and variance are those of the
/// training data: `fit` measures them before its first step, Model::adapt when it is called. They
/// are stored with the model. Before that predict, evaluate and save throw ConfigError, and a graph
/// of your own gives not-a-number. It must stand right after the input then. The shape stays.
struct SLOY_EXPORT Normalization {
  std::vector<double> mean = {};      ///< one for each channel of the last axis, or one for all
  std::vector<double> variance = {};  ///< as many
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("mean", &Normalization::mean);
    field("variance", &Normalization::variance);
    field("name", &Normalization::name);
  }
};

/// scale·x + offset, of any shape. Pixels of uint8 come as value / 255 without it: see Input.
struct SLOY_EXPORT Rescaling {
  double scale = 1;
  double offset = 0;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("scale", &Rescaling::scale);
    field("offset", &Rescaling::offset);
    field("name", &Rescaling::name);
  }
};

}  // namespace sloy
