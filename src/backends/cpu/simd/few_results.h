/// Convolutions with few results at each position, as the last layer of a decoder has: the vectors
/// are of positions rather than of results.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/cpu/simd/window.h"

namespace sloy::cpu {

/// Results a position, at most.
inline constexpr std::int64_t most_results = 8;

/// x (batch, height, width, channels), kernel (height · width taps, channels, filters), y (batch,
/// height, width, filters). REQUIRES: windows that move by one, undilated, with no padding below 0
/// and at most most_taps taps.
struct FewResults {
  static constexpr std::int64_t most_taps = 256;

  std::int64_t batch = 1;
  std::int64_t channels = 1;
  std::int64_t filters = 1;
  Axis height = {};
  Axis width = {};
  bool rectify = false;  ///< negative results become 0
  int threads = 1;       ///< that share the work, at most

  std::int64_t taps() const { return height.taps * width.taps; }
};

/// y = x * kernel, then plus bias, which may be null, then rectified. REQUIRES: most_results
/// filters or fewer. As for the others, the bits depend on the shape alone, and on whether the CPU
/// has fused multiply-add; `scratch` is aligned to 64 bytes.
void convolve_to_few(const FewResults& shape, const float* x, const float* kernel,
                     const float* bias, float* y, float* scratch);
std::size_t convolve_to_few_scratch_bytes(const FewResults& shape);

/// dx of convolution. REQUIRES: most_results channels or fewer.
void input_gradient_of_few(const FewResults& shape, const float* dy, const float* kernel, float* dx,
                           float* scratch);
std::size_t input_gradient_of_few_scratch_bytes(const FewResults& shape);

/// dkernel of convolution. REQUIRES: most_results filters or fewer.
void kernel_gradient_of_few(const FewResults& shape, const float* x, const float* dy,
                            float* dkernel, float* scratch);
std::size_t kernel_gradient_of_few_scratch_bytes(const FewResults& shape);

}  // namespace sloy::cpu
