/// Windows that move over images: which positions of the input each position of the output sees.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sloy::cpu {

/// A window along one dimension. Tap t of output position o is over the input's position
/// o · stride + t · dilation − low, or over padding where that is outside.
struct Axis {
  std::int64_t input = 1;
  std::int64_t output = 1;
  std::int64_t taps = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t low = 0;

  /// Taps [first, last) are inside; tap t is over position start + t · dilation.
  struct Taps {
    std::int64_t first, last;
    std::int64_t start;
    std::int64_t count() const { return last - first; }
  };
  Taps at(std::int64_t o) const {
    const std::int64_t start = o * stride - low;
    if (start >= 0 && start + (taps - 1) * dilation < input) return {0, taps, start};
    const std::int64_t first = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
    const std::int64_t last =
        start < input ? std::min(taps, (input - start + dilation - 1) / dilation) : 0;
    return {std::min(first, last), last, start};
  }
  /// Whether windows lie side by side from the first position on.
  bool tiles() const {
    return stride == taps && dilation == 1 && low == 0 && output * stride <= input;
  }
};

/// Of images of fewer dimensions the first are thin. Positions count in row-major order.
struct Windows {
  Axis depth = {};
  Axis height = {};
  Axis width = {};

  std::int64_t input_size() const { return depth.input * height.input * width.input; }
  std::int64_t output_size() const { return depth.output * height.output * width.output; }
  std::int64_t output_rows() const { return depth.output * height.output; }
  std::int64_t taps() const { return depth.taps * height.taps * width.taps; }
  bool tile() const { return depth.tiles() && height.tiles() && width.tiles(); }
  std::int64_t position(std::int64_t d, std::int64_t h, std::int64_t w) const {
    return (d * height.input + h) * width.input + w;
  }
};

}  // namespace sloy::cpu
