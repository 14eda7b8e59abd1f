/// Windows over images for the tests of kernels, and everything under them by the definition.
#pragma once

#include <cstdint>

#include "backends/cpu/simd/window.h"

namespace sloy::cpu {

/// With `low` and `high` positions of padding.
inline Axis axis(std::int64_t input, std::int64_t taps, std::int64_t stride = 1,
                 std::int64_t low = 0, std::int64_t high = 0, std::int64_t dilation = 1) {
  const std::int64_t output = (input + low + high - (taps - 1) * dilation - 1) / stride + 1;
  return {input, output, taps, stride, dilation, low};
}

/// Calls body(output, image, position, tap) for every position of every image that a tap of a
/// window is over: `output` counts windows over all images, the others start anew with each image
/// or window.
template <class Body>
void for_each_tap(const Windows& windows, std::int64_t images, const Body& body) {
  const auto& [depth, height, width] = windows;
  const auto inside = [](const Axis& a, std::int64_t o, std::int64_t t, std::int64_t& at) {
    at = o * a.stride + t * a.dilation - a.low;
    return at >= 0 && at < a.input;
  };
  std::int64_t output = 0;
  for (std::int64_t n = 0; n < images; ++n)
    for (std::int64_t i = 0; i < depth.output; ++i)
      for (std::int64_t j = 0; j < height.output; ++j)
        for (std::int64_t k = 0; k < width.output; ++k, ++output)
          for (std::int64_t a = 0; a < depth.taps; ++a)
            for (std::int64_t b = 0; b < height.taps; ++b)
              for (std::int64_t c = 0; c < width.taps; ++c) {
                std::int64_t d, h, w;
                if (!inside(depth, i, a, d) || !inside(height, j, b, h) || !inside(width, k, c, w))
                  continue;
                body(output, n, (d * height.input + h) * width.input + w,
                     (a * height.taps + b) * width.taps + c);
              }
}

}  // namespace sloy::cpu
