/// What makes an autoencoder a variational one.
#pragma once

#include <span>
#include <string>

#include <sloy/layer.h>

namespace sloy {

/// Draws from a normal distribution that two inputs of one shape say, mean μ and log variance
/// (Kingma and Welling 2014): μ + σ·ξ in training, with ξ drawn anew for each example and step, μ
/// in inference. Adds its divergence from the standard normal distribution to the loss: the mean
/// over examples of kl_weight·(−½ Σ (1 + log σ² − μ² − σ²)). (batch, n), (batch, n) → (batch, n)
struct SLOY_EXPORT GaussianSampling {
  /// β of Higgins et al. 2017; divide it by the number of pixels where the loss is a mean over them
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
