/// The inner loops of moments.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/bfloat16.h"

namespace sloy::cpu {

/// Some numbers' mean and the sum of their squared differences from it.
struct Moment {
  double mean;
  double squares;
};

/// `panels` pieces of `rows` rows of `width` columns, `panel_stride` and `row_stride` elements
/// apart: the moment of each column. T is float or bfloat16.
template <class T>
struct ColumnPiece {
  const T* x;
  std::int64_t panels;
  std::int64_t panel_stride;
  std::int64_t rows;
  std::int64_t row_stride;
  std::int64_t width;
};
void column_moments(const ColumnPiece<float>& piece, Moment* out);
void column_moments(const ColumnPiece<bfloat16>& piece, Moment* out);

/// The moment of `count` neighbours.
Moment run_moment(const float* x, std::int64_t count);

}  // namespace sloy::cpu
