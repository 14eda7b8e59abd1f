/// Normalization layers: they shift and scale what comes in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sloy/layer.h>
#include <sloy/one_or_many.h>

namespace sloy {

/// Which of two values a running average's momentum weighs.
enum class MomentumWeighs : std::uint8_t {
  old_value,  ///< running ← momentum·running + (1 − momentum)·batch's: Keras
  new_value   ///< running ← (1 − momentum)·running + momentum·batch's: PyTorch
};
constexpr std::array<std::string_view, 2> enum_names(MomentumWeighs) {
  return {"old_value", "new_value"};
}

/// The mean and variance that a batch normalization uses in inference.
enum class InferenceStatistics : std::uint8_t {
  exponential,  ///< exponential average over the training's batches: Keras
  average,      ///< plain average over all batches trained on so far
  training_set  ///< of the whole training set, exactly: measured when a fit ends, and by
                ///< Model::adapt
};
constexpr std::array<std::string_view, 3> enum_names(InferenceStatistics) {
  return {"exponential", "average", "training_set"};
}

/// gamma·(x − mean) / √(variance + epsilon) + beta for each channel (Ioffe and Szegedy 2015), with
/// mean and biased variance over all axes but `axis`: those of the batch in training, moving_mean
/// and moving_variance in inference and where it is not trainable. It has the weights gamma and
/// beta and the statistics moving_mean and moving_variance, all (channels): four numbers a channel,
/// two of them trained. With the plain average it also counts the batches in `batches`.
/// (batch, …, channels) → (batch, …, channels)
///
/// Its usual place is after the convolution or product and before the activation,
///
///     Sequential block{Conv2D{.filters = 32, .kernel_size = 3, .use_bias = false},
///                      BatchNormalization{}, relu};
///
/// where beta does what a bias would. gamma = √(variance + epsilon) and beta = mean give x back.
struct SLOY_EXPORT BatchNormalization {
  int axis = -1;  ///< the channels, counted with the batch as 0; negative ones from the end
  double momentum = 0.99;  ///< of the running averages, in [0, 1]: see momentum_weighs
  double epsilon = 1e-3;   ///< added to the variance, above 0
  bool center = true;      ///< whether there is a beta
  bool scale = true;       ///< whether there is a gamma
  Initializer beta_initializer = Zeros{};            ///< first values of beta
  Initializer gamma_initializer = Ones{};            ///< first values of gamma
  Initializer moving_mean_initializer = Zeros{};     ///< moving_mean before the first batch
  Initializer moving_variance_initializer = Ones{};  ///< moving_variance before the first batch
  Regularizer beta_regularizer = {};                 ///< penalty on beta, added to the loss
  Regularizer gamma_regularizer = {};                ///< penalty on gamma, added to the loss
  Constraint beta_constraint = {};                   ///< applied to beta after each step
  Constraint gamma_constraint = {};                  ///< applied to gamma after each step
  /// the old average, or the batch's value
  MomentumWeighs momentum_weighs = MomentumWeighs::old_value;
  /// what inference uses; training_set is an exponential average until the fit ends, in its
  /// validation too
  InferenceStatistics statistics = InferenceStatistics::exponential;
  /// whether inference uses the variance of n values times n / (n − 1), as PyTorch does; training
  /// never
  bool unbiased_variance = false;
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
    field("beta_constraint", &Self::beta_constraint);
    field("gamma_constraint", &Self::gamma_constraint);
    field("momentum_weighs", &Self::momentum_weighs);
    field("statistics", &Self::statistics);
    field("unbiased_variance", &Self::unbiased_variance);
    field("trainable", &Self::trainable);
    field("name", &Self::name);
  }
};

/// gamma·(x − mean) / √(variance + epsilon) + beta, with mean and biased variance over `axis` of
/// each example (Ba, Kiros and Hinton 2016), in training and inference alike. The weights gamma and
/// beta have the sizes along `axis`.
/// (batch, …) → (batch, …)
struct SLOY_EXPORT LayerNormalization {
  /// what is normalized together: the last axis, or a list such as {1, 2, 3} for all of an image
  OneOrMany<int> axis = -1;
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = Zeros{};
  Initializer gamma_initializer = Ones{};
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    using Self = LayerNormalization;
    field("axis", &Self::axis);
    field("epsilon", &Self::epsilon);
    field("center", &Self::center);
    field("scale", &Self::scale);
    field("beta_initializer", &Self::beta_initializer);
    field("gamma_initializer", &Self::gamma_initializer);
    field("beta_regularizer", &Self::beta_regularizer);
    field("gamma_regularizer", &Self::gamma_regularizer);
    field("beta_constraint", &Self::beta_constraint);
    field("gamma_constraint", &Self::gamma_constraint);
    field("trainable", &Self::trainable);
    field("name", &Self::name);
  }
};

/// gamma·(x − mean) / √(variance + epsilon) + beta, with mean and biased variance over all
/// positions and the channels of a group (Wu and He 2018): one group is LayerNormalization over all
/// axes of an example, as many groups as channels are InstanceNormalization. Group g holds the
/// channels from g·channels / groups on. Weights gamma and beta (channels).
/// (batch, …, channels) → (batch, …, channels)
struct SLOY_EXPORT GroupNormalization {
  int groups = 32;  ///< they divide the channels; -1: as many as channels
  int axis = -1;    ///< the channels, counted with the batch as 0; negative ones from the end
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = Zeros{};
  Initializer gamma_initializer = Ones{};
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    using Self = GroupNormalization;
    field("groups", &Self::groups);
    field("axis", &Self::axis);
    field("epsilon", &Self::epsilon);
    field("center", &Self::center);
    field("scale", &Self::scale);
    field("beta_initializer", &Self::beta_initializer);
    field("gamma_initializer", &Self::gamma_initializer);
    field("beta_regularizer", &Self::beta_regularizer);
    field("gamma_regularizer", &Self::gamma_regularizer);
    field("beta_constraint", &Self::beta_constraint);
    field("gamma_constraint", &Self::gamma_constraint);
    field("trainable", &Self::trainable);
    field("name", &Self::name);
  }
};

/// gamma·(x − mean) / √(variance + epsilon) + beta, with mean and biased variance over the
/// positions of each channel of each example (Ulyanov, Vedaldi and Lempitsky 2016):
/// GroupNormalization{.groups = -1}. Weights gamma and beta (channels). Keras has no layer of this
/// name.
/// (batch, …, channels) → (batch, …, channels)
struct SLOY_EXPORT InstanceNormalization {
  int axis = -1;  ///< the channels, counted with the batch as 0; negative ones from the end
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = Zeros{};
  Initializer gamma_initializer = Ones{};
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    using Self = InstanceNormalization;
    field("axis", &Self::axis);
    field("epsilon", &Self::epsilon);
    field("center", &Self::center);
    field("scale", &Self::scale);
    field("beta_initializer", &Self::beta_initializer);
    field("gamma_initializer", &Self::gamma_initializer);
    field("beta_regularizer", &Self::beta_regularizer);
    field("gamma_regularizer", &Self::gamma_regularizer);
    field("beta_constraint", &Self::beta_constraint);
    field("gamma_constraint", &Self::gamma_constraint);
    field("trainable", &Self::trainable);
    field("name", &Self::name);
  }
};

/// x / max(‖x‖, 1e-12), with the Euclidean norm along `axis`: every such vector gets length 1.
/// Where it is 0 it stays so, with slope 10¹².
/// (batch, …) → (batch, …)
struct SLOY_EXPORT UnitNormalization {
  /// along which the norm is taken; several: over all of them together
  OneOrMany<int> axis = -1;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("axis", &UnitNormalization::axis);
    field("name", &UnitNormalization::name);
  }
};

/// (x − mean) / max(√variance, 1e-7) for each channel. Left out, mean and variance are those of the
/// training data: `fit` measures them before its first step, Model::adapt when called, and they are
/// stored with the model. Until then predict, evaluate and save throw ConfigError, a graph of your
/// own gets not-a-number, and the layer must stand right after the input.
///
/// With `invert` it is the way back, mean + x·max(√variance, 1e-7), and what is measured are the
/// targets of the output that it gives: it must be the last layer before one. A net that ends with
/// it learns targets of any size, as prices,
///
///     Sequential model{Normalization{}, Dense{.units = 64, .activation = relu},
///                      Dense{.units = 1}, Normalization{.invert = true}};
///
/// with its loss and its metrics in the targets' own unit. Adam's steps don't depend on that unit.
/// SGD's grow with the variance: give the loss a weight of 1 / variance (CompileOptions), or divide
/// the learning rate by it. Weights of examples don't count in what is measured.
/// (batch, …, channels) → (batch, …, channels)
struct SLOY_EXPORT Normalization {
  std::vector<double> mean = {};      ///< one for each channel of the last axis, or one for all
  std::vector<double> variance = {};  ///< as many, 0 or more
  bool invert = false;                ///< whether it turns what is normalized back
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("mean", &Normalization::mean);
    field("variance", &Normalization::variance);
    field("invert", &Normalization::invert);
    field("name", &Normalization::name);
  }
};

/// x / (bias + alpha · Σ x²)^beta, the sum over the `size` channels around each one, as far as they
/// exist (Krizhevsky, Sutskever and Hinton 2012, whose numbers are the defaults). Keras has no such
/// layer. PyTorch's alpha is `size` times this one, its bias is called k; TensorFlow's depth_radius
/// is (size − 1) / 2.
/// (batch, …, channels) → (batch, …, channels)
struct SLOY_EXPORT LocalResponseNormalization {
  int size = 5;         ///< channels in the sum, odd, 1 or more
  double alpha = 1e-4;  ///< factor of the sum
  double beta = 0.75;   ///< the power
  double bias = 2;      ///< above 0
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("size", &LocalResponseNormalization::size);
    field("alpha", &LocalResponseNormalization::alpha);
    field("beta", &LocalResponseNormalization::beta);
    field("bias", &LocalResponseNormalization::bias);
    field("name", &LocalResponseNormalization::name);
  }
};

/// scale·x + offset. Pixels of uint8 become value / 255 without it: see Input.
/// (batch, …) → (batch, …)
struct SLOY_EXPORT Rescaling {
  double scale = 1;   ///< factor, a finite number
  double offset = 0;  ///< added to each number, finite
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
