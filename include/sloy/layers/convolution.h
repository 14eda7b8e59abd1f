/// Convolution layers.
#pragma once

#include <string>

#include <sloy/layer.h>
#include <sloy/layers/sizes.h>
#include <sloy/ops.h>

namespace sloy {

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

}  // namespace sloy
