/// Images in other sizes.
#pragma once

#include <sloy/image.h>
#include <sloy/image_form.h>
#include <sloy/tensor.h>

#include <cstdint>

#include "files/image_header.h"

namespace sloy::data {

/// The image that a uint8 tensor (height, width, channels) is.
ImageIn<std::uint8_t> image_of(const Tensor& tensor);
ImageOut<std::uint8_t> mutable_image_of(Tensor& tensor);

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
void resize(const ImageIn<std::uint8_t>& in, const Box& box, Interpolation interpolation,
            const ImageOut<std::uint8_t>& out);

/// The box that is all of an image.
Box whole_of(const ImageIn<std::uint8_t>& image);

/// The largest box in the middle of an image that has the shape of `wanted`.
Box middle_of(const ImageIn<std::uint8_t>& image, ImageSize wanted);

}  // namespace sloy::data
