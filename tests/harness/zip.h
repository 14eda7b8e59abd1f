/// Zip archives made by minizip's own writer, for tests of what reads them.
#pragma once

#include <minizip/zip.h>

#include <string>
#include <vector>

namespace sloy::harness {

struct ZipContent {
  std::string name;
  std::string bytes;
};

/// `level` is zlib's; at 0 nothing is packed.
inline void write_zip(const std::string& path, const std::vector<ZipContent>& contents,
                      int level = 6) {
  const zipFile zip = zipOpen64(path.c_str(), APPEND_STATUS_CREATE);
  for (const auto& [name, bytes] : contents) {
    const zip_fileinfo info{};
    zipOpenNewFileInZip(zip, name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr,
                        level == 0 ? 0 : Z_DEFLATED, level);
    zipWriteInFileInZip(zip, bytes.data(), static_cast<unsigned>(bytes.size()));
    zipCloseFileInZip(zip);
  }
  zipClose(zip, nullptr);
}

}  // namespace sloy::harness
