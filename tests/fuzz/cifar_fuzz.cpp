/// Any bytes are CIFAR records, a FileError or, where a label is out of range, a DataError.
#include <sloy/error.h>

#include <array>

#include "files/cifar.h"
#include "harness/memory_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  sloy::harness::MemoryFiles files;
  files.put("x", {bytes.begin(), bytes.end()});
  const std::array<std::filesystem::path, 1> paths{"x"};
  constexpr sloy::CifarLayout ten;
  constexpr sloy::CifarLayout hundred{.label_bytes = 2, .label_at = 1, .num_classes = 100};
  for (const sloy::CifarLayout& layout : {ten, hundred}) {
    try {
      sloy::read_cifar(paths, layout, files);
    } catch (const sloy::FileError&) {
    } catch (const sloy::DataError&) {
    }
  }
  return 0;
}
