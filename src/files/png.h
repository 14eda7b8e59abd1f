/// PNG images.
#pragma once

#include <sloy/tensor.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"
#include "files/checksums.h"
#include "files/image_header.h"

namespace sloy {

/// What a PNG's header says, without alpha. Throws FileError naming `file` where there is none, and
/// on an image larger than the limits.
ImageHeader read_png_header(std::span<const std::byte> bytes, const std::string& file);

/// uint8 (height, width, channels): 1 channel where the image is grey, else 3. Palettes become
/// colours, and alpha that is full everywhere is dropped. Throws FileError naming `file` on a
/// damaged image, on one larger than the limits, before memory for it is taken, and on what a model
/// would see otherwise than people do: pixels that are transparent, whose colours nobody sees, and
/// 16 bits a channel.
Tensor decode_png(std::span<const std::byte> bytes, const std::string& file,
                  Checksums checksums = Checksums::compared);

/// The file of an image, uint8 (height, width, 1 or 3). Throws ShapeError on another tensor.
std::vector<std::byte> encode_png(const Tensor& image);
/// Writes it as write_atomically does.
void write_png(const std::filesystem::path& path, const Tensor& image, FileSystem& files);

}  // namespace sloy
