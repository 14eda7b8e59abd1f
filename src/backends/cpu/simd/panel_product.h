/// Products with one panel of a matrix that is cut into panels of 64 columns: what the three
/// products of a dense layer are made of, each thread keeping to panels of its own.
#pragma once

#include <cstdint>
#include <span>

namespace sloy::cpu {

/// Columns of a panel. A packed matrix (inner, columns) lies as (columns / 64, inner, 64).
inline constexpr std::int64_t panel_columns = 64;
/// Rows of c that are summed together.
inline constexpr std::int64_t row_group = 6;

/// The columns of a (inner, columns) matrix `width` at a time: piece p of (pieces, inner, width)
/// holds columns from p · width on, zeros where there are none. Writes pieces [first, last).
void pack_columns(const float* from, std::int64_t inner, std::int64_t columns, std::int64_t width,
                  std::int64_t first, std::int64_t last, float* out);

/// c (rows, columns) = a·b, or plus what c holds, then plus bias (columns), then rectified.
struct PanelProduct {
  /// Number k of row r of group g is a[g · a_group + r · a_row + k · a_step].
  const float* a;
  std::int64_t a_group;
  std::int64_t a_row;
  std::int64_t a_step;
  const float* b;        ///< (inner, panel_columns), of which the first `columns` count
  std::int64_t inner;    ///< 1 or more
  std::int64_t rows;     ///< of c
  std::int64_t columns;  ///< of c, panel_columns at most
  float* c;              ///< row r begins at r · c_row
  std::int64_t c_row;
  bool adds = false;            ///< to what c holds
  const float* bias = nullptr;  ///< may be null
  bool rectify = false;
  /// Where the operands lie that will be read with c, element for element: fetched meanwhile.
  std::span<const float* const> ahead = {};
};

/// On the calling thread. The bits depend on neither the target's width nor how rows, or `inner`
/// by `adds`, are cut, and of the CPU on whether it has fused multiply-add.
void multiply_panel(const PanelProduct& product);

}  // namespace sloy::cpu
