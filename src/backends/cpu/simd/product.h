/// A matrix product as the loops see it.
#pragma once

#include <cstdint>

namespace sloy::cpu {

/// c (m, n) = a (m, k) · b (k, n), with strides instead of transpositions.
struct Product {
  std::int64_t m, n, k;
  const float* a;
  std::int64_t a_row, a_column;
  const float* b;
  bool b_transposed;  ///< b is (n, k)
  const float* bias;
  std::int64_t bias_step;  ///< 1, or 0 where one number serves all columns
  bool rectify;
  float* c;
};

}  // namespace sloy::cpu
