/// Images in files, whichever of the known formats they have.
#pragma once

#include <sloy/tensor.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "files/image_header.h"

namespace sloy {

/// "PNG" or "JPEG" by a file's first bytes, four or more; empty where it is no such image.
std::string_view image_format(std::span<const std::byte> head);

/// As read_png_header and read_jpeg_header. Throws FileError on other files too.
ImageHeader read_image_header(std::span<const std::byte> bytes, const std::string& file);

/// As decode_png and decode_jpeg: uint8 (height, width, channels). `least` speeds up what can be
/// decoded smaller.
Tensor decode_image(std::span<const std::byte> bytes, const std::string& file,
                    std::optional<ImageSize> least = {});

}  // namespace sloy
