/// Any bytes are a JPEG image or a FileError, at its own size and at an eighth of it.
#include <sloy/error.h>

#include <cstddef>
#include <cstdint>

#include "files/jpeg.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    sloy::decode_jpeg(bytes, "fuzz", sloy::ImageSize{1, 1});
    sloy::decode_jpeg(bytes, "fuzz");
  } catch (const sloy::FileError&) {
  }
  return 0;
}
