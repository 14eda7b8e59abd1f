/// A product of few summands a number, c = aᵀ·b of narrow a and b, in parts that stay in the
/// caches: what a dense kernel's gradient is while its update reads it.
#pragma once

#include <cstdint>
#include <span>

namespace sloy::cpu {

/// Rows of c that are summed together, and columns that b is cut into.
inline constexpr std::int64_t slab_group = 6;
inline constexpr std::int64_t slab_panel = 64;

/// The columns of a (inner, columns) matrix `width` at a time: piece p of (pieces, inner, width)
/// holds columns from p · width on, zeros where there are none. Writes pieces [first, last).
void pack_columns(const float* from, std::int64_t inner, std::int64_t columns, std::int64_t width,
                  std::int64_t first, std::int64_t last, float* out);

struct SlabProduct {
  const float* a;        ///< pieces of slab_group columns, from the first row's on
  const float* b;        ///< a piece of slab_panel columns
  std::int64_t inner;    ///< 1 or more
  std::int64_t rows;     ///< of c
  std::int64_t columns;  ///< of c, slab_panel at most
  float* c;              ///< row r begins at r · c_row
  std::int64_t c_row;
  /// Where the operands lie that will be read with c, element for element: fetched meanwhile.
  std::span<const float* const> ahead = {};
};

/// On the calling thread. The bits depend on neither the target's width nor how rows are cut, and
/// of the CPU on whether it has fused multiply-add.
void multiply_slab(const SlabProduct& product);

}  // namespace sloy::cpu
