/// IO: files of numbers, arrays and images, in and out.
#pragma once

#include <iosfwd>
#include <string>

#include <sloy/export.h>
#include <sloy/tensor.h>

namespace sloy {

/// What a file holds, by its first bytes: an npy array (of float32, float64, int32, uint8, or int64
/// that fits int32), an IDX array (raw or gzip), or a PNG image as uint8 (height, width, channels),
/// with 1 channel for grey images and 3 for colour. Throws FileError on anything else, on images
/// with transparent pixels or 16 bits a channel, and on damaged files.
SLOY_EXPORT Tensor read_tensor(const std::string& path);

/// The same from a stream, read to its end: at most 256 MiB. Errors call it `name`.
SLOY_EXPORT Tensor read_tensor(std::istream& stream, const std::string& name);

/// Writes an npy array, so that the file is there whole or not at all. Throws FileError.
SLOY_EXPORT void write_tensor(const std::string& path, const Tensor& tensor);

}  // namespace sloy
