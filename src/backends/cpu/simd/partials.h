/// Partial sums added up.
#pragma once

#include <cstdint>

namespace sloy::cpu {

/// out[i · out_step] = Σ partials[s · stride + i] for s < count and i < width, in double and in the
/// order of s.
void add_partials(const float* partials, std::int64_t count, std::int64_t stride,
                  std::int64_t width, float* out, std::int64_t out_step = 1);

}  // namespace sloy::cpu
