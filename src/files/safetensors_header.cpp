#include "files/safetensors_header.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/limits.h"
#include "files/declared.h"

namespace sloy {
namespace {

struct FormatType {
  std::string_view name;
  std::uint64_t bytes;
  std::optional<DType> dtype;
};

constexpr std::array<FormatType, 15> format_types{{{"F32", 4, DType::float32},
                                                   {"F64", 8, DType::float64},
                                                   {"I32", 4, DType::int32},
                                                   {"U8", 1, DType::uint8},
                                                   {"BOOL", 1, {}},
                                                   {"I8", 1, {}},
                                                   {"F8_E5M2", 1, {}},
                                                   {"F8_E4M3", 1, {}},
                                                   {"I16", 2, {}},
                                                   {"U16", 2, {}},
                                                   {"F16", 2, {}},
                                                   {"BF16", 2, {}},
                                                   {"U32", 4, {}},
                                                   {"I64", 8, {}},
                                                   {"U64", 8, {}}}};

const FormatType* find_type(std::string_view name) {
  const auto* found = std::find_if(format_types.begin(), format_types.end(),
                                   [&](const FormatType& type) { return type.name == name; });
  return found == format_types.end() ? nullptr : found;
}

/// Takes the header's few forms event by event, so that nothing deeper or longer than they are is
/// ever built. nlohmann's parser doesn't recurse and checks UTF-8.
class HeaderEvents final : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderEvents(const std::string& file, SafetensorsHeader& header) : file_(file), header_(header) {}

  bool key(std::string& name) override {
    switch (place_) {
      case Place::header: return begin_entry(name);
      case Place::metadata:
        if (header_.metadata.size() == limits.metadata_keys) fail("the metadata has too many keys");
        if (!header_.metadata.emplace(name, "").second) fail_twice(name);
        key_ = name;
        return true;
      case Place::entry: return begin_field(name);
      default: return misplaced("a key");
    }
  }

  bool start_object(std::size_t) override {
    switch (place_) {
      case Place::start: place_ = Place::header; return true;
      case Place::entry_wanted: place_ = Place::entry; return true;
      case Place::metadata_wanted: place_ = Place::metadata; return true;
      default: return misplaced("an object");
    }
  }

  bool end_object() override {
    switch (place_) {
      case Place::entry: end_entry(); [[fallthrough]];
      case Place::metadata: place_ = Place::header; return true;
      default: place_ = Place::end; return true;
    }
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::shape_wanted && place_ != Place::offsets_wanted) {
      return misplaced("a list");
    }
    place_ = place_ == Place::shape_wanted ? Place::shape : Place::offsets;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::offsets && num_offsets_ != 2) fail_entry("needs two data_offsets");
    place_ = Place::entry;
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::metadata) {
      header_.metadata[key_] = text;
      return true;
    }
    if (place_ != Place::dtype_wanted) return misplaced("a text");
    const FormatType* type = find_type(text);
    if (!type) fail_entry(fmt::format("has the unknown dtype '{}'", text));
    entry_.dtype_name = text;
    entry_.dtype = type->dtype;
    place_ = Place::entry;
    return true;
  }

  bool number_unsigned(number_unsigned_t number) override {
    if (place_ == Place::shape) {
      if (entry_.shape.rank() == Shape::max_rank) {
        fail_entry(fmt::format("has more than {} dimensions", Shape::max_rank));
      }
      // A larger dimension can't be right even where another is 0, and wouldn't fit a Dim.
      if (number > limits.elements) fail_entry("is too large");
      entry_.shape.push_back(static_cast<std::int64_t>(number));
      return true;
    }
    if (place_ != Place::offsets) return misplaced("a number");
    if (num_offsets_ == 2) fail_entry("needs two data_offsets");
    (num_offsets_++ == 0 ? entry_.begin : entry_.end) = number;
    return true;
  }

  bool number_integer(number_integer_t) override { return misplaced("a negative number"); }
  bool number_float(number_float_t, const std::string&) override { return misplaced("a fraction"); }
  bool null() override { return misplaced("null"); }
  bool boolean(bool) override { return misplaced("a truth value"); }
  bool binary(binary_t&) override { return misplaced("binary data"); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception&) override {
    fail(fmt::format("the header is no valid JSON at its byte {}", position));
  }

 private:
  enum class Place {
    start,
    header,
    metadata_wanted,
    metadata,
    entry_wanted,
    entry,
    dtype_wanted,
    shape_wanted,
    shape,
    offsets_wanted,
    offsets,
    end
  };

  [[noreturn]] void fail(const std::string& sentence) const {
    throw FileError(sentence, {{"file", file_}}, "the file is damaged, or of another format");
  }
  [[noreturn]] void fail_twice(const std::string& name) const {
    fail(fmt::format("the header has '{}' twice", name));
  }
  [[noreturn]] void fail_entry(const std::string& what) const {
    fail(fmt::format("tensor '{}' {}", entry_.name, what));
  }
  bool misplaced(const char* what) const {
    fail(fmt::format("the header has {} where the format has none{}", what,
                     entry_.name.empty() ? "" : fmt::format(", after '{}'", entry_.name)));
  }

  bool begin_entry(const std::string& name) {
    if (!names_.insert(name).second) fail_twice(name);
    if (name == "__metadata__") {
      place_ = Place::metadata_wanted;
      return true;
    }
    if (header_.entries.size() == limits.tensors) fail("the file has too many tensors");
    entry_ = {};
    entry_.name = name;
    num_offsets_ = 0;
    fields_.clear();
    place_ = Place::entry_wanted;
    return true;
  }

  bool begin_field(const std::string& name) {
    if (!fields_.insert(name).second) fail_entry(fmt::format("has '{}' twice", name));
    if (name == "dtype") {
      place_ = Place::dtype_wanted;
    } else if (name == "shape") {
      place_ = Place::shape_wanted;
    } else if (name == "data_offsets") {
      place_ = Place::offsets_wanted;
    } else {
      fail_entry(fmt::format("has the unknown key '{}'", name));
    }
    return true;
  }

  void end_entry() {
    if (fields_.size() != 3) fail_entry("needs a dtype, a shape and data_offsets");
    if (entry_.end < entry_.begin) fail_entry("ends before it begins");
    const auto elements = declared_elements(entry_.shape);
    if (!elements) fail_entry("is too large");
    const std::uint64_t bytes = *elements * find_type(entry_.dtype_name)->bytes;
    if (entry_.end - entry_.begin != bytes) {
      fail_entry(fmt::format("is {} {}, which takes {} bytes, but has {}", entry_.dtype_name,
                             to_string(entry_.shape), bytes, entry_.end - entry_.begin));
    }
    header_.entries.push_back(std::move(entry_));
    entry_ = {};
  }

  const std::string& file_;
  SafetensorsHeader& header_;
  Place place_ = Place::start;
  std::set<std::string> names_;
  std::string key_;                 ///< of the metadata, whose text comes next
  SafetensorsReader::Entry entry_;  ///< the one being read
  std::set<std::string> fields_;    ///< of it, seen so far
  int num_offsets_ = 0;
};

/// Sorted by place, each tensor must begin where the one before it ended.
void check_tiling(std::vector<SafetensorsReader::Entry>& entries, std::uint64_t data_bytes,
                  const std::string& file) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::uint64_t end = 0;
  for (const auto& entry : entries) {
    if (entry.begin != end) {
      throw FileError(
          fmt::format("tensor '{}' {}", entry.name,
                      entry.begin < end ? "overlaps another" : "leaves a gap before it"),
          {{"file", file},
           {"begins at", fmt::format("{}", entry.begin)},
           {"needed", fmt::format("{}", end)}});
    }
    end = entry.end;
  }
  if (end != data_bytes) {
    throw FileError(end > data_bytes ? "the file ends before its tensors do"
                                     : "the file goes on after its tensors",
                    {{"file", file},
                     {"needed", fmt::format("{} bytes of tensors", end)},
                     {"found", fmt::format("{} bytes", data_bytes)}},
                    "the file is damaged or incomplete: get it again");
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes,
                                           const std::string& file) {
  SafetensorsHeader header;
  HeaderEvents events(file, header);
  if (json.empty() || json.front() != '{') {
    throw FileError("this is no safetensors file: its header doesn't begin with '{'",
                    {{"file", file, "at byte 8"}});
  }
  nlohmann::json::sax_parse(json, &events);
  check_tiling(header.entries, data_bytes, file);
  return header;
}

std::string_view safetensors_dtype(DType dtype) {
  const auto* found = std::find_if(format_types.begin(), format_types.end(),
                                   [&](const FormatType& type) { return type.dtype == dtype; });
  return found->name;
}

}  // namespace sloy
