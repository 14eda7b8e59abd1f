#include <fmt/format.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/files.h"
#include "base/limits.h"
#include "files/idx.h"
#include "files/image.h"
#include "files/npy.h"
#include "files/whole_stream.h"

namespace sloy {
namespace {

/// What the file holds, by its first bytes.
Tensor read_tensor(const std::string& name, std::unique_ptr<File> file) {
  std::byte head[8] = {};
  const std::span<const std::byte> bytes(head, file->read(0, head));
  if (!image_format(bytes).empty()) {
    return decode_image(read_file(*file, name, limits.file_bytes), name);
  }
  InputStream stream(name, std::move(file));
  if (begins_with(bytes, "\x93NUMPY")) return read_npy(stream);
  using namespace std::string_view_literals;
  if (begins_with(bytes, "\x1f\x8b") || begins_with(bytes, "\0\0"sv)) return read_idx(stream);
  throw FileError("the file is of no kind known here", {{"file", name}},
                  "give an npy array, an IDX array, a PNG or a JPEG image");
}

}  // namespace

Tensor read_tensor(const std::string& path) { return read_tensor(path, real_files().open(path)); }

Tensor read_tensor(std::istream& stream, const std::string& name) {
  return read_tensor(name,
                     open_whole(stream, name, "an npy array, an IDX array, a PNG or a JPEG image"));
}

void write_tensor(const std::string& path, const Tensor& tensor) { write_npy(path, tensor); }

}  // namespace sloy
