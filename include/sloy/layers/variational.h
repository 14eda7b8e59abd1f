/// What makes an autoencoder a variational one.
#pragma once

#include <span>
#include <string>

#include <sloy/layer.h>

namespace sloy {

/// Samples the code of a variational autoencoder (Kingma and Welling 2014) from its mean μ and log
/// variance log σ²: μ + σ·ξ in training, with new ξ ~ N(0, 1) for each example and step, μ in
/// inference. Adds the divergence from N(0, 1) to the loss: the mean over examples of kl_weight·(−½
/// Σ (1 + log σ² − μ² − σ²)). Keras has no such layer.
/// (batch, n), (batch, n) → (batch, n)
struct SLOY_EXPORT GaussianSampling {
  /// β of Higgins et al. 2017, 0 or more; divide it by the number of pixels where the loss is a
  /// mean over them
  double kl_weight = 1;
  std::string name = {};

  Value call(Scope& scope, std::span<const Value> inputs) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;
  static void fields(auto&& field) {
    field("kl_weight", &GaussianSampling::kl_weight);
    field("name", &GaussianSampling::name);
  }
};

}  // namespace sloy
