/// Rectangles of images, of random places.
#pragma once

#include <sloy/augmentation.h>

#include <algorithm>
#include <cmath>

namespace sloy::data {

/// Pixels [left, right) × [top, bottom).
struct Rectangle {
  int top = 0;
  int left = 0;
  int bottom = 0;
  int right = 0;

  int height() const { return bottom - top; }
  int width() const { return right - left; }
  bool is_empty() const { return height() <= 0 || width() <= 0; }

  /// Of these shares of an image's height and width, wholly within it, all places alike.
  static Rectangle within(int height, int width, double height_share, double width_share,
                          Random& random) {
    const auto rows = static_cast<int>(std::lround(height_share * height));
    const auto columns = static_cast<int>(std::lround(width_share * width));
    const auto top = static_cast<int>(random.integer(height - rows + 1));
    const auto left = static_cast<int>(random.integer(width - columns + 1));
    return {top, left, top + rows, left + columns};
  }

  /// Likewise, about any of the image's pixels: what reaches beyond the border is cut off.
  static Rectangle about_a_pixel(int height, int width, double height_share, double width_share,
                                 Random& random) {
    const auto rows = static_cast<int>(std::lround(height_share * height));
    const auto columns = static_cast<int>(std::lround(width_share * width));
    const int top = static_cast<int>(random.integer(height)) - rows / 2;
    const int left = static_cast<int>(random.integer(width)) - columns / 2;
    return {std::max(top, 0), std::max(left, 0), std::min(top + rows, height),
            std::min(left + columns, width)};
  }
};

}  // namespace sloy::data
