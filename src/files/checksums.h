/// Checksums in files.
#pragma once

#include <cstdint>

namespace sloy {

/// Whether a wrong checksum is an error: a fuzzer's files would hardly ever have the right one.
enum class Checksums : std::uint8_t { compared, ignored };

}  // namespace sloy
