/// Convolutions of one to three spatial dimensions, forward and both gradients.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cpu/onednn/prepared.h"

namespace sloy::onednn {

/// Sizes of a convolution, as its forward pass sees it. One entry a spatial dimension in each
/// vector; padding is zeros before and after, a dilation of 1 is a dense kernel.
///
///     x (batch, spatial…, input_channels)   kernel (spatial…, input_channels / groups, filters)
///     y (batch, output spatial…, filters)   bias (filters)
struct ConvolutionGeometry {
  std::int64_t batch = 1;
  std::vector<std::int64_t> input = {};
  std::vector<std::int64_t> kernel = {};
  std::int64_t input_channels = 1;
  std::int64_t filters = 1;
  std::int64_t groups = 1;
  std::vector<std::int64_t> strides = {};
  std::vector<std::int64_t> dilations = {};
  std::vector<std::int64_t> padding_before = {};
  std::vector<std::int64_t> padding_after = {};

  int spatial_rank() const { return static_cast<int>(input.size()); }
  /// Input pixels the kernel spans along a spatial dimension.
  std::int64_t kernel_extent(int dim) const { return (kernel[dim] - 1) * dilations[dim] + 1; }
  std::int64_t output(int dim) const;

  Shape input_shape() const;
  Shape kernel_shape() const;
  Shape output_shape() const;

  /// Floating-point operations of one pass, multiplications and additions counted apart, as a
  /// direct convolution without padding tricks does them. The same for all three passes.
  double flops() const;
};

/// Operands, in the order `Prepared` takes them:
///     forward           x, kernel, bias if asked for → y
///     input_gradient    dy, kernel                   → dx
///     kernel_gradient   x, dy                        → dkernel, dbias if asked for
enum class ConvolutionPass { forward, input_gradient, kernel_gradient };

/// Winograd is F(4×4, 3×3): fewer multiplications, rounding errors about four times direct's.
enum class ConvolutionAlgorithm { direct, winograd };

std::string_view to_string(ConvolutionPass pass);
std::string_view to_string(ConvolutionAlgorithm algorithm);

struct ConvolutionOptions {
  ConvolutionAlgorithm algorithm = ConvolutionAlgorithm::direct;
  /// Operands are bfloat16, but for the bias, and added up in float32. Direct only, on a CPU that
  /// multiplies them (Machine::bfloat16).
  bool bfloat16 = false;
  /// The result is rounded to bfloat16.
  bool bfloat16_result = false;
  bool bias = false;
  /// y = max(y, 0), forward only. Makes 0 of not-a-number.
  bool relu = false;
  /// Whether convolution through im2col and a matrix product will do: slower, but it takes layouts
  /// that the others don't.
  bool im2col = true;
};

/// The layouts the caller insists on; what is left open oneDNN chooses. `input` is x or dx,
/// `kernel` the kernel or its gradient, `output` y or dy.
struct ConvolutionLayouts {
  std::optional<Layout> input = {};
  std::optional<Layout> kernel = {};
  std::optional<Layout> output = {};
};

/// A kernel for one pass, or why there is none: oneDNN has only its reference implementation, has
/// none of the algorithm, or wants a layout that `Layout` cannot say.
/// REQUIRES: sizes, strides, dilations and groups positive, groups divide both channel counts,
/// paddings not negative, at least one output pixel, everything below 2³¹.
Preparation prepare_convolution(const ConvolutionGeometry& geometry, ConvolutionPass pass,
                                const ConvolutionOptions& options = {},
                                const ConvolutionLayouts& layouts = {});

}  // namespace sloy::onednn
