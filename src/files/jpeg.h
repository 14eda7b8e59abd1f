/// JPEG images.
#pragma once

#include <sloy/tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "files/image_header.h"

namespace sloy {

/// What a JPEG's header says. Throws FileError naming `file` where there is none, and on an image
/// larger than the limits.
ImageHeader read_jpeg_header(std::span<const std::byte> bytes, const std::string& file);

/// uint8 (height, width, channels): 1 channel where the image is grey, else 3; of four colours of
/// print they are multiplied with black. As it is to be shown: turned where a camera noted how it
/// was held (Exif).
///
/// An image larger than `least` comes at the smallest of 1/8 to 8/8 of its size that is no smaller
/// than that in either direction; most of the decoding that a smaller one doesn't need is left out.
///
/// Throws FileError naming `file` on a damaged image and one that ends too early, where others give
/// grey in place of what is missing, and on one larger than the limits, before memory for it is
/// taken. Bytes between its sections, which many cameras leave, do no harm.
Tensor decode_jpeg(std::span<const std::byte> bytes, const std::string& file,
                   std::optional<ImageSize> least = {});

}  // namespace sloy
