/// The inner loops of few_results.h.
#pragma once

#include <cstdint>

namespace sloy::cpu {

/// (rows, pixels, channels) → (channels, rows, pixels). Each row of a channel's pixels is followed
/// by zeros, up to a whole vector, before the next row is written.
struct TurnedRows {
  const float* from;
  std::int64_t from_row;  ///< floats from one row to the next
  float* to;
  std::int64_t to_row, to_channel;
  std::int64_t rows;
  std::int64_t pixels;
  std::int64_t channels;
};
void turn_rows(const TurnedRows& image);

/// results[p, r] = Σ over terms and taps of planes[term, p + offset of the tap] · weights[term,
/// tap, r] for `positions` neighbouring p; whole vectors are read and written.
struct ResultsOfPlanes {
  const float* planes;
  std::int64_t plane_step;
  std::int64_t terms;
  const std::int64_t* offsets;
  std::int64_t taps;
  const float* weights;
  const float* bias;  ///< one a result, or null
  bool rectify;
  float* results;
  std::int64_t count;  ///< of results a position
  std::int64_t positions;
};
void convolve_planes(const ResultsOfPlanes& run);

/// sums[f, line, j] += Σ over rows and positions of x[row + line, position · channels + j] ·
/// dy[row, position, f], j over `line_size` neighbours rounded up to `sum_step`.
struct KernelSums {
  const float* x;
  std::int64_t x_row;
  std::int64_t channels;
  const float* dy;
  std::int64_t rows;
  std::int64_t positions;  ///< of a row
  std::int64_t filters;
  std::int64_t lines;  ///< taps along the height
  std::int64_t line_size;
  std::int64_t sum_step;  ///< a multiple of 16
  float* sums;
};
void add_kernel_sums(const KernelSums& run);

}  // namespace sloy::cpu
