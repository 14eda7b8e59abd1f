/// The npy format of NumPy: one array.
#pragma once

#include <sloy/tensor.h>

#include <filesystem>

#include "files/stream.h"

namespace sloy {

/// Reads versions 1 to 3 with elements f4, f8, i4, u1 of either byte order, and i8 whose values fit
/// int32. Throws FileError on another type, on arrays in Fortran order, and on anything that isn't
/// exactly one such file.
Tensor read_npy(const std::filesystem::path& path, FileSystem& files = real_files());
Tensor read_npy(InputStream& stream);
/// What read_npy would give, from the header alone.
Type read_npy_type(InputStream& stream);

/// Writes version 1, atomically.
void write_npy(const std::filesystem::path& path, const Tensor& tensor,
               FileSystem& files = real_files());

}  // namespace sloy
