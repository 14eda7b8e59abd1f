/// Layers: what models are made of. Names, arguments and defaults are Keras's.
///
/// Every layer has a `name`, which must be unique in its model; left out, it is the type's with a
/// number: conv2d, conv2d_1, ….
///
/// What doesn't fit is refused when the layer is called, before anything runs: an argument by a
/// ConfigError, an input's shape by a ShapeError.
///
/// In a recipe each layer is a table with these arguments; those left out have their defaults:
///
///     [[model.layer]]
///     type = "Dense"
///     units = 64
///     activation = "relu"
///     kernel_initializer = { type = "TruncatedNormal", stddev = 0.01 }
///     kernel_regularizer = { type = "L2", l2 = 1e-4 }
///
/// Where nothing but defaults is wanted the name will do: `kernel_initializer = "HeNormal"`.
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
/// In C++ `Input{28, 28, 1}`; in files `{ type = "Input", shape = [28, 28, 1] }`, and
/// `dtype = "uint8"` or "int32" where it isn't float32. A recipe needs none: the data say what
/// their examples are.
class SLOY_EXPORT Input {
 public:
  /// Throws ShapeError on a size that isn't 1 or more.
  Input(std::initializer_list<Dim> dims) : Input(Shape(dims)) {}
  explicit Input(const Shape& shape, DType dtype = DType::float32, std::string given_name = {});
  Input() : Input(Shape{}) {}

  std::string name;

  /// Of one example, without the batch.
  const Type& type() const& { return type_; }
  Type type() const&& { return type_; }
  operator Symbol() const { return symbol_; }  // NOLINT: an input is the symbol of what is fed
  Value call(Scope& scope, Value x) const;

 private:
  Type type_;
  Symbol symbol_;
};
SLOY_EXPORT Config to_config(const Input& input);
SLOY_EXPORT void from_config(const Config& config, Input& input);

/// Densely connected layer: activation(x·kernel + bias), kernel (n, units), bias (units).
/// (batch, …, n) → (batch, …, units)
struct SLOY_EXPORT Dense {
  int units = 0;                                     ///< needed: how many numbers come out
  Activation activation = linear;                    ///< applied to the result
  bool use_bias = true;                              ///< whether there is a bias
  Initializer kernel_initializer = GlorotUniform{};  ///< first values of the kernel
  Initializer bias_initializer = Zeros{};            ///< first values of the bias
  Regularizer kernel_regularizer = {};               ///< a penalty on the kernel, for the loss
  Regularizer bias_regularizer = {};                 ///< a penalty on the bias, for the loss
  bool trainable = true;                             ///< false: its weights stay as they are
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

/// Convolution over images (LeCun et al. 1998): activation(x ∗ kernel + bias), the kernel (height,
/// width, channels / groups, filters) not mirrored, the bias (filters). A size becomes ⌈size /
/// stride⌉ with the padding `same`, ⌈(size − dilation·(kernel − 1)) / stride⌉ with `valid`.
/// (batch, height, width, channels) → (batch, height′, width′, filters)
struct SLOY_EXPORT Conv2D {
  int filters = 0;            ///< needed: channels of the result
  IntPair kernel_size = {};   ///< needed: pixels the window sees in each direction
  IntPair strides = 1;        ///< pixels from one window to the next
  Padding padding = valid;    ///< zeros around the image
  IntPair dilation_rate = 1;  ///< pixels from one cell of the window to the next
  int groups = 1;             ///< parts of the channels and filters that don't see one another
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

/// The largest of each window; cells added by padding never win. Sizes as Conv2D's. Of equals the
/// first gets the gradient.
/// (batch, height, width, channels) → (batch, height′, width′, channels)
struct SLOY_EXPORT MaxPool2D {
  IntPair pool_size = 2;    ///< pixels the window sees in each direction
  IntPair strides = {};     ///< pixels from one window to the next; left out: the pool's size
  Padding padding = valid;  ///< cells around the image
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

/// The mean of each window; cells added by padding don't count. Sizes as Conv2D's.
/// (batch, height, width, channels) → (batch, height′, width′, channels)
struct SLOY_EXPORT AveragePool2D {
  IntPair pool_size = 2;    ///< pixels the window sees in each direction
  IntPair strides = {};     ///< pixels from one window to the next; left out: the pool's size
  Padding padding = valid;  ///< cells around the image
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

/// The mean of each channel over the image (Lin, Chen and Yan 2014).
/// (batch, height, width, channels) → (batch, channels)
struct SLOY_EXPORT GlobalAveragePooling2D {
  bool keepdims = false;  ///< the result is (batch, 1, 1, channels)
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("keepdims", &GlobalAveragePooling2D::keepdims);
    field("name", &GlobalAveragePooling2D::name);
  }
};

/// Every pixel repeated `size` times in both directions.
/// (batch, height, width, channels) → (batch, size·height, size·width, channels)
struct SLOY_EXPORT UpSampling2D {
  IntPair size = 2;  ///< how often, in each direction
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("size", &UpSampling2D::size);
    field("name", &UpSampling2D::name);
  }
};

/// All numbers of an example in one row.
/// (batch, a, b, …) → (batch, a·b·…)
struct SLOY_EXPORT Flatten {
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) { field("name", &Flatten::name); }
};

/// The same numbers, in the same order, under another shape.
/// (batch, …) → (batch, target_shape…)
struct SLOY_EXPORT Reshape {
  /// needed: sizes without the batch; one may be -1, which stands for what is left
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
/// dropout: Srivastava et al. 2014 scale at inference instead). In inference x itself. The shape
/// stays.
struct SLOY_EXPORT Dropout {
  double rate = 0;  ///< in [0, 1)
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

/// The sum of two or more inputs of one shape, which stays.
struct SLOY_EXPORT Add {
  std::string name = {};

  Value call(Scope& scope, std::span<const Value> inputs) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;
  static void fields(auto&& field) { field("name", &Add::name); }
};

/// The product, element by element, of two or more inputs of one shape, which stays.
struct SLOY_EXPORT Multiply {
  std::string name = {};

  Value call(Scope& scope, std::span<const Value> inputs) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;
  static void fields(auto&& field) { field("name", &Multiply::name); }
};

/// Inputs one after the other along `axis`; their other sizes are equal.
/// (batch, …, a), (batch, …, b), … → (batch, …, a + b + …)
struct SLOY_EXPORT Concatenate {
  int axis = -1;  ///< counted with the batch; negative ones from the end
  std::string name = {};

  Value call(Scope& scope, std::span<const Value> inputs) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;
  static void fields(auto&& field) {
    field("axis", &Concatenate::axis);
    field("name", &Concatenate::name);
  }
};

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
