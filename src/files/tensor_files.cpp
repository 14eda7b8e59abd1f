#include <fmt/format.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <algorithm>
#include <cassert>
#include <istream>

#include "base/bytes.h"
#include "base/files.h"
#include "base/limits.h"
#include "files/idx.h"
#include "files/image.h"
#include "files/npy.h"

namespace sloy {
namespace {

/// A file whose bytes are all here.
class BytesFile final : public File {
 public:
  explicit BytesFile(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

  std::uint64_t size() override { return bytes_.size(); }
  std::size_t read(std::uint64_t offset, std::span<std::byte> out) override {
    const auto rest = std::span(bytes_).subspan(std::min<std::uint64_t>(offset, bytes_.size()));
    const std::size_t count = std::min(out.size(), rest.size());
    std::copy_n(rest.begin(), count, out.begin());
    return count;
  }
  void write(std::span<const std::byte>) override { assert(!"it is only read"); }
  void sync() override { assert(!"it is only read"); }

 private:
  std::vector<std::byte> bytes_;
};

std::vector<std::byte> read_whole(std::istream& stream, const std::string& name) {
  constexpr std::size_t part = 1 << 16;
  std::vector<std::byte> bytes;
  while (stream.good()) {
    const std::size_t before = bytes.size();
    bytes.resize(before + part);
    stream.read(reinterpret_cast<char*>(bytes.data() + before), part);
    bytes.resize(before + static_cast<std::size_t>(stream.gcount()));
    if (bytes.size() > limits.file_bytes) {
      throw FileError(
          "the file is too large",
          {{"file", name}, {"needed", fmt::format("at most {} bytes", limits.file_bytes)}},
          "give it as a file, or in parts");
    }
  }
  if (bytes.empty()) {
    throw FileError("there is nothing to read", {{"file", name}},
                    "give an npy array, an IDX array, a PNG or a JPEG image");
  }
  return bytes;
}

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
  return read_tensor(name, std::make_unique<BytesFile>(read_whole(stream, name)));
}

void write_tensor(const std::string& path, const Tensor& tensor) { write_npy(path, tensor); }

}  // namespace sloy
