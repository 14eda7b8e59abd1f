/// Images moved: every pixel of the result is looked up somewhere in the image.
#pragma once

#include <sloy/augmentations.h>

namespace sloy::data {

/// Where pixel (x, y) of the result lies in the image: (xx·x + xy·y + x0, yx·x + yy·y + y0). Whole
/// numbers are the middles of pixels.
struct Affine {
  double xx = 1;
  double xy = 0;
  double x0 = 0;
  double yx = 0;
  double yy = 1;
  double y0 = 0;
};
/// The same with (0, 0) in the middle of the image, on both sides.
Affine about_middle(const Affine& map, int height, int width);

/// How pixels between the image's and beyond its border are found.
struct Lookup {
  FillMode fill_mode = FillMode::constant;
  Interpolation interpolation = Interpolation::bilinear;
  double fill_value = 0;
};

/// REQUIRES: both of one size.
template <class T>
void warp(const ImageIn<T>& in, const ImageOut<T>& out, const Affine& map, const Lookup& lookup);

/// Throws ConfigError on an interpolation that `warp` hasn't, and as check_fill.
void check(const Lookup& lookup);

/// Throws ConfigError on a fill_value that is no number, or that nothing asks for.
void check_fill(FillMode mode, double value);

/// The place in [0, size) whose pixel shows at `place`; −1 where fill_value does.
int place_shown(std::int64_t place, int size, FillMode mode);

}  // namespace sloy::data
