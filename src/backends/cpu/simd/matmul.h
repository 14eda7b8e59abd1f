/// Matrix products for sizes and forms that oneDNN is slow at or does not know.
#pragma once

#include <cstdint>

namespace sloy::cpu {

/// c (m, n) = op(a) (m, k) · op(b) (k, n), then plus bias (n), then rectified. All row-major.
struct MatmulShape {
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  bool transpose_a = false;  ///< a is (k, m)
  bool transpose_b = false;  ///< b is (n, k)
  bool rectify = false;
};

/// `bias` may be null. Small products run on the calling thread in tens of nanoseconds, without
/// any preparation. The bits depend on the shape alone, and on whether the CPU has fused
/// multiply-add.
void matmul(const MatmulShape& shape, const float* a, const float* b, const float* bias, float* c);

}  // namespace sloy::cpu
