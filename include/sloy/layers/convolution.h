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

/// Convolution (LeCun et al. 1998): activation(x ∗ kernel + bias), with kernel (spatial…, channels
/// / groups, filters), not mirrored, and bias (filters). Along each direction a size n becomes n′ =
/// ⌊(n + before + after − e) / stride⌋ + 1, with e = dilation·(kernel − 1) + 1 cells under the
/// window; `valid` adds none, `causal` e − 1 before, and `same` as many as give ⌈n / stride⌉, the
/// odd one after.
/// (batch, spatial…, channels) → (batch, spatial′…, filters)
template <int N>
struct SLOY_EXPORT Conv {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("Conv1D", "Conv2D", "Conv3D");

  int filters = 0;             ///< needed: channels of the result, 1 or more; groups divide them
  Sizes<N> kernel_size = {};   ///< needed: cells of the window along each direction, 1 or more
  Sizes<N> strides = 1;        ///< cells from one window to the next, 1 or more
  Padding padding = valid;     ///< zeros around the data
  Sizes<N> dilation_rate = 1;  ///< cells from one tap of the window to the next, 1 or more
  int groups = 1;              ///< parts of channels and filters that don't mix; they divide both
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

/// Transposed convolution (Zeiler et al. 2010): a convolution's gradient for its input, as a layer.
/// It enlarges what a convolution with the same arguments makes smaller. Kernel (spatial…, filters,
/// channels), bias (filters). With e = dilation·(kernel − 1) + 1 a size n becomes n′ = (n −
/// 1)·stride + max(e, stride) with `valid` and n·stride with `same`; where an output_padding p is
/// given, (n − 1)·stride + e + p and (n − 1)·stride + e mod 2 + p; with numbers of cells (n −
/// 1)·stride + e − before − after + p, as in PyTorch.
/// (batch, spatial…, channels) → (batch, spatial′…, filters)
template <int N>
struct SLOY_EXPORT ConvTranspose {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose");

  int filters = 0;  ///< needed: channels of the result, 1 or more
  /// needed: cells each number spreads over along each direction, 1 or more
  Sizes<N> kernel_size = {};
  Sizes<N> strides = 1;     ///< cells from one number's window to the next one's, 1 or more
  Padding padding = valid;  ///< cells cut off the result; `causal` isn't possible
  /// p: cells added at the end, 0 or more and below the stride; left out: see above
  Sizes<N> output_padding = {};
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

/// A convolution of each channel by itself (Sifre 2014): channel c of x gives the m channels of the
/// result that begin at c·m, with m the depth_multiplier. Kernel (spatial…, channels, m), bias
/// (channels·m). Sizes become what they do in Conv1D and Conv2D.
/// (batch, spatial…, channels) → (batch, spatial′…, channels·m)
template <int N>
struct SLOY_EXPORT DepthwiseConv {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("DepthwiseConv1D", "DepthwiseConv2D");

  Sizes<N> kernel_size = {};  ///< needed: cells of the window along each direction, 1 or more
  Sizes<N> strides = 1;
  Padding padding = valid;
  int depth_multiplier = 1;  ///< m: channels of the result for each of x, 1 or more
  Sizes<N> dilation_rate = 1;
  Activation activation = linear;
  bool use_bias = true;
  Initializer depthwise_initializer = GlorotUniform{};  ///< first values of the kernel
  Initializer bias_initializer = Zeros{};
  Regularizer depthwise_regularizer = {};  ///< penalty on the kernel, added to the loss
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint depthwise_constraint = {};  ///< applied to the kernel after each step
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
/// and (1…, channels·m, filters), with m the depth_multiplier; strides, padding and dilation are
/// those of the first. Sizes become what they do in Conv1D and Conv2D.
/// (batch, spatial…, channels) → (batch, spatial′…, filters)
template <int N>
struct SLOY_EXPORT SeparableConv {
  static constexpr std::string_view type_name =
      detail::name_by_directions<N>("SeparableConv1D", "SeparableConv2D");

  int filters = 0;            ///< needed: channels of the result, 1 or more
  Sizes<N> kernel_size = {};  ///< needed: cells of the window along each direction, 1 or more
  Sizes<N> strides = 1;
  Padding padding = valid;
  Sizes<N> dilation_rate = 1;
  int depth_multiplier = 1;  ///< m: channels between the two for each of x, 1 or more
  Activation activation = linear;
  bool use_bias = true;
  Initializer depthwise_initializer = GlorotUniform{};  ///< first values of the depthwise kernel
  Initializer pointwise_initializer = GlorotUniform{};  ///< first values of the pointwise kernel
  Initializer bias_initializer = Zeros{};
  /// penalty on the depthwise kernel, added to the loss
  Regularizer depthwise_regularizer = {};
  /// penalty on the pointwise kernel, added to the loss
  Regularizer pointwise_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint depthwise_constraint = {};  ///< applied to the depthwise kernel after each step
  Constraint pointwise_constraint = {};  ///< applied to the pointwise kernel after each step
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
/// middle) and (1, width, middle, filters): with equally many channels everywhere, 2·k weights
/// instead of k² for k×k windows. Together they are a convolution with the kernel Σ_m column[i, c,
/// m] · row[j, m, f]; sizes become what they do in Conv2D. Keras has no such layer.
/// (batch, height, width, channels) → (batch, height′, width′, filters)
struct SLOY_EXPORT SpatiallySeparableConv2D {
  int filters = 0;            ///< needed: channels of the result, 1 or more
  Sizes<2> kernel_size = {};  ///< needed: height of the columns and width of the rows, 1 or more
  /// cells from one window to the next, 1 or more: the columns take the vertical, the rows the
  /// horizontal one
  Sizes<2> strides = 1;
  Padding padding = valid;     ///< zeros around the data
  Sizes<2> dilation_rate = 1;  ///< cells from one tap of the window to the next, 1 or more
  /// channels between the two, 1 or more; left out: filters
  std::optional<int> middle_filters = {};
  Activation activation = linear;
  bool use_bias = true;
  Initializer kernel_initializer = GlorotUniform{};  ///< first values of both kernels
  Initializer bias_initializer = Zeros{};
  Regularizer kernel_regularizer = {};  ///< penalty on each kernel, added to the loss
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};  ///< applied to each kernel after each step
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
