#include <sloy/error.h>

#include <cstddef>
#include <cstdint>

#include "files/png.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    sloy::decode_png(std::as_bytes(std::span(data, size)), "fuzz");
  } catch (const sloy::Error&) {
  }
  return 0;
}
