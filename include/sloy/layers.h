/// Layers: what models are made of. Names, arguments and defaults are Keras's.
///
/// Every layer with weights takes `trainable` and every layer a `name`, which must be unique in its
/// model; left out, the name is the type's with a number: conv2d, conv2d_1, ….
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <sloy/activations.h>
#include <sloy/layer.h>
#include <sloy/ops.h>

namespace sloy {

/// One number for both spatial dimensions, or one for each: 3 or {3, 5}. In files a number or a
/// list of two.
class SLOY_EXPORT IntPair {
 public:
  /// Not given.
  constexpr IntPair() = default;
  constexpr IntPair(int both) : IntPair(both, both) {}  // NOLINT: 3 is a pair
  constexpr IntPair(int height, int width) : height_(height), width_(width), given_(true) {}

  constexpr bool is_given() const { return given_; }
  constexpr int height() const { return height_; }
  constexpr int width() const { return width_; }
  constexpr bool operator==(const IntPair&) const = default;

 private:
  int height_ = 0;
  int width_ = 0;
  bool given_ = false;
};
SLOY_EXPORT Config to_config(const IntPair& pair);
SLOY_EXPORT void from_config(const Config& config, IntPair& pair);

/// Where a model's examples come in: their shape, without the batch. It is a Symbol as well.
/// Data of dtype uint8 are taken as pixels: fed to a float32 input they become value / 255.
class SLOY_EXPORT Input {
 public:
  Input(std::initializer_list<Dim> dims) : Input(Shape(dims)) {}
  explicit Input(const Shape& shape, DType dtype = DType::float32, std::string given_name = {});
  Input() : Input(Shape{}) {}

  std::string name;

  /// Of one example, without the batch.
  const Type& type() const { return type_; }
  operator Symbol() const { return symbol_; }  // NOLINT: an input is the symbol of what is fed
  Value call(Scope& scope, Value x) const;

 private:
  Type type_;
  Symbol symbol_;
};
SLOY_EXPORT Config to_config(const Input& input);
SLOY_EXPORT void from_config(const Config& config, Input& input);

/// Densely connected layer: activation(x·kernel + bias).  (batch, …, n) → (batch, …, units)
struct SLOY_EXPORT Dense {
  int units = 0;
  Activation activation = linear;
  bool use_bias = true;
  Initializer kernel_initializer = GlorotUniform{};
  Initializer bias_initializer = Zeros{};
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("units", &Dense::units);
    field("activation", &Dense::activation);
    field("use_bias", &Dense::use_bias);
    field("kernel_initializer", &Dense::kernel_initializer);
    field("bias_initializer", &Dense::bias_initializer);
    field("kernel_regularizer", &Dense::kernel_regularizer);
    field("bias_regularizer", &Dense::bias_regularizer);
    field("trainable", &Dense::trainable);
    field("name", &Dense::name);
  }
};

/// Convolution over images: activation(x ∗ kernel + bias), the kernel not mirrored.
/// (batch, height, width, channels) → (batch, height′, width′, filters)
struct SLOY_EXPORT Conv2D {
  int filters = 0;
  IntPair kernel_size = {};
  IntPair strides = 1;
  Padding padding = valid;
  IntPair dilation_rate = 1;
  int groups = 1;
  Activation activation = linear;
  bool use_bias = true;
  Initializer kernel_initializer = GlorotUniform{};
  Initializer bias_initializer = Zeros{};
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("filters", &Conv2D::filters);
    field("kernel_size", &Conv2D::kernel_size);
    field("strides", &Conv2D::strides);
    field("padding", &Conv2D::padding);
    field("dilation_rate", &Conv2D::dilation_rate);
    field("groups", &Conv2D::groups);
    field("activation", &Conv2D::activation);
    field("use_bias", &Conv2D::use_bias);
    field("kernel_initializer", &Conv2D::kernel_initializer);
    field("bias_initializer", &Conv2D::bias_initializer);
    field("kernel_regularizer", &Conv2D::kernel_regularizer);
    field("bias_regularizer", &Conv2D::bias_regularizer);
    field("trainable", &Conv2D::trainable);
    field("name", &Conv2D::name);
  }
};

/// The largest of each window. `strides` not given are the pool's size.
struct SLOY_EXPORT MaxPool2D {
  IntPair pool_size = 2;
  IntPair strides = {};
  Padding padding = valid;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("pool_size", &MaxPool2D::pool_size);
    field("strides", &MaxPool2D::strides);
    field("padding", &MaxPool2D::padding);
    field("name", &MaxPool2D::name);
  }
};
using MaxPooling2D = MaxPool2D;

/// The mean of each window; cells added by padding don't count.
struct SLOY_EXPORT AveragePool2D {
  IntPair pool_size = 2;
  IntPair strides = {};
  Padding padding = valid;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("pool_size", &AveragePool2D::pool_size);
    field("strides", &AveragePool2D::strides);
    field("padding", &AveragePool2D::padding);
    field("name", &AveragePool2D::name);
  }
};
using AveragePooling2D = AveragePool2D;

/// The mean of each channel over the image.  (batch, height, width, channels) → (batch, channels)
struct SLOY_EXPORT GlobalAveragePooling2D {
  bool keepdims = false;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("keepdims", &GlobalAveragePooling2D::keepdims);
    field("name", &GlobalAveragePooling2D::name);
  }
};

/// Every pixel repeated `size` times in both directions.
struct SLOY_EXPORT UpSampling2D {
  IntPair size = 2;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("size", &UpSampling2D::size);
    field("name", &UpSampling2D::name);
  }
};

/// All numbers of an example in one row.  (batch, a, b, …) → (batch, a·b·…)
struct SLOY_EXPORT Flatten {
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) { field("name", &Flatten::name); }
};

/// The same numbers under another shape, given without the batch. One size may be −1: what is left.
struct SLOY_EXPORT Reshape {
  std::vector<std::int64_t> target_shape = {};
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("target_shape", &Reshape::target_shape);
    field("name", &Reshape::name);
  }
};

/// In training each number is 0 with probability `rate`, else divided by 1 − rate (inverted
/// dropout: Srivastava et al. 2014 scale at inference instead). In inference x itself.
struct SLOY_EXPORT Dropout {
  double rate = 0;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("rate", &Dropout::rate);
    field("name", &Dropout::name);
  }
};

/// gamma·(x − mean) / √(variance + epsilon) + beta over all axes but `axis` (Ioffe and Szegedy
/// 2015): by the batch's mean and biased variance in training, by running ones in inference and
/// where it is not trainable. running ← momentum·running + (1 − momentum)·batch's.
struct SLOY_EXPORT BatchNormalization {
  int axis = -1;
  double momentum = 0.99;
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
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
/// are stored with the model. REQUIRES then: it stands right after the input.
struct SLOY_EXPORT Normalization {
  std::vector<double> mean = {};
  std::vector<double> variance = {};
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("mean", &Normalization::mean);
    field("variance", &Normalization::variance);
    field("name", &Normalization::name);
  }
};

/// scale·x + offset
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

/// The sum of two or more inputs of one shape.
struct SLOY_EXPORT Add {
  std::string name = {};

  Value call(Scope& scope, std::span<const Value> inputs) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;
  static void fields(auto&& field) { field("name", &Add::name); }
};

/// The product, element by element, of two or more inputs of one shape.
struct SLOY_EXPORT Multiply {
  std::string name = {};

  Value call(Scope& scope, std::span<const Value> inputs) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;
  static void fields(auto&& field) { field("name", &Multiply::name); }
};

/// Inputs one after the other along `axis`; their other sizes are equal.
struct SLOY_EXPORT Concatenate {
  int axis = -1;
  std::string name = {};

  Value call(Scope& scope, std::span<const Value> inputs) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;
  static void fields(auto&& field) {
    field("axis", &Concatenate::axis);
    field("name", &Concatenate::name);
  }
};

/// max(x, 0), cut off at `max_value` where that is given; below `threshold`
/// negative_slope·(x − threshold).
struct SLOY_EXPORT ReLU {
  std::optional<double> max_value = {};
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

/// x where x > 0, else negative_slope·x.
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

/// x where x > 0, else alpha·(eˣ − 1).
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

/// Turns scores along the last axis into probabilities that sum to one.
struct SLOY_EXPORT Softmax {
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) { field("name", &Softmax::name); }
};

}  // namespace sloy
