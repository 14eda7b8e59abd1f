/// Images in other sizes.
#pragma once

#include <sloy/image_form.h>
#include <sloy/tensor.h>

#include <cstdint>

#include "files/image_header.h"

namespace sloy::data {

/// Pixels (height, width, channels) of somebody else's memory.
template <class Byte>
struct Pixels {
  Byte* bytes = nullptr;
  ImageSize size;
  std::int64_t channels = 0;

  Byte* row(std::int64_t y) const { return bytes + y * size.width * channels; }
};
using PixelsIn = Pixels<const std::uint8_t>;
using PixelsOut = Pixels<std::uint8_t>;

/// Those of a uint8 tensor (height, width, channels).
PixelsIn pixels_of(const Tensor& image);

/// A rectangle of an image, in pixels from its upper left corner: [left, right) × [top, bottom).
struct Box {
  double top = 0;
  double left = 0;
  double bottom = 0;
  double right = 0;
};

/// Writes what is in the box at the size of `out`. Bilinear and bicubic weigh all pixels that a
/// pixel of the result covers, so that nothing is lost where the image gets smaller: the bytes are
/// those of Pillow's Image.resize with the same box.
void resize(const PixelsIn& in, const Box& box, Interpolation interpolation, const PixelsOut& out);

/// The box that is all of an image.
Box whole_of(ImageSize image);

/// The largest box in the middle of an image that has the shape of `wanted`.
Box middle_of(ImageSize image, ImageSize wanted);

}  // namespace sloy::data
