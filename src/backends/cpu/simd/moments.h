/// Mean and biased variance, as batch, layer, instance and group normalisation need them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/cpu/simd/space.h"
#include "tensor/bfloat16.h"

namespace sloy::cpu {

enum class MomentsOver : std::uint8_t {
  examples,  ///< examples and rows: one result a channel (batch normalisation)
  rows,      ///< the rows of each panel: one a panel and column (instance normalisation)
  columns,   ///< the columns of each row: one a row (layer normalisation); blocks is 1
};

struct MomentsShape {
  Space space;
  MomentsOver over = MomentsOver::examples;
  /// Neighbouring results that become one, as groups of channels do. Divides their number.
  std::int64_t group = 1;

  std::int64_t results() const;
};

/// Both in two passes over one slab at a time, the second over differences from the slab's mean,
/// and slabs joined by Chan's formula in double: a mean far from zero costs no digits. The same
/// bits whatever the vector width and the number of threads. `scratch` holds
/// moments_scratch_bytes(shape) bytes, aligned to 8.
void moments(const MomentsShape& shape, const float* x, float* mean, float* variance,
             void* scratch);
/// REQUIRES: not over columns.
void moments(const MomentsShape& shape, const bfloat16* x, float* mean, float* variance,
             void* scratch);
std::size_t moments_scratch_bytes(const MomentsShape& shape);

}  // namespace sloy::cpu
