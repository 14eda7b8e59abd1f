/// A page to draw on.
#pragma once

#include <sloy/tensor.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "data/images/resize.h"

namespace sloy::data {

using Color = std::array<std::uint8_t, 3>;  ///< red, green, blue
inline constexpr Color white{255, 255, 255};
inline constexpr Color black{26, 26, 26};
inline constexpr Color grey{118, 118, 118};
inline constexpr Color pale_grey{222, 222, 222};

/// How a point is marked, so that colours need not tell all.
enum class Mark : std::uint8_t { disc, square, triangle };

/// Pixels (height, width, 3), white at first. x counts to the right, y downwards; what lies outside
/// isn't drawn.
class Canvas {
 public:
  Canvas(std::int64_t height, std::int64_t width);

  std::int64_t height() const { return page_.shape().size(0); }
  std::int64_t width() const { return page_.shape().size(1); }
  Tensor take() { return std::move(page_); }

  void fill(std::int64_t x, std::int64_t y, std::int64_t width, std::int64_t height, Color color);
  /// Letters `scale` times their size, from the upper left corner on.
  void write(std::int64_t x, std::int64_t y, std::string_view text, int scale, Color color);
  /// A picture of 1 or 3 channels, at the size given: by whole factors as blocks, else as
  /// Interpolation::bilinear does.
  void paste(std::int64_t x, std::int64_t y, const ImageIn<std::uint8_t>& picture, ImageSize size);
  /// A mark around a place, with smooth edges in front of a white border.
  void mark(double x, double y, double radius, Mark mark, Color color);

 private:
  /// So much of a pixel gets the colour.
  void blend(std::int64_t x, std::int64_t y, Color color, double share);

  Tensor page_;
};

/// How wide a text of letters of that scale is.
std::int64_t text_width(std::string_view text, int scale);
/// The text, or its beginning and two dots where it is wider.
std::string fitted(std::string_view text, int scale, std::int64_t width);

}  // namespace sloy::data
