/// Products of few rows, as a prediction of one example makes: they take as long as reading the
/// matrix does.
#pragma once

#include <cstdint>

#include "backends/cpu/simd/panel_product.h"

namespace sloy::cpu {

inline constexpr std::int64_t most_few_rows = 4;

/// c (rows, columns) = a (rows, inner) · b (inner, columns), then plus bias (columns), then
/// rectified. Row-major, but for a packed b: (columns / 64, inner, 64).
/// REQUIRES: 1 to most_few_rows rows; columns a multiple of 64 where b is packed.
struct FewRows {
  std::int64_t rows = 1;
  std::int64_t columns = 0;
  std::int64_t inner = 0;
  bool packed = false;
  bool rectify = false;
};

/// `bias` may be null. The bits depend on neither the threads nor the form of b, and of the CPU on
/// whether it has fused multiply-add.
void multiply_few_rows(const FewRows& shape, const float* a, const float* b, const float* bias,
                       float* c);

}  // namespace sloy::cpu
