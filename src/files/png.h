/// PNG images.
#pragma once

#include <sloy/tensor.h>

#include <cstddef>
#include <span>
#include <string>

namespace sloy {

/// uint8 (height, width, channels): 1 channel where the image is grey, else 3. Palettes become
/// colours, 16 bits 8, transparency is dropped. Throws FileError naming `file` on a damaged image
/// and on one larger than the limits, before memory for it is taken.
Tensor decode_png(std::span<const std::byte> bytes, const std::string& file);

}  // namespace sloy
