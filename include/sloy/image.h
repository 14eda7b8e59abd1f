/// Images in memory, as augmentations take them.
#pragma once

#include <cstddef>
#include <span>

namespace sloy::data {

/// Pixels of an image in somebody else's memory, row-major (height, width, channels).
template <class T>
struct Image {
  T* pixels = nullptr;
  int height = 0;
  int width = 0;
  int channels = 0;

  /// REQUIRES: 0 ≤ y < height, 0 ≤ x < width, 0 ≤ channel < channels.
  T& at(int y, int x, int channel) const {
    return pixels[(static_cast<std::ptrdiff_t>(y) * width + x) * channels + channel];
  }
  T* row(int y) const { return &at(y, 0, 0); }
  std::ptrdiff_t size() const { return static_cast<std::ptrdiff_t>(height) * width * channels; }
  std::span<T> values() const { return {pixels, static_cast<std::size_t>(size())}; }
};
template <class T>
using ImageIn = Image<const T>;
template <class T>
using ImageOut = Image<T>;

}  // namespace sloy::data
