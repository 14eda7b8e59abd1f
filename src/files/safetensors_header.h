/// The JSON header of a safetensors file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "files/safetensors.h"

namespace sloy {

struct SafetensorsHeader {
  Metadata metadata;
  std::vector<SafetensorsReader::Entry> entries;  ///< sorted by where their bytes begin
};

/// Parses the header of a file with `data_bytes` bytes behind it, and checks all that can be: the
/// grammar, that no key comes twice, and that the tensors fill the data without gaps. Throws
/// FileError, naming `file`.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes,
                                           const std::string& file);

/// The dtype's name in the format.
std::string_view safetensors_dtype(DType dtype);

}  // namespace sloy
