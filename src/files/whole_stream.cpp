#include "files/whole_stream.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <algorithm>
#include <cassert>
#include <istream>
#include <span>
#include <vector>

#include "base/limits.h"

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

}  // namespace

std::unique_ptr<File> open_whole(std::istream& stream, const std::string& name,
                                 std::string_view needed) {
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
    throw FileError("there is nothing to read", {{"file", name}}, fmt::format("give {}", needed));
  }
  return std::make_unique<BytesFile>(std::move(bytes));
}

}  // namespace sloy
