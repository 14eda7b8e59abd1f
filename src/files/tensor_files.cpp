#include <sloy/error.h>
#include <sloy/io.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/files.h"
#include "base/limits.h"
#include "files/idx.h"
#include "files/npy.h"
#include "files/png.h"

namespace sloy {
namespace {

bool begins_with(std::span<const std::byte> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](char a, std::byte b) { return static_cast<std::byte>(a) == b; });
}

}  // namespace

Tensor read_tensor(const std::string& path) {
  std::byte head[8] = {};
  std::size_t found = real_files().open(path)->read(0, head);
  std::span<const std::byte> bytes(head, found);
  if (begins_with(bytes, "\x93NUMPY")) return read_npy(path);
  if (begins_with(bytes, "\x89PNG")) {
    return decode_png(read_file(path, limits.file_bytes), path);
  }
  using namespace std::string_view_literals;
  if (begins_with(bytes, "\x1f\x8b") || begins_with(bytes, "\0\0"sv)) return read_idx(path);
  throw FileError("the file " + path + " is of no kind known here", {},
                  "give an npy array, an IDX array or a PNG image");
}

void write_tensor(const std::string& path, const Tensor& tensor) { write_npy(path, tensor); }

}  // namespace sloy
