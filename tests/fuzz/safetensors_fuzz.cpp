/// Any bytes are a safetensors file or a FileError; the tensors of one are the same once written
/// and read again.
#include <sloy/error.h>

#include <cstdlib>

#include "files/safetensors.h"
#include "harness/memory_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  sloy::harness::MemoryFiles files;
  files.put("x", {bytes.begin(), bytes.end()});
  try {
    const sloy::SafetensorsReader reader("x", files);
    std::vector<std::pair<std::string, sloy::Tensor>> tensors;
    for (const auto& entry : reader.entries()) {
      if (entry.dtype) tensors.emplace_back(entry.name, reader.read(entry));
    }
    std::vector<sloy::NamedTensor> named;
    for (const auto& [name, tensor] : tensors) named.emplace_back(name, tensor);
    sloy::write_safetensors("y", named, reader.metadata(), files);

    const sloy::SafetensorsReader again("y", files);
    if (again.metadata() != reader.metadata()) std::abort();
    if (again.entries().size() != tensors.size()) std::abort();
    for (const auto& [name, tensor] : tensors) {
      if (again.read(name) != tensor) std::abort();
    }
  } catch (const sloy::FileError&) {
  }
  return 0;
}
