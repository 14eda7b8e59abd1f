#include "files/stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/limits.h"

namespace sloy {
namespace {

constexpr std::size_t input_bytes = 1 << 16;
/// zlib counts in 32 bits.
constexpr std::size_t largest_output = 1 << 30;

}  // namespace

InputStream::InputStream(const std::filesystem::path& path, FileSystem& files)
    : InputStream(path.string(), files.open(path)) {}

InputStream::InputStream(std::string name, std::unique_ptr<File> file)
    : name_(std::move(name)), file_(std::move(file)), file_size_(file_->size()) {
  std::array<std::byte, 2> magic{};
  compressed_ =
      file_->read(0, magic) == 2 && magic[0] == std::byte{0x1f} && magic[1] == std::byte{0x8b};
  if (!compressed_) return;
  input_.resize(input_bytes);
  constexpr int gzip_header = 16;  // what zlib adds to the window's bits to ask for gzip
  if (inflateInit2(&inflater_, MAX_WBITS + gzip_header) != Z_OK) throw std::bad_alloc();
}

InputStream::~InputStream() {
  if (compressed_) inflateEnd(&inflater_);
}

void InputStream::expect(std::uint64_t count, std::string_view what) {
  expected_from_ = offset_;
  expected_ = count;
  expected_what_ = what;
  if (!compressed_) {
    const std::uint64_t rest = file_size_ - std::min(offset_, file_size_);
    if (count > rest) throw ends_too_early(name_, offset_, count, rest, what);
  } else if (count > limits.inflated_bytes && count / limits.inflate_ratio > file_size_) {
    // A download that broke off is likelier than such a file: its end, which is near, tells.
    skip(std::min(count, limits.inflated_bytes), what);
    throw FileError(fmt::format("the compressed file declares more than {} times its size",
                                limits.inflate_ratio),
                    {{"file", name_, fmt::format("{} bytes", file_size_)},
                     {"declared", fmt::format("{} bytes", count), std::string(what)}},
                    "if the file is to be trusted, decompress it first");
  }
}

std::size_t InputStream::read_some(std::span<std::byte> out) {
  std::size_t done = 0;
  if (has_peeked_ && !out.empty()) {
    out[done++] = peeked_;
    has_peeked_ = false;
  }
  while (done < out.size()) {
    const std::size_t count = read_more(out.subspan(done));
    if (count == 0) break;
    done += count;
  }
  offset_ += done;
  return done;
}

void InputStream::read(std::span<std::byte> out, std::string_view what) {
  const std::uint64_t start = offset_;
  const std::size_t done = read_some(out);
  if (done < out.size()) fail_at_end(start, out.size(), what);
}

/// Of a piece of what was expected the whole is told.
void InputStream::fail_at_end(std::uint64_t start, std::uint64_t needed, std::string_view what) {
  if (expected_from_ <= start && start + needed <= expected_from_ + expected_) {
    start = expected_from_;
    needed = expected_;
    what = expected_what_;
  }
  throw ends_too_early(name_, start, needed, offset_ - start, what);
}

void InputStream::skip(std::uint64_t count, std::string_view what) {
  std::vector<std::byte> passed(static_cast<std::size_t>(std::min<std::uint64_t>(count, 1 << 16)));
  while (count > 0) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(count, passed.size()));
    read(std::span(passed).first(piece), what);
    count -= piece;
  }
}

bool InputStream::at_end() {
  if (has_peeked_) return false;
  has_peeked_ = read_more({&peeked_, 1}) == 1;
  return !has_peeked_;
}

void InputStream::fail(std::string sentence, std::string fix) const {
  throw FileError(std::move(sentence), {{"file", name_, fmt::format("at byte {}", offset_)}},
                  std::move(fix));
}

std::size_t InputStream::read_more(std::span<std::byte> out) {
  if (compressed_) return inflate_some(out);
  const std::size_t count = file_->read(consumed_, out);
  consumed_ += count;
  return count;
}

/// Makes sure that the inflater has input; false at the file's end.
bool InputStream::refill() {
  if (inflater_.avail_in > 0) return true;
  const std::size_t count = file_->read(consumed_, input_);
  consumed_ += count;
  inflater_.next_in = reinterpret_cast<Bytef*>(input_.data());
  inflater_.avail_in = static_cast<uInt>(count);
  return count > 0;
}

std::size_t InputStream::inflate_some(std::span<std::byte> out) {
  out = out.first(std::min(out.size(), largest_output));
  inflater_.next_out = reinterpret_cast<Bytef*>(out.data());
  inflater_.avail_out = static_cast<uInt>(out.size());
  while (inflater_.avail_out == out.size()) {
    if (!refill()) {
      if (!member_ended_)
        fail("the compressed file ends too early",
             "the file is damaged or incomplete: get it again");
      break;
    }
    // A gzip file may be several, one after the other.
    if (member_ended_ && inflateReset(&inflater_) != Z_OK) fail("the file can't be inflated");
    member_ended_ = false;
    const int result = inflate(&inflater_, Z_NO_FLUSH);
    member_ended_ = result == Z_STREAM_END;
    if (result != Z_OK && result != Z_STREAM_END) {
      fail(fmt::format("the compressed file is damaged: {}",
                       inflater_.msg ? inflater_.msg : "bad data"),
           "get the file again");
    }
  }
  return out.size() - inflater_.avail_out;
}

}  // namespace sloy
