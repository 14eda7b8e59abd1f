/// Packing: data sets into files from which any example can be read.
#include <fmt/format.h>
#include <sloy/data_records.h>
#include <sloy/error.h>

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "base/parallel.h"
#include "data/kinds/parts.h"
#include "data/kinds/records.h"
#include "data/record_layout.h"
#include "data/spec_config.h"
#include "files/records.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;

/// Below this many bytes a second thread copies nothing faster.
constexpr std::int64_t bytes_a_thread = 1 << 18;

/// Throws DataError where there is nothing to pack.
RecordsHeader header_of(const Dataset& dataset) {
  if (dataset.empty()) throw DataError("the data set has no examples", {}, "give one or more");
  check(dataset.spec());
  const std::size_t bytes = RecordLayout(dataset.spec()).record_bytes();
  if (bytes == 0) {
    throw DataError("the examples hold no numbers",
                    {{"features", to_string(dataset.spec().features)}});
  }
  return {.examples = static_cast<std::uint64_t>(dataset.size()),
          .record_bytes = bytes,
          .about = to_config(dataset.spec())};
}

void read_record(const Dataset& dataset, const RecordLayout& layout, std::int64_t index,
                 std::span<std::byte> record) {
  const std::vector<std::span<std::byte>> parts = layout.parts_of(record);
  const Slot slot = layout.slot_of(parts);
  dataset.read(index, slot);
  try {
    check_label(dataset.spec(), slot);
  } catch (DataError& error) {
    error.add({"example", std::to_string(index), "counted from 0"});
    throw;
  }
}

/// The parts that there are, by the names of their files; that to learn from comes last: without it
/// a directory is none of packed data.
std::vector<std::pair<Dataset, fs::path>> files_of(const Parts& parts, const fs::path& directory) {
  std::vector<std::pair<Dataset, fs::path>> files;
  for (const auto& [part, name] : {std::pair{&parts.test, "test"},
                                   {&parts.validation, "validation"},
                                   {&parts.train, "train"}}) {
    if (!part->empty()) files.emplace_back(*part, records_of(directory, name));
  }
  return files;
}

void check_empty(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory, error)) return;
  if (!fs::is_directory(directory, error)) {
    throw FileError("a file stands where a directory is needed", {{"path", directory.string()}},
                    "name another place");
  }
  if (fs::is_empty(directory, error)) return;
  throw FileError("the directory holds something already", {{"path", directory.string()}},
                  "name another, or remove it");
}

}  // namespace

void pack(const Dataset& dataset, const std::string& path, const PackOptions& options) {
  const RecordsHeader header = header_of(dataset);
  const RecordLayout layout(dataset.spec());
  const auto record_bytes = static_cast<std::int64_t>(header.record_bytes);
  const std::int64_t grain =
      dataset.is_in_memory() ? std::max<std::int64_t>(bytes_a_thread / record_bytes, 1) : 1;
  const auto fill = [&](std::uint64_t start, std::span<const std::span<std::byte>> records) {
    const auto first = static_cast<std::int64_t>(start);
    const auto count = static_cast<std::int64_t>(records.size());
    parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        read_record(dataset, layout, first + i, records[static_cast<std::size_t>(i)]);
      }
    });
    if (options.progress) options.progress(first + count);
  };
  write_records(path, header, fill);
}

void pack(const Parts& parts, const std::string& directory, const PackOptions& options) {
  if (parts.train.empty()) throw DataError("there are no examples to train on");
  const Parts checked = alike(parts);
  const auto files = files_of(checked, directory);
  check_empty(directory);
  const bool is_new = !real_files().exists(directory);
  real_files().create_directories(directory);
  std::uint64_t needed = 0;
  for (const auto& [part, file] : files) needed += records_file_bytes(header_of(part));
  std::int64_t before = 0;
  try {
    check_room(files.back().second, needed);
    for (const auto& [part, file] : files) {
      PackOptions of_part;
      if (options.progress) {
        of_part.progress = [&](std::int64_t examples) { options.progress(before + examples); };
      }
      pack(part, file.string(), of_part);
      before += part.size();
    }
  } catch (...) {
    std::error_code ignored;
    for (const auto& [part, file] : files) fs::remove(file, ignored);
    if (is_new) fs::remove(directory, ignored);
    throw;
  }
}

}  // namespace sloy::data
