/// A file system in memory that fails where it is told to: for tests of parsers and of crashes.
#pragma once

#include <sloy/error.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"

namespace sloy::harness {

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// Every call that changes something counts as one. After `fail_after` of them each throws, as if
/// the disk were full or, with `everything_fails`, as if the process were gone: nothing it would
/// still do happens. A write that fails leaves half of its bytes.
///
/// What would be left after the power fails is `durable`: contents as of the last sync of the file,
/// under the names as of the last sync of the directory.
class MemoryFiles final : public FileSystem {
 public:
  int calls = 0;
  int fail_after = 1 << 30;
  bool everything_fails = false;
  std::uint64_t room = std::uint64_t{1} << 62;  ///< bytes that the disk is said to have left

  void put(const std::filesystem::path& path, std::vector<std::byte> bytes) {
    auto content = std::make_shared<Content>();
    content->bytes = content->synced = std::move(bytes);
    names_[path.string()] = durable_names_[path.string()] = std::move(content);
  }
  /// The bytes of a file; throws std::out_of_range where there is none.
  const std::vector<std::byte>& get(const std::filesystem::path& path) const {
    return names_.at(path.string())->bytes;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, content] : names_) all.push_back(name);
    return all;
  }
  const std::vector<std::byte>& durable(const std::filesystem::path& path) const {
    return durable_names_.at(path.string())->synced;
  }
  bool is_durable(const std::filesystem::path& path) const {
    return durable_names_.count(path.string()) != 0;
  }
  /// Contents as of the last sync of the file, under the name it has now.
  const std::vector<std::byte>& synced(const std::filesystem::path& path) const {
    return names_.at(path.string())->synced;
  }

  std::unique_ptr<File> open(const std::filesystem::path& path) override {
    const auto found = names_.find(path.string());
    if (found == names_.end()) {
      throw FileError("cannot open the file: No such file or directory", {{"file", path.string()}});
    }
    return std::make_unique<OpenFile>(*this, found->second);
  }
  std::unique_ptr<File> create(const std::filesystem::path& path) override {
    count();
    names_[path.string()] = std::make_shared<Content>();
    return std::make_unique<OpenFile>(*this, names_[path.string()]);
  }
  /// Here are only files.
  std::unique_ptr<File> open_stream(const std::filesystem::path& path) override {
    return create(path);
  }
  bool is_stream(const std::filesystem::path&) override { return false; }
  std::filesystem::path followed(const std::filesystem::path& path) override { return path; }
  bool exists(const std::filesystem::path& path) override {
    return names_.count(path.string()) != 0 || !list(path).empty();
  }
  std::vector<std::string> list(const std::filesystem::path& directory) override {
    std::vector<std::string> found;
    for (const auto& [name, content] : names_) {
      const std::filesystem::path path = name;
      if (path.parent_path() == directory) found.push_back(path.filename().string());
    }
    return found;
  }
  std::uint64_t available(const std::filesystem::path&) override { return room; }
  void create_directories(const std::filesystem::path&) override { count(); }
  void rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    count();
    names_[to.string()] = names_.at(from.string());
    names_.erase(from.string());
  }
  void remove(const std::filesystem::path& path) override {
    count();
    names_.erase(path.string());
  }
  void sync_directory(const std::filesystem::path&) override {
    count();
    durable_names_ = names_;
  }

 private:
  struct Content {
    std::vector<std::byte> bytes;
    std::vector<std::byte> synced;
  };

  class OpenFile final : public File {
   public:
    OpenFile(MemoryFiles& files, std::shared_ptr<Content> content)
        : files_(files), content_(std::move(content)) {}
    std::uint64_t size() override { return content_->bytes.size(); }
    std::size_t read(std::uint64_t offset, std::span<std::byte> out) override {
      const auto& bytes = content_->bytes;
      if (offset >= bytes.size() || out.empty()) return 0;
      const std::size_t count = std::min<std::size_t>(out.size(), bytes.size() - offset);
      std::memcpy(out.data(), bytes.data() + offset, count);
      return count;
    }
    void write(std::span<const std::byte> bytes) override {
      const bool alive = files_.calls <= files_.fail_after || !files_.everything_fails;
      try {
        files_.count();
      } catch (const FileError&) {
        if (alive) append(bytes.first(bytes.size() / 2));
        throw;
      }
      append(bytes);
    }
    void sync() override {
      files_.count();
      content_->synced = content_->bytes;
    }

   private:
    void append(std::span<const std::byte> bytes) {
      content_->bytes.insert(content_->bytes.end(), bytes.begin(), bytes.end());
    }
    MemoryFiles& files_;
    std::shared_ptr<Content> content_;
  };

  void count() {
    ++calls;
    const bool fails = everything_fails ? calls > fail_after : calls == fail_after + 1;
    if (fails) throw FileError("cannot write the file: No space left on device");
  }

  std::map<std::string, std::shared_ptr<Content>> names_;
  std::map<std::string, std::shared_ptr<Content>> durable_names_;
};

}  // namespace sloy::harness
