/// The inner loops of convolution and of its input gradient: one row of results.
#pragma once

#include <cstdint>

#include "backends/cpu/simd/phase.h"

namespace sloy::cpu {

/// result[p, j] = Σ over taps and i of source[position, i] · kernel[tap, i, j], for all positions p
/// of a row, of one group.
struct ConvolutionRow {
  const float* source;         ///< the image, from the group's first channel on
  std::int64_t source_step;    ///< floats from one position to the next
  std::int64_t source_height;  ///< positions
  std::int64_t source_width;
  std::int64_t terms;  ///< how many i there are

  const float* kernel;
  std::int64_t tap_step, term_step, result_step;  ///< floats from one tap, i, j to the next
  std::int64_t kernel_height, kernel_width;       ///< taps
  bool joined;  ///< the taps of a line are like one tap with as many more terms

  float* result;            ///< the row, from the group's first channel on
  std::int64_t place_step;  ///< floats from one position to the next
  std::int64_t results;     ///< how many j there are
  const float* bias;        ///< of each j, or null
  bool rectify;

  Sight depth, height;
  const Axis* width;
  bool backward;
};

/// Vectors of j: result_step is 1.
void convolve_row_by_results(const ConvolutionRow& row);
/// Vectors of i, whose lanes are summed at the end: term_step is 1.
void convolve_row_by_terms(const ConvolutionRow& row);

}  // namespace sloy::cpu
