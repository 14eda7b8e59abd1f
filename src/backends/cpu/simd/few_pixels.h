/// Convolutions of few pixels and many channels, as deep layers of a prediction are: they take as
/// long as reading the kernel does.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/cpu/simd/channel_block.h"
#include "backends/cpu/simd/window.h"

namespace sloy::cpu {

/// Channels and filters come in blocks of channel_block(): x is (batch, channels / block, height,
/// width, block), y likewise, and the kernel (filters / block, channels / block, height, width,
/// block of channels, block of filters). REQUIRES: whole blocks, and windows that are not dilated.
struct FewPixels {
  std::int64_t batch = 1;
  std::int64_t channels = 1;
  std::int64_t filters = 1;
  Axis height = {};
  Axis width = {};
  bool rectify = false;

  std::int64_t pixels() const { return batch * height.output * width.output; }
  std::int64_t kernel_size() const { return filters * channels * height.taps * width.taps; }
};

std::size_t few_pixels_scratch_bytes(const FewPixels& shape);

/// y = x * kernel, then plus bias, which may be null, then rectified. Every weight comes from
/// memory once. Bits don't depend on the threads.
void convolve_few_pixels(const FewPixels& shape, const float* x, const float* kernel,
                         const float* bias, float* y, float* scratch);

}  // namespace sloy::cpu
