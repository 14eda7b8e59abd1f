#include "backends/cpu/simd/partials.h"

#include <algorithm>

namespace sloy::cpu {

void add_partials(const float* partials, std::int64_t count, std::int64_t stride,
                  std::int64_t width, float* out, std::int64_t out_step) {
  constexpr std::int64_t chunk = 64;
  for (std::int64_t first = 0; first < width; first += chunk) {
    const std::int64_t size = std::min(chunk, width - first);
    double sums[chunk] = {};
    for (std::int64_t s = 0; s < count; ++s) {
      const float* row = partials + s * stride + first;
      for (std::int64_t i = 0; i < size; ++i) sums[i] += static_cast<double>(row[i]);
    }
    for (std::int64_t i = 0; i < size; ++i) {
      out[(first + i) * out_step] = static_cast<float>(sums[i]);
    }
  }
}

}  // namespace sloy::cpu
