/// Any bytes are a zip archive whose files are npy arrays, or not, or a FileError.
#include <sloy/error.h>

#include <span>

#include "files/npy.h"
#include "files/zip.h"
#include "harness/memory_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  sloy::harness::MemoryFiles files;
  files.put("x", {bytes.begin(), bytes.end()});
  try {
    sloy::ZipArchive archive("x", files.open("x"), sloy::Checksums::ignored);
    for (const std::string& name : archive.names()) {
      try {
        sloy::InputStream stream(name, archive.open(name));
        sloy::read_npy(stream);
      } catch (const sloy::FileError&) {
      }
    }
  } catch (const sloy::FileError&) {
  }
  return 0;
}
