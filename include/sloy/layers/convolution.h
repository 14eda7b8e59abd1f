/// Convolution layers, of one to three directions.
///
/// A size of the data becomes ⌈size / stride⌉ with the padding `same`, ⌈(size + padding −
/// dilation·(kernel − 1)) / stride⌉ with any other, where `valid` adds no padding.
///
/// With `weight_standardization` (Qiao et al. 2019) a kernel W is used as (W − μ) / √(σ² + ε),
/// where μ and σ² are the mean and biased variance of all that leads to one channel of the result;
/// the gradient goes through both. Regularizers see W itself.
#pragma once

#include <optional>
#include <string>

#include <sloy/layer.h>
#include <sloy/layers/sizes.h>

namespace sloy {

/// Convolution (LeCun et al. 1998): activation(x ∗ kernel + bias), the kernel (spatial…, channels /
/// groups, filters) not mirrored, the bias (filters).
/// (batch, spatial…, channels) → (batch, spatial′…, filters)
template <int N>
struct SLOY_EXPORT Conv {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("Conv1D", "Conv2D", "Conv3D");

  int filters = 0;             ///< needed: channels of the result
  Sizes<N> kernel_size = {};   ///< needed: cells the window sees in each direction
  Sizes<N> strides = 1;        ///< cells from one window to the next
  Padding padding = valid;     ///< zeros around the data
  Sizes<N> dilation_rate = 1;  ///< cells from one tap of the window to the next
  int groups = 1;              ///< parts of the channels and filters that don't see one another
  Activation activation = linear;
  bool use_bias = true;
  Initializer kernel_initializer = GlorotUniform{};
  Initializer bias_initializer = Zeros{};
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  bool weight_standardization = false;
  double weight_standardization_epsilon = 1e-5;
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("filters", &Conv::filters, Needed{});
    field("kernel_size", &Conv::kernel_size, Needed{});
    field("strides", &Conv::strides);
    field("padding", &Conv::padding);
    field("dilation_rate", &Conv::dilation_rate);
    field("groups", &Conv::groups);
    field("activation", &Conv::activation);
    field("use_bias", &Conv::use_bias);
    field("kernel_initializer", &Conv::kernel_initializer);
    field("bias_initializer", &Conv::bias_initializer);
    field("kernel_regularizer", &Conv::kernel_regularizer);
    field("bias_regularizer", &Conv::bias_regularizer);
    field("activity_regularizer", &Conv::activity_regularizer);
    field("kernel_constraint", &Conv::kernel_constraint);
    field("bias_constraint", &Conv::bias_constraint);
    field("weight_standardization", &Conv::weight_standardization);
    field("weight_standardization_epsilon", &Conv::weight_standardization_epsilon);
    field("trainable", &Conv::trainable);
    field("name", &Conv::name);
  }
};
using Conv1D = Conv<1>;
using Conv2D = Conv<2>;
using Conv3D = Conv<3>;

/// Transposed convolution (Zeiler et al. 2010): the gradient of a convolution for its input, as a
/// layer; what a convolution made smaller it makes larger. The kernel is (spatial…, filters,
/// channels), the bias (filters). With e = dilation·(kernel − 1) + 1 a size n becomes
/// (n − 1)·stride + max(e, stride) with `valid`, n·stride with `same`; where output_padding p is
/// given, (n − 1)·stride + e + p and (n − 1)·stride + e mod 2 + p; with numbers of cells
/// (n − 1)·stride + e − before − after + p, as in PyTorch.
/// (batch, spatial…, channels) → (batch, spatial′…, filters)
template <int N>
struct SLOY_EXPORT ConvTranspose {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose");

  int filters = 0;               ///< needed: channels of the result
  Sizes<N> kernel_size = {};     ///< needed: cells each number spreads over in each direction
  Sizes<N> strides = 1;          ///< cells from one number's window to the next one's
  Padding padding = valid;       ///< cells cut off the result; `causal` isn't possible
  Sizes<N> output_padding = {};  ///< cells added at the end, below the stride; left out: see above
  Sizes<N> dilation_rate = 1;
  Activation activation = linear;
  bool use_bias = true;
  Initializer kernel_initializer = GlorotUniform{};
  Initializer bias_initializer = Zeros{};
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  bool weight_standardization = false;
  double weight_standardization_epsilon = 1e-5;
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("filters", &ConvTranspose::filters, Needed{});
    field("kernel_size", &ConvTranspose::kernel_size, Needed{});
    field("strides", &ConvTranspose::strides);
    field("padding", &ConvTranspose::padding);
    field("output_padding", &ConvTranspose::output_padding);
    field("dilation_rate", &ConvTranspose::dilation_rate);
    field("activation", &ConvTranspose::activation);
    field("use_bias", &ConvTranspose::use_bias);
    field("kernel_initializer", &ConvTranspose::kernel_initializer);
    field("bias_initializer", &ConvTranspose::bias_initializer);
    field("kernel_regularizer", &ConvTranspose::kernel_regularizer);
    field("bias_regularizer", &ConvTranspose::bias_regularizer);
    field("activity_regularizer", &ConvTranspose::activity_regularizer);
    field("kernel_constraint", &ConvTranspose::kernel_constraint);
    field("bias_constraint", &ConvTranspose::bias_constraint);
    field("weight_standardization", &ConvTranspose::weight_standardization);
    field("weight_standardization_epsilon", &ConvTranspose::weight_standardization_epsilon);
    field("trainable", &ConvTranspose::trainable);
    field("name", &ConvTranspose::name);
  }
};
using Conv1DTranspose = ConvTranspose<1>;
using Conv2DTranspose = ConvTranspose<2>;
using Conv3DTranspose = ConvTranspose<3>;

/// Convolution of each channel by itself (Sifre 2014): channel c of x gives the m channels of the
/// result from c·m on, m the depth multiplier. The kernel is (spatial…, channels, m), the bias
/// (channels·m).
/// (batch, spatial…, channels) → (batch, spatial′…, channels·m)
template <int N>
struct SLOY_EXPORT DepthwiseConv {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("DepthwiseConv1D", "DepthwiseConv2D");

  Sizes<N> kernel_size = {};  ///< needed: cells the window sees in each direction
  Sizes<N> strides = 1;
  Padding padding = valid;
  int depth_multiplier = 1;  ///< m: channels of the result for each of x
  Sizes<N> dilation_rate = 1;
  Activation activation = linear;
  bool use_bias = true;
  Initializer depthwise_initializer = GlorotUniform{};  ///< first values of the kernel
  Initializer bias_initializer = Zeros{};
  Regularizer depthwise_regularizer = {};  ///< a penalty on the kernel, for the loss
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint depthwise_constraint = {};  ///< what the depthwise kernel is after each step
  Constraint bias_constraint = {};
  bool weight_standardization = false;
  double weight_standardization_epsilon = 1e-5;
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("kernel_size", &DepthwiseConv::kernel_size, Needed{});
    field("strides", &DepthwiseConv::strides);
    field("padding", &DepthwiseConv::padding);
    field("depth_multiplier", &DepthwiseConv::depth_multiplier);
    field("dilation_rate", &DepthwiseConv::dilation_rate);
    field("activation", &DepthwiseConv::activation);
    field("use_bias", &DepthwiseConv::use_bias);
    field("depthwise_initializer", &DepthwiseConv::depthwise_initializer);
    field("bias_initializer", &DepthwiseConv::bias_initializer);
    field("depthwise_regularizer", &DepthwiseConv::depthwise_regularizer);
    field("bias_regularizer", &DepthwiseConv::bias_regularizer);
    field("activity_regularizer", &DepthwiseConv::activity_regularizer);
    field("depthwise_constraint", &DepthwiseConv::depthwise_constraint);
    field("bias_constraint", &DepthwiseConv::bias_constraint);
    field("weight_standardization", &DepthwiseConv::weight_standardization);
    field("weight_standardization_epsilon", &DepthwiseConv::weight_standardization_epsilon);
    field("trainable", &DepthwiseConv::trainable);
    field("name", &DepthwiseConv::name);
  }
};
using DepthwiseConv1D = DepthwiseConv<1>;
using DepthwiseConv2D = DepthwiseConv<2>;

/// A depthwise convolution, then a 1×1 convolution that mixes the channels (Chollet 2017):
/// activation((x ∗ depthwise_kernel) ∗ pointwise_kernel + bias). Kernels (spatial…, channels, m)
/// and (1…, channels·m, filters), m the depth multiplier; strides, padding and dilation are the
/// first one's.
/// (batch, spatial…, channels) → (batch, spatial′…, filters)
template <int N>
struct SLOY_EXPORT SeparableConv {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("SeparableConv1D", "SeparableConv2D");

  int filters = 0;            ///< needed: channels of the result
  Sizes<N> kernel_size = {};  ///< needed: cells the window sees in each direction
  Sizes<N> strides = 1;
  Padding padding = valid;
  Sizes<N> dilation_rate = 1;
  int depth_multiplier = 1;  ///< m: channels between the two for each of x
  Activation activation = linear;
  bool use_bias = true;
  Initializer depthwise_initializer = GlorotUniform{};  ///< first values of the depthwise kernel
  Initializer pointwise_initializer = GlorotUniform{};  ///< first values of the pointwise kernel
  Initializer bias_initializer = Zeros{};
  Regularizer depthwise_regularizer = {};  ///< a penalty on the depthwise kernel, for the loss
  Regularizer pointwise_regularizer = {};  ///< a penalty on the pointwise kernel, for the loss
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint depthwise_constraint = {};
  Constraint pointwise_constraint = {};  ///< what the pointwise kernel is after each step
  Constraint bias_constraint = {};
  bool weight_standardization = false;
  double weight_standardization_epsilon = 1e-5;
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("filters", &SeparableConv::filters, Needed{});
    field("kernel_size", &SeparableConv::kernel_size, Needed{});
    field("strides", &SeparableConv::strides);
    field("padding", &SeparableConv::padding);
    field("dilation_rate", &SeparableConv::dilation_rate);
    field("depth_multiplier", &SeparableConv::depth_multiplier);
    field("activation", &SeparableConv::activation);
    field("use_bias", &SeparableConv::use_bias);
    field("depthwise_initializer", &SeparableConv::depthwise_initializer);
    field("pointwise_initializer", &SeparableConv::pointwise_initializer);
    field("bias_initializer", &SeparableConv::bias_initializer);
    field("depthwise_regularizer", &SeparableConv::depthwise_regularizer);
    field("pointwise_regularizer", &SeparableConv::pointwise_regularizer);
    field("bias_regularizer", &SeparableConv::bias_regularizer);
    field("activity_regularizer", &SeparableConv::activity_regularizer);
    field("depthwise_constraint", &SeparableConv::depthwise_constraint);
    field("pointwise_constraint", &SeparableConv::pointwise_constraint);
    field("bias_constraint", &SeparableConv::bias_constraint);
    field("weight_standardization", &SeparableConv::weight_standardization);
    field("weight_standardization_epsilon", &SeparableConv::weight_standardization_epsilon);
    field("trainable", &SeparableConv::trainable);
    field("name", &SeparableConv::name);
  }
};
using SeparableConv1D = SeparableConv<1>;
using SeparableConv2D = SeparableConv<2>;

/// A convolution with windows of one column, then one with windows of one row (Jaderberg et al.
/// 2014): activation((x ∗ column_kernel) ∗ row_kernel + bias). Kernels (height, 1, channels,
/// middle) and (1, width, middle, filters): for k×k windows and as many channels everywhere 2·k
/// weights for k². The two are one convolution with the kernel Σ_m column[i, c, m] · row[j, m, f].
/// Keras has no such layer.
/// (batch, height, width, channels) → (batch, height′, width′, filters)
struct SLOY_EXPORT SpatiallySeparableConv2D {
  int filters = 0;            ///< needed: channels of the result
  Sizes<2> kernel_size = {};  ///< needed: height of the columns, width of the rows
  Sizes<2> strides = 1;
  Padding padding = valid;
  Sizes<2> dilation_rate = 1;
  std::optional<int> middle_filters = {};  ///< channels between the two; left out: filters
  Activation activation = linear;
  bool use_bias = true;
  Initializer kernel_initializer = GlorotUniform{};  ///< first values of either kernel
  Initializer bias_initializer = Zeros{};
  Regularizer kernel_regularizer = {};  ///< a penalty on each kernel, for the loss
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  bool weight_standardization = false;
  double weight_standardization_epsilon = 1e-5;
  bool trainable = true;
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("filters", &SpatiallySeparableConv2D::filters, Needed{});
    field("kernel_size", &SpatiallySeparableConv2D::kernel_size, Needed{});
    field("strides", &SpatiallySeparableConv2D::strides);
    field("padding", &SpatiallySeparableConv2D::padding);
    field("dilation_rate", &SpatiallySeparableConv2D::dilation_rate);
    field("middle_filters", &SpatiallySeparableConv2D::middle_filters);
    field("activation", &SpatiallySeparableConv2D::activation);
    field("use_bias", &SpatiallySeparableConv2D::use_bias);
    field("kernel_initializer", &SpatiallySeparableConv2D::kernel_initializer);
    field("bias_initializer", &SpatiallySeparableConv2D::bias_initializer);
    field("kernel_regularizer", &SpatiallySeparableConv2D::kernel_regularizer);
    field("bias_regularizer", &SpatiallySeparableConv2D::bias_regularizer);
    field("activity_regularizer", &SpatiallySeparableConv2D::activity_regularizer);
    field("kernel_constraint", &SpatiallySeparableConv2D::kernel_constraint);
    field("bias_constraint", &SpatiallySeparableConv2D::bias_constraint);
    field("weight_standardization", &SpatiallySeparableConv2D::weight_standardization);
    field("weight_standardization_epsilon",
          &SpatiallySeparableConv2D::weight_standardization_epsilon);
    field("trainable", &SpatiallySeparableConv2D::trainable);
    field("name", &SpatiallySeparableConv2D::name);
  }
};

// Keras's other names.
using Convolution1D = Conv1D;
using Convolution2D = Conv2D;
using Convolution3D = Conv3D;
using Convolution1DTranspose = Conv1DTranspose;
using Convolution2DTranspose = Conv2DTranspose;
using Convolution3DTranspose = Conv3DTranspose;
using SeparableConvolution1D = SeparableConv1D;
using SeparableConvolution2D = SeparableConv2D;

}  // namespace sloy
