/// The inner loops of convolution's kernel gradient: what one row of outputs gives.
#pragma once

#include <cstdint>

#include "backends/cpu/simd/phase.h"

namespace sloy::cpu {

/// sums[tap, i, j] += Σ over positions of x[seen position, i] · dy[position, j], of one group.
struct KernelRow {
  const float* x;         ///< the image, from the group's first channel on
  std::int64_t x_step;    ///< floats from one position to the next
  std::int64_t x_height;  ///< positions
  std::int64_t x_width;
  std::int64_t channels;

  const float* dy;       ///< the row, from the group's first channel on
  std::int64_t dy_step;  ///< floats from one position to the next
  std::int64_t filters;

  float* sums;
  std::int64_t tap_step, channel_step, filter_step;  ///< floats from one tap, i, j to the next
  std::int64_t kernel_height, kernel_width;          ///< taps

  Sight depth, height;
  Phase width;
};

/// Vectors of j: filter_step is 1.
void add_kernel_row_by_filters(const KernelRow& row);
/// Vectors of i: channel_step is 1.
void add_kernel_row_by_channels(const KernelRow& row);

}  // namespace sloy::cpu
