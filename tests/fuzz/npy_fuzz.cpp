/// Any bytes are an npy file or a FileError; what was read is the same once written and read again.
#include <sloy/error.h>

#include <cstdlib>

#include "files/npy.h"
#include "harness/memory_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  sloy::harness::MemoryFiles files;
  files.put("x", {bytes.begin(), bytes.end()});
  try {
    const sloy::Tensor tensor = sloy::read_npy("x", files);
    sloy::write_npy("y", tensor, files);
    if (sloy::read_npy("y", files) != tensor) std::abort();
  } catch (const sloy::FileError&) {
  }
  return 0;
}
