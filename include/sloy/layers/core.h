/// Core layers: where examples come in, and dense layers.
#pragma once

#include <string>

#include <sloy/layer.h>

namespace sloy {

/// Where a model's examples come in: their shape, without the batch. It is a Symbol as well. Data
/// of dtype uint8 are taken as pixels: fed to a float32 input they become value / 255. In C++
/// `Input{28, 28, 1}`; in files `{ type = "Input", shape = [28, 28, 1] }`, with `dtype = "uint8"`
/// or `"int32"` where it isn't float32. A recipe needs none: the data say what their examples are.
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

/// Fully connected layer: activation(x·kernel + bias), with kernel (n, units) and bias (units).
/// (batch, …, n) → (batch, …, units)
struct SLOY_EXPORT Dense {
  int units = 0;                   ///< needed: size of the result's last axis, 1 or more
  Activation activation = linear;  ///< applied to the sum
  bool use_bias = true;            ///< whether a bias is added
  Initializer kernel_initializer = GlorotUniform{};  ///< first values of the kernel
  Initializer bias_initializer = Zeros{};            ///< first values of the bias
  Regularizer kernel_regularizer = {};               ///< penalty on the kernel, added to the loss
  Regularizer bias_regularizer = {};                 ///< penalty on the bias, added to the loss
  /// penalty on the result, divided by the number of examples and added to the loss
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};  ///< applied to the kernel after each step
  Constraint bias_constraint = {};    ///< applied to the bias after each step
  /// whether the kernel W is used as (W − μ) / √(σ² + ε), μ and σ² the mean and biased variance of
  /// all that leads to one output (Qiao et al. 2019); gradients go through both, regularizers see
  /// W. Keras has none
  bool weight_standardization = false;
  double weight_standardization_epsilon = 1e-5;  ///< ε there, above 0
  bool trainable = true;                         ///< whether its weights learn; false freezes them
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("units", &Dense::units, Needed{});
    field("activation", &Dense::activation);
    field("use_bias", &Dense::use_bias);
    field("kernel_initializer", &Dense::kernel_initializer);
    field("bias_initializer", &Dense::bias_initializer);
    field("kernel_regularizer", &Dense::kernel_regularizer);
    field("bias_regularizer", &Dense::bias_regularizer);
    field("activity_regularizer", &Dense::activity_regularizer);
    field("kernel_constraint", &Dense::kernel_constraint);
    field("bias_constraint", &Dense::bias_constraint);
    field("weight_standardization", &Dense::weight_standardization);
    field("weight_standardization_epsilon", &Dense::weight_standardization_epsilon);
    field("trainable", &Dense::trainable);
    field("name", &Dense::name);
  }
};

/// The largest of `pieces` linear functions (Goodfellow et al. 2013): max_k(x·kernel_k + bias_k);
/// among equals the first gets the gradient. With two pieces, kernel_1 = bias_1 = 0 makes it a
/// Dense layer with ReLU, kernel_1 = α·kernel_0 one with LeakyReLU. Kernel (n, units·pieces), bias
/// (units·pieces): the pieces of a unit lie next to each other. Keras has no such layer.
/// (batch, …, n) → (batch, …, units)
struct SLOY_EXPORT Maxout {
  int units = 0;         ///< needed: size of the result's last axis, 1 or more
  int pieces = 2;        ///< linear functions that each unit is the largest of, 1 or more
  bool use_bias = true;  ///< whether each piece has a bias
  Initializer kernel_initializer = GlorotUniform{};
  Initializer bias_initializer = Zeros{};
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("units", &Maxout::units, Needed{});
    field("pieces", &Maxout::pieces);
    field("use_bias", &Maxout::use_bias);
    field("kernel_initializer", &Maxout::kernel_initializer);
    field("bias_initializer", &Maxout::bias_initializer);
    field("kernel_regularizer", &Maxout::kernel_regularizer);
    field("bias_regularizer", &Maxout::bias_regularizer);
    field("kernel_constraint", &Maxout::kernel_constraint);
    field("bias_constraint", &Maxout::bias_constraint);
    field("trainable", &Maxout::trainable);
    field("name", &Maxout::name);
  }
};

}  // namespace sloy
