/// Records: our own format for any number of records of one size, each of which is read by itself.
///
///     8 bytes     "SLOYDATA"
///     4 bytes     version: 1; little-endian, as all numbers
///     4 bytes     length N of the header
///     8 bytes     XXH3 of the header
///     N bytes     {"examples": 60000, "record_bytes": 792, "block_records": 5, "about": {…}},
///                 padded with spaces
///     the rest    blocks of block_records records, of which the last may have fewer, and behind
///                 each block the XXH3 of its bytes, seeded by the block's number (8 bytes)
#pragma once

#include <sloy/config.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/files.h"
#include "files/checksums.h"

namespace sloy {

/// What a file of records says of itself.
struct RecordsHeader {
  std::uint64_t examples = 0;      ///< records
  std::uint64_t record_bytes = 0;  ///< of each
  Config about = {};               ///< what the records are, for whoever wrote them
};

/// An open file. The header is read and held against the file's size; records are read when they
/// are asked for.
class RecordsReader {
 public:
  /// Throws FileError where the file isn't exactly one such, but for what the blocks hold.
  explicit RecordsReader(const std::filesystem::path& path, FileSystem& files = real_files(),
                         Checksums checksums = Checksums::compared);

  const std::string& file() const { return path_; }
  const RecordsHeader& header() const { return header_; }

  /// The bytes of a record, aligned for any number, until this thread reads again. Its whole block
  /// is read and its checksum compared: throws FileError where it is wrong. Several threads may
  /// read at once. REQUIRES: index < header().examples.
  std::span<const std::byte> read(std::uint64_t index) const;

 private:
  void read_header(File& file);
  std::span<const std::byte> read_block(std::uint64_t number) const;

  std::string path_;
  std::unique_ptr<File> file_;
  Checksums checksums_;
  RecordsHeader header_;
  std::uint64_t block_records_ = 0;
  std::uint64_t data_start_ = 0;
  std::uint64_t id_;  ///< among all readers there ever were
};

/// Fills records, which are zeros, from number `first` on.
using FillRecords =
    std::function<void(std::uint64_t first, std::span<const std::span<std::byte>> records)>;

/// The size of the file that write_records writes. Throws Error where no file can be so large.
std::uint64_t records_file_bytes(const RecordsHeader& header);

/// Writes a file atomically (base/files.h), in constant memory: `fill` is asked for a few megabytes
/// of records at a time, in order. Throws FileError where the disk hasn't the room, before anything
/// is asked for. REQUIRES: one record or more, of a multiple of 8 bytes and not of none.
void write_records(const std::filesystem::path& path, const RecordsHeader& header,
                   const FillRecords& fill, FileSystem& files = real_files());

}  // namespace sloy
