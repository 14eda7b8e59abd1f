#include "files/safetensors.h"

#include <fmt/format.h>
#include <sloy/error.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/limits.h"
#include "files/safetensors_header.h"

namespace sloy {
namespace {

constexpr std::size_t length_bytes = 8;
/// Where tensors begin: a mapped file's data then lie on cache lines.
constexpr std::size_t alignment = 64;

/// Large elements first, as the reference writer does, so that every tensor is aligned for its
/// type.
bool comes_before(const NamedTensor& a, const NamedTensor& b) {
  const std::size_t bytes_a = size_of(a.type.dtype);
  const std::size_t bytes_b = size_of(b.type.dtype);
  return bytes_a != bytes_b ? bytes_a > bytes_b : a.name < b.name;
}

void check_names(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string_view> names;
  for (const NamedTensor& tensor : tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    throw ConfigError(fmt::format("two tensors have the name '{}'", *twice));
  }
  if (std::binary_search(names.begin(), names.end(), "__metadata__")) {
    throw ConfigError("a tensor can't have the name '__metadata__'");
  }
}

/// The header with its length before it, padded so that the data begin aligned.
std::string header_of(const std::vector<NamedTensor>& tensors, const Metadata& metadata) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!metadata.empty()) json["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const NamedTensor& tensor : tensors) {
    nlohmann::ordered_json shape = nlohmann::ordered_json::array();
    for (const Dim& dim : tensor.type.shape) shape.push_back(dim.size());
    const std::uint64_t end = offset + tensor.type.bytes();
    json[tensor.name] = {{"dtype", safetensors_dtype(tensor.type.dtype)},
                         {"shape", std::move(shape)},
                         {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text;
  try {
    text = json.dump();
  } catch (const nlohmann::json::type_error&) {
    throw ConfigError("the names and metadata of a safetensors file must be UTF-8");
  }
  const std::size_t unpadded = length_bytes + text.size();
  text.append((alignment - unpadded % alignment) % alignment, ' ');

  std::string header;
  append_little_endian<std::uint64_t>(header, text.size());
  return header + text;
}

}  // namespace

SafetensorsReader::SafetensorsReader(const std::filesystem::path& path, FileSystem& files)
    : path_(path.string()), file_(files.open(path)) {
  const std::uint64_t size = file_->size();
  std::array<std::byte, length_bytes> length{};
  const std::size_t found = file_->read(0, length);
  ByteReader reader(std::span<const std::byte>(length).first(found), path_);
  const auto header_bytes = reader.little<std::uint64_t>("the length of the header");
  if (header_bytes > limits.header_bytes) {
    reader.fail(fmt::format("the header would be {} bytes, at most {} are read", header_bytes,
                            limits.header_bytes),
                "if this is a safetensors file at all, it is damaged");
  }
  if (header_bytes > size - length_bytes) {
    throw ends_too_early(path_, length_bytes, header_bytes, size - length_bytes, "the header");
  }
  std::vector<std::byte> header(header_bytes);
  ByteReader text(std::span<const std::byte>(header).first(file_->read(length_bytes, header)),
                  path_, length_bytes);
  data_start_ = length_bytes + header_bytes;
  SafetensorsHeader parsed =
      parse_safetensors_header(text.text(header_bytes, "the header"), size - data_start_, path_);
  metadata_ = std::move(parsed.metadata);
  entries_ = std::move(parsed.entries);
  for (std::size_t i = 0; i < entries_.size(); ++i) index_.emplace(entries_[i].name, i);
}

const SafetensorsReader::Entry* SafetensorsReader::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

Tensor SafetensorsReader::read(const Entry& entry) const {
  if (!entry.dtype) {
    throw FileError(fmt::format("tensor '{}' has the dtype {}", entry.name, entry.dtype_name),
                    {{"file", path_}, {"needed", "F32, F64, I32 or U8"}},
                    "convert the file to float32");
  }
  Tensor tensor(*entry.dtype, entry.shape);
  read_into(entry, {tensor.mutable_data(), tensor.bytes()});
  return tensor;
}

Tensor SafetensorsReader::read(std::string_view name) const {
  if (const Entry* entry = find(name)) return read(*entry);
  std::vector<std::string_view> names;
  for (const Entry& entry : entries_) names.push_back(entry.name);
  throw FileError(fmt::format("the file has no tensor '{}'", name),
                  {{"file", path_, fmt::format("{} tensors", names.size())}},
                  did_you_mean(name, names));
}

void SafetensorsReader::read_into(const Entry& entry, std::span<std::byte> out) const {
  assert(out.size() == entry.end - entry.begin);
  const std::size_t found = file_->read(data_start_ + entry.begin, out);
  if (found != out.size()) {
    throw ends_too_early(path_, data_start_ + entry.begin, out.size(), found,
                         fmt::format("tensor '{}'", entry.name));
  }
}

void write_safetensors(const std::filesystem::path& path, std::vector<NamedTensor> tensors,
                       const Metadata& metadata, FileSystem& files, Durability durability) {
  check_names(tensors);
  std::sort(tensors.begin(), tensors.end(), comes_before);
  const std::string header = header_of(tensors, metadata);
  const auto write_all = [&](File& file) {
    file.write(std::as_bytes(std::span(header)));
    for (const NamedTensor& named : tensors) {
      const Tensor tensor = named.make();
      assert(tensor.type() == named.type);
      file.write({tensor.data(), tensor.bytes()});
    }
  };
  write_atomically(path, write_all, files, durability);
}

}  // namespace sloy
