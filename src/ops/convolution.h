/// Convolution and its two gradients. Each one's gradients are the other two.
#pragma once

#include <sloy/op.h>
#include <sloy/ops.h>

#include "ops/window.h"

namespace sloy {

/// Operands: x, kernel and, after fusion alone, a bias of one number a filter.
struct ConvolutionAttributes {
  ConvolutionOptions options = {};
  bool relu = false;  ///< negative results become 0: set by fusion alone
  bool operator==(const ConvolutionAttributes&) const = default;
  static void fields(auto&& field) {
    field("options", &ConvolutionAttributes::options);
    field("relu", &ConvolutionAttributes::relu);
  }
};

/// Operands: dy, kernel.
struct ConvolutionInputGradientAttributes {
  Shape input;  ///< of the result
  ConvolutionOptions options = {};
  bool operator==(const ConvolutionInputGradientAttributes&) const = default;
  static void fields(auto&& field) {
    field("input", &ConvolutionInputGradientAttributes::input);
    field("options", &ConvolutionInputGradientAttributes::options);
  }
};

/// Operands: x, dy.
struct ConvolutionKernelGradientAttributes {
  Shape kernel;  ///< of the result
  ConvolutionOptions options = {};
  bool operator==(const ConvolutionKernelGradientAttributes&) const = default;
  static void fields(auto&& field) {
    field("kernel", &ConvolutionKernelGradientAttributes::kernel);
    field("options", &ConvolutionKernelGradientAttributes::options);
  }
};

extern const OpDefinition<ConvolutionAttributes> convolution_op;
extern const OpDefinition<ConvolutionInputGradientAttributes> convolution_input_gradient_op;
extern const OpDefinition<ConvolutionKernelGradientAttributes> convolution_kernel_gradient_op;

/// The sizes of a convolution, the same for all three passes.
struct ConvolutionSizes {
  WindowAxes axes;
  std::int64_t groups = 1;
  std::int64_t channels = 1;  ///< of one group
  std::int64_t filters = 1;   ///< of one group
};
/// Throws ShapeError where x (batch, spatial…, channels), the kernel and the options do not fit.
ConvolutionSizes convolution_sizes(const Shape& x, const Shape& kernel,
                                   const ConvolutionOptions& options);
/// The shape of the result.
Shape convolution_shape(const Shape& x, const Shape& kernel, const ConvolutionOptions& options);

}  // namespace sloy
