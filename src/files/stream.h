/// A file's bytes in order, inflated where gzip compressed it.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace sloy {

/// Reads from front to end. Whether the file is compressed is seen from its first bytes. Everything
/// throws FileError.
class InputStream {
 public:
  InputStream(const std::filesystem::path& path, FileSystem& files = real_files());
  /// Errors call it `name`.
  InputStream(std::string name, std::unique_ptr<File> file);
  ~InputStream();
  InputStream(const InputStream&) = delete;
  InputStream& operator=(const InputStream&) = delete;

  const std::string& file() const { return name_; }
  /// Bytes read so far: the place in the inflated file.
  std::uint64_t offset() const { return offset_; }
  /// Throws where the rest of the file can't be `count` bytes, as its size shows; nothing can be
  /// read then. To be asked before memory is: what a header declares may be anything.
  void expect(std::uint64_t count, std::string_view what);
  /// Fills `out`. Throws where the file ends before; `what` names the thing being read.
  void read(std::span<std::byte> out, std::string_view what);
  /// Fills as much of `out` as is left, and returns how much that is.
  std::size_t read_some(std::span<std::byte> out);
  /// True once nothing is left.
  bool at_end();

  [[noreturn]] void fail(std::string sentence,
                         std::string fix = "the file is damaged: get it or write it again") const;

 private:
  std::size_t read_more(std::span<std::byte> out);
  std::size_t inflate_some(std::span<std::byte> out);
  bool refill();
  void skip(std::uint64_t count, std::string_view what);
  [[noreturn]] void fail_at_end(std::uint64_t start, std::uint64_t needed, std::string_view what);

  std::string name_;
  std::unique_ptr<File> file_;
  std::uint64_t file_size_;
  std::uint64_t offset_ = 0;
  std::uint64_t expected_from_ = 0;  ///< where what was last expected begins
  std::uint64_t expected_ = 0;       ///< how many bytes it has, which may be read in pieces
  std::string expected_what_;
  bool has_peeked_ = false;  ///< at_end found the byte `peeked_`, which is still to be given
  std::byte peeked_{};

  // Of a compressed file.
  bool compressed_ = false;
  z_stream inflater_{};
  bool member_ended_ = false;
  std::uint64_t consumed_ = 0;  ///< compressed bytes taken from the file
  std::vector<std::byte> input_;
};

}  // namespace sloy
