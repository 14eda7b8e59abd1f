/// Winograd's transforms of kernels.
#pragma once

#include <cstdint>

namespace sloy::cpu {

/// A kernel (filter blocks, channel blocks, 3, 3, block of channels, block of filters) of floats,
/// or of bfloat16 where it is read.
struct BlockedKernel {
  std::int64_t channel_blocks, filter_blocks;
  bool bfloat16 = false;
};

/// Blocks of what the products sum over, their channels, and of what results, their filters. In the
/// input's gradient these are the kernel's filters and channels.
struct KernelRange {
  std::int64_t first_channel_block, channel_blocks;
  std::int64_t first_filter_block, filter_blocks;
  std::int64_t matrix_step;
};

/// Transforms block (c, f), counted within the range, into matrices that lie as WinogradPiece says.
void transform_kernel(const BlockedKernel& shape, const KernelRange& range, std::int64_t c,
                      std::int64_t f, const void* kernel, float* matrices);
/// The same of the kernel turned around, with its channels and filters swapped.
void transform_turned_kernel(const BlockedKernel& shape, const KernelRange& range, std::int64_t c,
                             std::int64_t f, const void* kernel, float* matrices);
/// Matrices back to the gradient by the kernel.
void transform_kernel_gradient(const BlockedKernel& shape, const KernelRange& range, std::int64_t c,
                               std::int64_t f, const float* matrices, float* gradient);

}  // namespace sloy::cpu
