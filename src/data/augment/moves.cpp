/// Shifts, turns, zooms and shears.
#include <sloy/error.h>

#include <cmath>
#include <numbers>

#include "data/augment/values.h"
#include "data/augment/warp.h"

namespace sloy::data {
namespace {

template <class Move>
Lookup lookup_of(const Move& move) {
  return {move.fill_mode, move.interpolation, move.fill_value};
}

}  // namespace

ImageShape RandomTranslation::output_shape(const ImageShape& shape) const {
  check("height_factor", height_factor, -1, 1);
  check("width_factor", width_factor, -1, 1);
  check(lookup_of(*this));
  return shape;
}

template <class T>
void RandomTranslation::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  const double down = drawn_about_zero(height_factor, random) * in.height;
  const double right = drawn_about_zero(width_factor, random) * in.width;
  warp(in, out, {.x0 = -right, .y0 = -down}, lookup_of(*this));
}
template void RandomTranslation::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                       Random&) const;
template void RandomTranslation::apply(const ImageIn<float>&, const ImageOut<float>&,
                                       Random&) const;

ImageShape RandomRotation::output_shape(const ImageShape& shape) const {
  check("factor", factor, -1, 1);
  check(lookup_of(*this));
  return shape;
}

template <class T>
void RandomRotation::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  // The result looked up at the angle turned back; y counts downwards.
  const double angle = drawn_about_zero(factor, random) * 2 * std::numbers::pi;
  const double cosine = std::cos(angle);
  const double sine = std::sin(angle);
  const Affine turn{.xx = cosine, .xy = -sine, .yx = sine, .yy = cosine};
  warp(in, out, about_middle(turn, in.height, in.width), lookup_of(*this));
}
template void RandomRotation::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                    Random&) const;
template void RandomRotation::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;

ImageShape RandomZoom::output_shape(const ImageShape& shape) const {
  check("height_factor", height_factor, -1, 1);
  if (width_factor) check("width_factor", *width_factor, -1, 1);
  check(lookup_of(*this));
  return shape;
}

template <class T>
void RandomZoom::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  const double down = 1 + drawn_about_zero(height_factor, random);
  const double across = width_factor ? 1 + drawn_about_zero(*width_factor, random) : down;
  warp(in, out, about_middle({.xx = across, .yy = down}, in.height, in.width), lookup_of(*this));
}
template void RandomZoom::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                Random&) const;
template void RandomZoom::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;

ImageShape RandomShear::output_shape(const ImageShape& shape) const {
  check("x_factor", x_factor, 0, 1);
  check("y_factor", y_factor, 0, 1);
  if (x_factor.high() == 0 && y_factor.high() == 0) {
    throw ConfigError("RandomShear changes nothing: both factors are 0", {},
                      "give one or both, as x_factor = 0.2");
  }
  check(lookup_of(*this));
  return shape;
}

template <class T>
void RandomShear::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  const double sign = random.chance(0.5) ? -1 : 1;
  const double x = sign * drawn_from_zero(x_factor, random);
  const double y = sign * drawn_from_zero(y_factor, random);
  warp(in, out, {.xy = x, .yx = y}, lookup_of(*this));
}
template void RandomShear::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                 Random&) const;
template void RandomShear::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;

}  // namespace sloy::data
