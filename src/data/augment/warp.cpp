#include "data/augment/warp.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <cmath>

#include "base/arguments.h"
#include "data/augment/values.h"

namespace sloy::data {
namespace {

/// Places are multiples of 2⁻¹⁶ of a pixel: what a quarter turn or a shift by whole pixels leaves
/// of rounding must not mix neighbours.
double snapped(double place) { return std::nearbyint(place * 0x1p16) * 0x1p-16; }

/// The pixels in whose square a place lies, and how far it is from the upper left one.
struct Corner {
  std::int64_t x;
  std::int64_t y;
  float right;  ///< in [0, 1), as `down`
  float down;
};

Corner corner_at(double x, double y) {
  const double left = std::floor(x);
  const double top = std::floor(y);
  return {static_cast<std::int64_t>(left), static_cast<std::int64_t>(top),
          static_cast<float>(x - left), static_cast<float>(y - top)};
}

template <class T>
class Lookups {
 public:
  Lookups(const ImageIn<T>& in, const Lookup& lookup)
      : in_(in),
        mode_(lookup.fill_mode),
        fill_(in.channels, rounded<T>(static_cast<float>(lookup.fill_value))) {}

  void nearest(double x, double y, T* out) const {
    const T* pixel = pixel_at(static_cast<std::int64_t>(std::floor(x + 0.5)),
                              static_cast<std::int64_t>(std::floor(y + 0.5)));
    std::copy_n(pixel, in_.channels, out);
  }

  void bilinear(double x, double y, T* out) const {
    const Corner corner = corner_at(x, y);
    const T* top_left = pixel_at(corner.x, corner.y);
    const T* top_right = pixel_at(corner.x + 1, corner.y);
    const T* bottom_left = pixel_at(corner.x, corner.y + 1);
    const T* bottom_right = pixel_at(corner.x + 1, corner.y + 1);
    for (int c = 0; c < in_.channels; ++c) {
      const float top = mixed(top_left[c], top_right[c], corner.right);
      const float bottom = mixed(bottom_left[c], bottom_right[c], corner.right);
      out[c] = rounded<T>(mixed(top, bottom, corner.down));
    }
  }

 private:
  static float mixed(float a, float b, float share) { return a + (b - a) * share; }

  const T* pixel_at(std::int64_t x, std::int64_t y) const {
    const bool is_inside = 0 <= x && x < in_.width && 0 <= y && y < in_.height;
    const int shown_x = is_inside ? static_cast<int>(x) : place_shown(x, in_.width, mode_);
    const int shown_y = is_inside ? static_cast<int>(y) : place_shown(y, in_.height, mode_);
    return shown_x < 0 || shown_y < 0 ? fill_.data() : &in_.at(shown_y, shown_x, 0);
  }

  ImageIn<T> in_;
  FillMode mode_;
  std::vector<T> fill_;  ///< a pixel of it
};

}  // namespace

Affine about_middle(const Affine& map, int height, int width) {
  const double x = (width - 1) / 2.0;
  const double y = (height - 1) / 2.0;
  Affine moved = map;
  moved.x0 += x - map.xx * x - map.xy * y;
  moved.y0 += y - map.yx * x - map.yy * y;
  return moved;
}

template <class T>
void warp(const ImageIn<T>& in, const ImageOut<T>& out, const Affine& map, const Lookup& lookup) {
  const Lookups<T> pixels(in, lookup);
  for (int row = 0; row < out.height; ++row) {
    for (int column = 0; column < out.width; ++column) {
      const double x = snapped(map.xx * column + map.xy * row + map.x0);
      const double y = snapped(map.yx * column + map.yy * row + map.y0);
      T* pixel = &out.at(row, column, 0);
      if (lookup.interpolation == Interpolation::nearest) {
        pixels.nearest(x, y, pixel);
      } else {
        pixels.bilinear(x, y, pixel);
      }
    }
  }
}
template void warp(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&, const Affine&,
                   const Lookup&);
template void warp(const ImageIn<float>&, const ImageOut<float>&, const Affine&, const Lookup&);

void check(const Lookup& lookup) {
  if (lookup.interpolation == Interpolation::bicubic) {
    throw ConfigError("images are moved without bicubic interpolation", {},
                      "give bilinear or nearest");
  }
  check_fill(lookup.fill_mode, lookup.fill_value);
}

void check_fill(FillMode mode, double value) {
  require_finite("fill_value", value);
  if (value == 0 || mode == FillMode::constant) return;
  throw ConfigError(fmt::format("fill_value is of no use where fill_mode is {}",
                                enum_names(mode)[static_cast<std::size_t>(mode)]),
                    {}, "give fill_mode = \"constant\" too, or leave it out");
}

int place_shown(std::int64_t place, int size, FillMode mode) {
  if (0 <= place && place < size) return static_cast<int>(place);
  const auto modulo = [](std::int64_t number, std::int64_t period) {
    return (number % period + period) % period;
  };
  switch (mode) {
    case FillMode::constant: return -1;
    case FillMode::nearest: return place < 0 ? 0 : size - 1;
    case FillMode::wrap: return static_cast<int>(modulo(place, size));
    case FillMode::reflect: {
      const std::int64_t in_period = modulo(place, 2 * std::int64_t{size});
      return static_cast<int>(in_period < size ? in_period
                                               : 2 * std::int64_t{size} - 1 - in_period);
    }
  }
  return -1;
}

}  // namespace sloy::data
