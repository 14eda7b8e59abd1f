#include "files/zip.h"

#include <fmt/format.h>
#include <minizip/unzip.h>
#include <sloy/error.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <exception>
#include <utility>

#include "base/limits.h"

namespace sloy {

/// What minizip reads from. Its calls are C: what a read throws is kept until they have returned.
struct ZipArchive::Source {
  std::unique_ptr<File> file;
  std::uint64_t size = 0;
  std::uint64_t position = 0;
  std::exception_ptr error;
  bool is_cut = false;  ///< whether it was asked for bytes behind its end

  static Source& of(voidpf opaque) { return *static_cast<Source*>(opaque); }

  static uLong read(voidpf opaque, voidpf /*stream*/, void* out, uLong count) {
    Source& source = of(opaque);
    try {
      const std::size_t found =
          source.file->read(source.position, {static_cast<std::byte*>(out), count});
      // minizip would take what is missing for zeros.
      source.is_cut = source.is_cut || found < count;
      source.position += found;
      return found;
    } catch (...) {
      source.error = std::current_exception();
      return 0;
    }
  }
  static long seek(voidpf opaque, voidpf /*stream*/, ZPOS64_T offset, int origin) {
    Source& source = of(opaque);
    const std::uint64_t from = origin == ZLIB_FILEFUNC_SEEK_CUR   ? source.position
                               : origin == ZLIB_FILEFUNC_SEEK_END ? source.size
                                                                  : 0;
    if (offset > source.size - std::min(from, source.size)) return -1;
    source.position = from + offset;
    return 0;
  }

  zlib_filefunc64_def functions() {
    return {.zopen64_file = [](voidpf opaque, const void*, int) { return opaque; },
            .zread_file = read,
            .zwrite_file = [](voidpf, voidpf, const void*, uLong) { return uLong{0}; },
            .ztell64_file = [](voidpf opaque, voidpf) { return ZPOS64_T{of(opaque).position}; },
            .zseek64_file = seek,
            .zclose_file = [](voidpf, voidpf) { return 0; },
            .zerror_file = [](voidpf opaque,
                              voidpf) { return of(opaque).error || of(opaque).is_cut ? 1 : 0; },
            .opaque = this};
  }
  /// Throws what a read threw, and where there was less to read than the archive says.
  void check(const std::string& name) {
    if (error) std::rethrow_exception(std::exchange(error, nullptr));
    if (is_cut) {
      throw FileError("the zip file ends too early", {{"file", name}},
                      "the file is damaged or incomplete: get it again");
    }
  }
};

namespace {

[[noreturn]] void fail(const std::string& name, const std::string& why) {
  throw FileError("the zip file is damaged: " + why, {{"file", name}}, "get the file again");
}

}  // namespace

/// One file of an archive.
class ZipArchive::Entry final : public File {
 public:
  /// REQUIRES: the archive stands at it.
  Entry(const ZipArchive& archive, std::string_view name)
      : zip_(archive.archive_),
        source_(*archive.source_),
        checksums_(archive.checksums_),
        name_(fmt::format("{} in {}", name, archive.name_)) {
    unz_file_info64 info{};
    unzGetCurrentFileInfo64(zip_, &info, nullptr, 0, nullptr, 0, nullptr, 0);
    source_.check(name_);
    size_ = info.uncompressed_size;
    constexpr uLong encrypted = 1;
    if ((info.flag & encrypted) != 0) {
      throw FileError("the file is encrypted", {{"file", name_}}, "save it without a password");
    }
    const std::uint64_t packed = std::min<std::uint64_t>(info.compressed_size, source_.size);
    if (size_ > limits.inflated_bytes && size_ / limits.inflate_ratio > packed) {
      throw FileError(fmt::format("the compressed file declares more than {} times its size",
                                  limits.inflate_ratio),
                      {{"file", name_, fmt::format("{} bytes", packed)},
                       {"declared", fmt::format("{} bytes", size_)}},
                      "if the file is to be trusted, unpack it first");
    }
    start();
  }
  ~Entry() override { close(); }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  std::uint64_t size() override { return size_; }

  std::size_t read(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset < position_) start();
    std::vector<std::byte> passed(std::min<std::uint64_t>(offset - position_, 1 << 16));
    while (position_ < offset) {
      const std::uint64_t part = std::min<std::uint64_t>(offset - position_, passed.size());
      if (read_on(std::span(passed).first(part)) == 0) return 0;
    }
    std::size_t done = 0;
    while (done < out.size()) {
      const std::size_t count = read_on(out.subspan(done));
      if (count == 0) break;
      done += count;
    }
    return done;
  }

  void write(std::span<const std::byte>) override { assert(!"it is only read"); }
  void sync() override { assert(!"it is only read"); }

 private:
  void start() {
    close();
    position_ = 0;
    const int result = unzOpenCurrentFile(zip_);
    source_.check(name_);
    // minizip says the same of methods it doesn't know and of headers that disagree.
    if (result != UNZ_OK) fail(name_, "it is packed in an unknown way, or its headers disagree");
    is_open_ = true;
  }

  /// The result of closing: whether the checksum of all that was read was another.
  int close() {
    const int result = is_open_ ? unzCloseCurrentFile(zip_) : UNZ_OK;
    is_open_ = false;
    return result;
  }

  /// The next bytes, none at the end. With the last of them the checksum is compared.
  std::size_t read_on(std::span<std::byte> out) {
    if (!is_open_) return 0;
    constexpr std::size_t most = 1 << 30;
    const int result =
        unzReadCurrentFile(zip_, out.data(), static_cast<unsigned>(std::min(out.size(), most)));
    source_.check(name_);
    if (result < 0) fail(name_, "its bytes can't be inflated");
    position_ += static_cast<std::uint64_t>(result);
    const bool is_wrong = position_ == size_ && close() == UNZ_CRCERROR;
    if (is_wrong && checksums_ == Checksums::compared) {
      fail(name_, "its checksum is wrong");
    }
    return static_cast<std::size_t>(result);
  }

  unzFile zip_;
  Source& source_;
  Checksums checksums_;
  std::string name_;
  std::uint64_t size_ = 0;
  std::uint64_t position_ = 0;
  bool is_open_ = false;
};

ZipArchive::ZipArchive(std::string name, std::unique_ptr<File> file, Checksums checksums)
    : name_(std::move(name)), checksums_(checksums), source_(std::make_unique<Source>()) {
  source_->size = file->size();
  source_->file = std::move(file);
  zlib_filefunc64_def functions = source_->functions();
  archive_ = unzOpen2_64(nullptr, &functions);
  if (!archive_) {
    if (source_->error) std::rethrow_exception(source_->error);
    throw FileError("this is no zip file, or not all of one", {{"file", name_}},
                    "get the file again, or name another");
  }
  try {
    list();
  } catch (...) {
    unzClose(archive_);
    throw;
  }
}

ZipArchive::~ZipArchive() { unzClose(archive_); }

void ZipArchive::list() {
  std::array<char, 1024> text{};
  int result = unzGoToFirstFile(archive_);
  while (result == UNZ_OK) {
    unz_file_info64 info{};
    result =
        unzGetCurrentFileInfo64(archive_, &info, text.data(), text.size(), nullptr, 0, nullptr, 0);
    source_->check(name_);
    if (result != UNZ_OK) fail(name_, "its directory can't be read");
    if (info.size_filename >= text.size()) fail(name_, "a file in it has a very long name");
    if (names_.size() == limits.tensors) fail(name_, "it holds too many files");
    unz64_file_pos place{};
    unzGetFilePos64(archive_, &place);
    std::string entry(text.data(), info.size_filename);
    if (!places_.emplace(entry, Place{place.pos_in_zip_directory, place.num_of_file}).second) {
      fail(name_, fmt::format("two files in it are named {}", entry));
    }
    names_.push_back(std::move(entry));
    result = unzGoToNextFile(archive_);
  }
  source_->check(name_);
  // An archive of no files says that its first can't be gone to.
  if (result != UNZ_END_OF_LIST_OF_FILE && !names_.empty()) {
    fail(name_, "its directory can't be read");
  }
}

std::unique_ptr<File> ZipArchive::open(std::string_view name) {
  assert(has(name));
  const Place& place = places_.find(name)->second;
  const unz64_file_pos position{place.in_directory, place.number};
  const int result = unzGoToFilePos64(archive_, &position);
  source_->check(name_);
  if (result != UNZ_OK) fail(name_, "its directory can't be read");
  return std::make_unique<Entry>(*this, name);
}

}  // namespace sloy
