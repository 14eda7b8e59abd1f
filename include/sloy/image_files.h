/// Image files: writing them. io.h has what reads them.
#pragma once

#include <string>

#include <sloy/export.h>
#include <sloy/tensor.h>

namespace sloy {

/// Writes a PNG image: uint8 (height, width, 1) in grey, (height, width, 3) in colour. Replaces the
/// file as a whole, as write_tensor does. The same pixels give the same bytes with one version of
/// libpng and zlib. Throws ShapeError on another tensor, FileError where it can't be written.
SLOY_EXPORT void write_png(const std::string& path, const Tensor& image);

}  // namespace sloy
