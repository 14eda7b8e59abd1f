#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sloy/error.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>

namespace sloy {
namespace {

namespace fs = std::filesystem;

/// The system takes at most this much in one call.
constexpr std::size_t largest_transfer = 1 << 30;
/// As many links as the system follows, one to the next.
constexpr int most_links = 40;

std::string fix_of(const fs::path& path, std::error_code reason) {
  if (reason == std::errc::no_such_file_or_directory) {
    std::error_code ignored;
    return path.is_absolute()
               ? "check the name"
               : "check the name: it is looked up in " + fs::current_path(ignored).string();
  }
  if (reason == std::errc::permission_denied) return "change its permissions, or name another";
  if (reason == std::errc::is_a_directory) return "name a file in it";
  return {};
}

[[noreturn]] void fail(const char* action, const fs::path& path, std::error_code reason) {
  const std::string sentence = fmt::format("cannot {}: {}", action, reason.message());
  const std::vector<Note> notes{{"file", path.string()}};
  if (reason == std::errc::no_space_on_device || reason.value() == EDQUOT) {
    throw DiskFullError(sentence, notes, "make room on the disk");
  }
  throw FileError(sentence, notes, fix_of(path, reason));
}

[[noreturn]] void fail(const char* action, const fs::path& path) {
  fail(action, path, {errno, std::generic_category()});
}

/// Repeats a call that a signal interrupted.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

class RealFile final : public File {
 public:
  RealFile(fs::path path, int flags, const char* action)
      : path_(std::move(path)),
        descriptor_(uninterrupted([&] { return ::open(path_.c_str(), flags | O_CLOEXEC, 0666); })) {
    if (descriptor_ < 0) fail(action, path_);
  }
  ~RealFile() override { ::close(descriptor_); }
  RealFile(const RealFile&) = delete;
  RealFile& operator=(const RealFile&) = delete;

  std::uint64_t size() override {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail("read the size of the file", path_);
    return static_cast<std::uint64_t>(status.st_size);
  }

  std::size_t read(std::uint64_t offset, std::span<std::byte> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const std::size_t part = std::min(out.size() - done, largest_transfer);
      const auto count = uninterrupted([&] {
        return ::pread(descriptor_, out.data() + done, part, static_cast<off_t>(offset + done));
      });
      if (count < 0) fail("read the file", path_);
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  void write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const std::size_t part = std::min(bytes.size(), largest_transfer);
      const auto count = uninterrupted([&] { return ::write(descriptor_, bytes.data(), part); });
      if (count < 0) fail("write the file", path_);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  void sync() override {
    if (::fsync(descriptor_) != 0) fail("write the file to the disk", path_);
  }

 private:
  fs::path path_;
  int descriptor_;
};

class RealFileSystem final : public FileSystem {
 public:
  std::unique_ptr<File> open(const fs::path& path) override {
    // Before it is opened: opening a pipe would wait for somebody to write to it.
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (fs::is_directory(status)) {
      throw FileError("a directory stands where a file is needed", {{"file", path.string()}},
                      "name a file in it");
    }
    if (fs::exists(status) && !fs::is_regular_file(status)) {
      throw FileError("only regular files can be read", {{"file", path.string()}},
                      "save what it gives in a file first");
    }
    return std::make_unique<RealFile>(path, O_RDONLY, "open the file");
  }

  std::unique_ptr<File> create(const fs::path& path) override {
    return std::make_unique<RealFile>(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW,
                                      "create the file");
  }

  std::unique_ptr<File> open_stream(const fs::path& path) override {
    return std::make_unique<RealFile>(path, O_WRONLY | O_NOCTTY, "open the file");
  }

  bool is_stream(const fs::path& path) override {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
  }

  fs::path followed(const fs::path& path) override {
    fs::path place = path;
    std::error_code error;
    for (int links = 0; fs::is_symlink(fs::symlink_status(place, error)); ++links) {
      if (links == most_links) fail("follow the link", path, {ELOOP, std::generic_category()});
      const fs::path target = fs::read_symlink(place, error);
      if (error) fail("follow the link", path, error);
      place = place.parent_path() / target;  // the target alone where it is absolute
    }
    return place;
  }

  bool exists(const fs::path& path) override {
    std::error_code error;
    return fs::exists(path, error);
  }

  std::vector<std::string> list(const fs::path& directory) override {
    std::error_code error;
    std::vector<std::string> names;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
      names.push_back(entry->path().filename().string());
    }
    if (error) fail("list the directory", directory, error);
    std::sort(names.begin(), names.end());
    return names;
  }

  std::uint64_t available(const fs::path& directory) override {
    std::error_code error;
    return fs::space(directory, error).available;  // -1, the largest number, on an error
  }

  void create_directories(const fs::path& directory) override {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) fail("create the directory", directory, error);
  }

  void rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) fail("rename the file", to);
  }

  void remove(const fs::path& path) override {
    if (::unlink(path.c_str()) != 0) fail("remove the file", path);
  }

  void sync_directory(const fs::path& directory) override {
    RealFile(directory, O_RDONLY | O_DIRECTORY, "open the directory").sync();
  }
};

fs::path directory_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// A name beside `path` that no other writer has.
fs::path temporary_name(const fs::path& path) {
  static std::atomic<unsigned> number = 0;
  return path.parent_path() /
         fmt::format(".{}.{}-{}.partial", path.filename().string(), ::getpid(), number++);
}

}  // namespace

FileSystem& real_files() {
  static RealFileSystem files;
  return files;
}

std::vector<std::byte> read_file(const fs::path& path, std::uint64_t most, FileSystem& files) {
  return read_file(*files.open(path), path.string(), most);
}

std::vector<std::byte> read_file(File& file, const std::string& name, std::uint64_t most) {
  const std::uint64_t size = file.size();
  if (size > most) {
    throw FileError("the file is too large", {{"file", name},
                                              {"found", fmt::format("{} bytes", size)},
                                              {"needed", fmt::format("at most {} bytes", most)}});
  }
  std::vector<std::byte> bytes(size);
  bytes.resize(file.read(0, bytes));
  return bytes;
}

void check_room(const fs::path& path, std::uint64_t needed, FileSystem& files) {
  if (files.is_stream(path)) return;
  const std::uint64_t available = files.available(directory_of(files.followed(path)));
  if (needed <= available) return;
  throw DiskFullError("the disk has no room for the file",
                      {{"file", path.string()},
                       {"needed", fmt::format("{} bytes", needed)},
                       {"free", fmt::format("{} bytes", available)}},
                      "make room on the disk, or name a place on another");
}

void write_atomically(const fs::path& path, const std::function<void(File&)>& content,
                      FileSystem& files, Durability durability) {
  if (files.is_stream(path)) return content(*files.open_stream(path));
  const fs::path place = files.followed(path);
  const fs::path temporary = temporary_name(place);
  const auto clean_up = [&] {
    try {
      if (files.exists(temporary)) files.remove(temporary);
    } catch (const Error&) {
      // What made writing fail is the error to report.
    }
  };
  try {
    const std::unique_ptr<File> file = files.create(temporary);
    content(*file);
    if (durability == Durability::synced) file->sync();
    files.rename(temporary, place);
  } catch (const FileError& error) {
    clean_up();
    throw FileError(error.sentence(), {{"file", path.string()}}, error.fix());
  } catch (...) {
    clean_up();
    throw;
  }
  if (durability == Durability::cached) return;
  files.sync_directory(directory_of(place));
}

void write_atomically(const fs::path& path, std::span<const std::span<const std::byte>> parts,
                      FileSystem& files) {
  const auto write_all = [&](File& file) {
    for (const std::span<const std::byte> part : parts) file.write(part);
  };
  write_atomically(path, write_all, files);
}

void write_atomically(const fs::path& path, std::span<const std::byte> bytes, FileSystem& files) {
  const std::span<const std::byte> parts[] = {bytes};
  write_atomically(path, parts, files);
}

}  // namespace sloy
