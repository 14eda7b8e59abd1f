/// The IDX format of MNIST: a type, up to eight dimensions, then the elements, all big-endian.
#pragma once

#include <sloy/tensor.h>

#include <filesystem>

#include "files/stream.h"

namespace sloy {

/// Reads a file, raw or compressed by gzip. Bytes become uint8, the wider integers int32, floats
/// keep their precision. Throws FileError on anything that isn't exactly one IDX file.
Tensor read_idx(const std::filesystem::path& path, FileSystem& files = real_files());
Tensor read_idx(InputStream& stream);

/// What read_idx would give, from the file's header alone.
Type read_idx_type(const std::filesystem::path& path, FileSystem& files = real_files());

}  // namespace sloy
