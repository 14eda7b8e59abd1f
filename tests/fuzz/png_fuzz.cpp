#include <sloy/error.h>

#include <cstddef>
#include <cstdint>

#include "files/png.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    sloy::read_png_header(bytes, "fuzz");
  } catch (const sloy::FileError&) {  // of a checksum, which decoding then ignores
  }
  try {
    sloy::decode_png(bytes, "fuzz", sloy::Checksums::ignored);
  } catch (const sloy::FileError&) {
  }
  return 0;
}
