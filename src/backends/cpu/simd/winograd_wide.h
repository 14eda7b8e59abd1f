/// Convolutions with kernels of 4 to 6 taps each way by Winograd's algorithm for 3×3: the kernel is
/// cut into four of 3×3, filled up with zeros, and the image read once for each, moved by three
/// pixels; so it is a convolution with four times the channels. Of 5×5 this leaves 9 of 25
/// multiplications.
#pragma once

#include "backends/cpu/simd/winograd.h"

namespace sloy::cpu {

/// Whether the functions of simd/winograd.h leave a convolution to those here.
inline bool is_wide(const WinogradShape& shape) {
  return shape.height.taps > 3 || shape.width.taps > 3;
}

/// As the functions of simd/winograd.h, but for the axes' taps, 4 to 6 of either, and for bfloat16,
/// which they don't read or write. The scratch has room for the moved images, some of the batch at
/// a time.
void winograd_wide_convolution(const WinogradShape& shape, int threads, const void* x,
                               const void* kernel, const float* bias, void* y, float* scratch);
std::size_t winograd_wide_convolution_scratch_bytes(const WinogradShape& shape, int threads);

void winograd_wide_input_gradient(const WinogradShape& shape, int threads, const void* dy,
                                  const void* kernel, void* dx, float* scratch);
std::size_t winograd_wide_input_gradient_scratch_bytes(const WinogradShape& shape, int threads);

void winograd_wide_kernel_gradient(const WinogradShape& shape, int threads, const void* x,
                                   const void* dy, float* dkernel, float* scratch);
std::size_t winograd_wide_kernel_gradient_scratch_bytes(const WinogradShape& shape, int threads);

}  // namespace sloy::cpu
