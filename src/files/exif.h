/// What a camera notes beside the pixels (Exif 2.32).
#pragma once

#include <sloy/tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace sloy {

/// How an image lies in its file: which side of it is its first row, and which its first column.
enum class Orientation : std::uint8_t {
  upright = 1,   ///< top, left
  mirrored,      ///< top, right
  upside_down,   ///< bottom, right
  flipped,       ///< bottom, left
  transposed,    ///< left, top
  turned_left,   ///< right, top: a quarter turn to the right shows it
  transversed,   ///< right, bottom
  turned_right,  ///< left, bottom: a quarter turn to the left shows it
};

/// Whether rows of the file are columns of what is shown.
constexpr bool swaps_sides(Orientation orientation) {
  return orientation >= Orientation::transposed;
}

/// That of an APP1 segment of a JPEG, without its marker and length. Upright where it doesn't say,
/// or is damaged: no pixel is lost by that.
Orientation exif_orientation(std::span<const std::byte> segment);

/// The image as it is to be shown: uint8 (height, width, channels).
Tensor oriented(const Tensor& image, Orientation orientation);

}  // namespace sloy
