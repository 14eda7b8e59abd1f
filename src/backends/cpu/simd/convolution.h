/// Convolution and its two gradients on plain images, for every stride, dilation, padding and
/// number of groups: for what oneDNN refuses, and for gradients of inputs of few channels, at which
/// it is slow.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/cpu/simd/window.h"

namespace sloy::cpu {

/// What depth · height of a kernel may come to.
inline constexpr std::int64_t most_tap_lines = 1024;

/// x (batch, positions, groups · channels), kernel (taps, channels, groups · filters),
/// y (batch, positions, groups · filters).
struct ConvolutionShape {
  std::int64_t batch = 1;
  std::int64_t groups = 1;
  std::int64_t channels = 1;  ///< of a group
  std::int64_t filters = 1;   ///< of a group
  Windows windows = {};
  bool rectify = false;  ///< negative results become 0

  std::int64_t x_channels() const { return groups * channels; }
  std::int64_t y_channels() const { return groups * filters; }
  std::int64_t kernel_size() const { return windows.taps() * channels * y_channels(); }
};

/// The bits depend on the shape alone, and on whether the CPU has fused multiply-add. `bias` may be
/// null. Each takes scratch of its own size, aligned to 64 bytes.
void convolution(const ConvolutionShape& shape, const float* x, const float* kernel,
                 const float* bias, float* y, float* scratch);
std::size_t convolution_scratch_bytes(const ConvolutionShape& shape);

void convolution_input_gradient(const ConvolutionShape& shape, const float* dy, const float* kernel,
                                float* dx, float* scratch);
std::size_t convolution_input_gradient_scratch_bytes(const ConvolutionShape& shape);

void convolution_kernel_gradient(const ConvolutionShape& shape, const float* x, const float* dy,
                                 float* dkernel, float* scratch);
std::size_t convolution_kernel_gradient_scratch_bytes(const ConvolutionShape& shape);

}  // namespace sloy::cpu
