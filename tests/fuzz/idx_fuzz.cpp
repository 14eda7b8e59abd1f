/// Any bytes are an IDX file, raw or compressed, or a FileError.
#include <sloy/error.h>

#include "files/idx.h"
#include "harness/memory_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  sloy::harness::MemoryFiles files;
  files.put("x", {bytes.begin(), bytes.end()});
  try {
    sloy::read_idx("x", files);
  } catch (const sloy::FileError&) {
  }
  return 0;
}
