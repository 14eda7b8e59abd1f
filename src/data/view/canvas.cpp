#include "data/view/canvas.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "data/view/font.h"

namespace sloy::data {
namespace {

/// Whether a place is part of a mark of radius 1 around the origin.
bool is_inside(Mark mark, double x, double y) {
  switch (mark) {
    case Mark::disc: return x * x + y * y <= 1;
    case Mark::square: return std::max(std::abs(x), std::abs(y)) <= 0.88;
    case Mark::triangle: return y <= 0.75 && y >= 1.9 * std::abs(x) - 1.15;
  }
  return false;
}

/// How much of a pixel the mark covers, by a grid of places in it.
double coverage(Mark mark, double x, double y, double radius) {
  constexpr int steps = 4;
  int inside = 0;
  for (int place = 0; place < steps * steps; ++place) {
    const double right = (place % steps + 0.5) / steps, down = (place / steps + 0.5) / steps;
    inside += is_inside(mark, (x + right) / radius, (y + down) / radius) ? 1 : 0;
  }
  return inside / static_cast<double>(steps * steps);
}

}  // namespace

Canvas::Canvas(std::int64_t height, std::int64_t width) : page_(DType::uint8, {height, width, 3}) {
  std::ranges::fill(page_.mutable_values<std::uint8_t>(), std::uint8_t{255});
}

void Canvas::blend(std::int64_t x, std::int64_t y, Color color, double share) {
  if (x < 0 || y < 0 || x >= width() || y >= height()) return;
  std::uint8_t* pixel = page_.mutable_values<std::uint8_t>().data() + 3 * (y * width() + x);
  for (std::size_t c = 0; c < color.size(); ++c) {
    pixel[c] = static_cast<std::uint8_t>(std::lround(pixel[c] + share * (color[c] - pixel[c])));
  }
}

void Canvas::fill(std::int64_t x, std::int64_t y, std::int64_t width, std::int64_t height,
                  Color color) {
  for (std::int64_t row = y; row < y + height; ++row) {
    for (std::int64_t column = x; column < x + width; ++column) blend(column, row, color, 1);
  }
}

void Canvas::write(std::int64_t x, std::int64_t y, std::string_view text, int scale, Color color) {
  for (const char letter : drawable(text)) {
    for (int row = 0; row < letter_height; ++row) {
      for (int column = 0; column < letter_width; ++column) {
        if (!is_ink(letter, column, row)) continue;
        fill(x + column * scale, y + row * scale, scale, scale, color);
      }
    }
    x += (letter_width + 1) * scale;
  }
}

void Canvas::paste(std::int64_t x, std::int64_t y, const ImageIn<std::uint8_t>& picture,
                   ImageSize size) {
  const bool is_larger = size.height >= picture.height;
  Tensor sized(DType::uint8, {size.height, size.width, picture.channels});
  resize(picture, whole_of(picture), is_larger ? Interpolation::nearest : Interpolation::bilinear,
         mutable_image_of(sized));
  const std::uint8_t* from = sized.values<std::uint8_t>().data();
  for (std::int64_t row = 0; row < size.height; ++row) {
    for (std::int64_t column = 0; column < size.width; ++column, from += picture.channels) {
      const bool is_grey = picture.channels == 1;
      blend(x + column, y + row, {from[0], from[is_grey ? 0 : 1], from[is_grey ? 0 : 2]}, 1);
    }
  }
}

void Canvas::mark(double x, double y, double radius, Mark mark, Color color) {
  constexpr double border = 0.8;
  const auto reach = static_cast<std::int64_t>(std::ceil(radius + border)) + 1;
  const auto middle_x = static_cast<std::int64_t>(std::floor(x));
  const auto middle_y = static_cast<std::int64_t>(std::floor(y));
  for (std::int64_t row = middle_y - reach; row <= middle_y + reach; ++row) {
    for (std::int64_t column = middle_x - reach; column <= middle_x + reach; ++column) {
      const double right = static_cast<double>(column) - x, down = static_cast<double>(row) - y;
      blend(column, row, white, coverage(mark, right, down, radius + border));
      blend(column, row, color, coverage(mark, right, down, radius));
    }
  }
}

std::int64_t text_width(std::string_view text, int scale) {
  const auto letters = static_cast<std::int64_t>(drawable(text).size());
  return letters == 0 ? 0 : (letters * (letter_width + 1) - 1) * scale;
}

std::string fitted(std::string_view text, int scale, std::int64_t width) {
  std::string letters = drawable(text);
  if (text_width(letters, scale) <= width) return letters;
  while (!letters.empty() && text_width(letters + "..", scale) > width) letters.pop_back();
  return letters + "..";
}

}  // namespace sloy::data
