/// Convolution with dense 3×3 kernels and its gradients by Winograd's algorithm F(4×4, 3×3):
/// a quarter of direct convolution's multiplications, at about four times its rounding error.
/// Larger kernels are cut into such (simd/winograd_wide.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/cpu/simd/channel_block.h"
#include "backends/cpu/simd/window.h"

namespace sloy::cpu {

/// x (batch, C/b, height, width, b), y (batch, F/b, height, width, b) and the kernel
/// (F/b, C/b, 3, 3, b channels, b filters), with b = channel_block(). Channels and filters are
/// multiples of it; axes have 3 taps, or both 4 to 6 of float32, a stride and a dilation of 1.
struct WinogradShape {
  std::int64_t batch = 1;
  std::int64_t channels = 1;
  std::int64_t filters = 1;
  Axis height = {};
  Axis width = {};
  bool rectify = false;          ///< negative results become 0, not-a-number stays
  bool bfloat16 = false;         ///< all that is read but bias
  bool bfloat16_result = false;  ///< y or dx; a kernel's gradient is float32
};

/// Operands are floats, or bfloat16 where the shape says so: then they are read and rounded to
/// inside the transforms, and everything between is float32. `bias` may be null. The bits depend on
/// the shape alone, and on whether the CPU has fused multiply-add; `threads`, at least 1, is how
/// many share the work and is the same for the scratch. Results and scratch are aligned to 64
/// bytes.
void winograd_convolution(const WinogradShape& shape, int threads, const void* x,
                          const void* kernel, const float* bias, void* y, float* scratch);
std::size_t winograd_convolution_scratch_bytes(const WinogradShape& shape, int threads);

void winograd_input_gradient(const WinogradShape& shape, int threads, const void* dy,
                             const void* kernel, void* dx, float* scratch);
std::size_t winograd_input_gradient_scratch_bytes(const WinogradShape& shape, int threads);

void winograd_kernel_gradient(const WinogradShape& shape, int threads, const void* x,
                              const void* dy, float* dkernel, float* scratch);
std::size_t winograd_kernel_gradient_scratch_bytes(const WinogradShape& shape, int threads);

}  // namespace sloy::cpu
