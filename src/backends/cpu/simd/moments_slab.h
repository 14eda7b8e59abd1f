/// The inner loops of moments.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sloy::cpu {

/// Some numbers' mean and the sum of their squared differences from it.
struct Moment {
  double mean;
  double squares;
};

/// `panels` pieces of `rows` rows of `width` columns, `panel_stride` and `row_stride` floats apart:
/// the moment of each column.
struct ColumnPiece {
  const float* x;
  std::int64_t panels;
  std::int64_t panel_stride;
  std::int64_t rows;
  std::int64_t row_stride;
  std::int64_t width;
};
void column_moments(const ColumnPiece& piece, Moment* out);

/// The moment of `count` neighbours.
Moment run_moment(const float* x, std::int64_t count);

}  // namespace sloy::cpu
