/// The safetensors format: a JSON header that names tensors, then their bytes.
///
///     8 bytes     length N of the header, little-endian
///     N bytes     {"__metadata__": {…}, "dense/kernel": {"dtype": "F32", "shape": [784, 10],
///                  "data_offsets": [0, 31360]}, …}, padded with spaces
///     the rest    the tensors' bytes, little-endian, row-major, without gaps
#pragma once

#include <sloy/tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"

namespace sloy {

/// Text by key, from the header's `__metadata__`.
using Metadata = std::map<std::string, std::string>;

/// An open file whose header was read and checked: entries that overlap, leave gaps, exceed the
/// file or have other bytes than their shape are refused here, as are duplicate names.
class SafetensorsReader {
 public:
  struct Entry {
    std::string name;
    std::string dtype_name;      ///< as in the file: "F32", "BF16"
    std::optional<DType> dtype;  ///< absent where Sloy has none for it
    Shape shape;
    std::uint64_t begin = 0;  ///< of its bytes, from the end of the header
    std::uint64_t end = 0;
  };

  /// Throws FileError.
  explicit SafetensorsReader(const std::filesystem::path& path, FileSystem& files = real_files());

  const Metadata& metadata() const { return metadata_; }
  /// In the order of their bytes.
  const std::vector<Entry>& entries() const { return entries_; }
  /// nullptr where no entry has the name.
  const Entry* find(std::string_view name) const;

  /// Reads one tensor. Throws FileError where the entry's dtype isn't one of Sloy's or the file
  /// has become shorter.
  Tensor read(const Entry& entry) const;
  /// The same by name, with a FileError that names the nearest where there is none.
  Tensor read(std::string_view name) const;
  /// The same into memory of exactly the entry's bytes.
  void read_into(const Entry& entry, std::span<std::byte> out) const;

 private:
  std::string path_;
  std::unique_ptr<File> file_;
  std::uint64_t data_start_ = 0;
  Metadata metadata_;
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

/// A tensor to be written. It is made when its turn comes, so writing takes no more memory than the
/// largest one.
struct NamedTensor {
  std::string name;
  Type type;
  std::function<Tensor()> make;

  NamedTensor(std::string tensor_name, Tensor tensor)
      : name(std::move(tensor_name)), type(tensor.type()), make([tensor] { return tensor; }) {}
  /// REQUIRES: `make` gives a tensor of that type.
  NamedTensor(std::string tensor_name, Type tensor_type, std::function<Tensor()> maker)
      : name(std::move(tensor_name)), type(std::move(tensor_type)), make(std::move(maker)) {}
};

/// Writes a file atomically (base/files.h). The same tensors and metadata give the same bytes,
/// whatever their order; the tensors' bytes begin at a multiple of 64. Throws ConfigError on a
/// duplicate or reserved name or text that isn't UTF-8, FileError where the file can't be written.
void write_safetensors(const std::filesystem::path& path, std::vector<NamedTensor> tensors,
                       const Metadata& metadata, FileSystem& files = real_files(),
                       Durability durability = Durability::synced);

}  // namespace sloy
