/// Zip archives, as npz files are, read by minizip.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "files/checksums.h"

namespace sloy {

/// The files in an archive. Everything throws FileError.
class ZipArchive {
 public:
  /// Errors call it `name`.
  ZipArchive(std::string name, std::unique_ptr<File> file,
             Checksums checksums = Checksums::compared);
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  /// Of all files in it, in their order.
  const std::vector<std::string>& names() const { return names_; }
  bool has(std::string_view name) const { return places_.find(name) != places_.end(); }

  /// Its content, inflated as it is read; going back in it reads it again from its start. Throws
  /// where it is encrypted, packed in a way that isn't known, or declares more than `limits` let a
  /// small file become. REQUIRES: has(name); the archive outlives the file, and no other file of it
  /// is open.
  std::unique_ptr<File> open(std::string_view name);

 private:
  struct Place {
    std::uint64_t in_directory;
    std::uint64_t number;
  };
  struct Source;
  class Entry;

  void list();

  std::string name_;
  Checksums checksums_;
  std::unique_ptr<Source> source_;
  void* archive_ = nullptr;
  std::vector<std::string> names_;
  std::map<std::string, Place, std::less<>> places_;
};

}  // namespace sloy
