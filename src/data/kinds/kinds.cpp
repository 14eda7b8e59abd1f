/// The table of kinds of files, and what a recipe says of them.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/data_files.h>
#include <sloy/error.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/files.h"
#include "data/idx.h"
#include "data/kinds/records.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;

const TypeEntry<Files>* find(std::string_view kind) {
  for (const TypeEntry<Files>& entry : file_kinds()) {
    if (entry.name == kind) return &entry;
  }
  return nullptr;
}

/// Whether what is in directories below are arrays rather than images: the first file of either
/// kind tells.
bool has_arrays(const fs::path& path) {
  std::error_code error;
  fs::recursive_directory_iterator entry(path, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    const fs::path ending = entry->path().extension();
    if (ending == ".npy") return entry.depth() > 0;
    if (ending == ".png" || ending == ".jpg" || ending == ".jpeg") return false;
  }
  return false;
}

/// Whether there are packed data, of whichever part: their reader says which is missing.
bool has_records(const fs::path& path) {
  std::error_code error;
  const fs::directory_iterator entries(path, error);
  return std::any_of(begin(entries), end(entries), [](const fs::directory_entry& entry) {
    return entry.path().extension() == records_ending;
  });
}

}  // namespace

std::span<const TypeEntry<Files>> file_kinds() {
  static constexpr std::array kinds{
      type_entry<Files, IdxFiles>(),     type_entry<Files, NpyFiles>(),
      type_entry<Files, Cifar10Files>(), type_entry<Files, Cifar100Files>(),
      type_entry<Files, ImageFolder>(),  type_entry<Files, NpyFolder>(),
      type_entry<Files, CsvFile>(),      type_entry<Files, RecordFiles>()};
  return kinds;
}

Config to_config(const Files& files) {
  if (!files) return {};
  Config::Map map{{"kind", std::string(files.kind())}};
  for (auto& entry : files.held_->fields().as_map()) map.push_back(std::move(entry));
  return map;
}

void from_config(const Config& config, Files& files) {
  files = {};
  if (config.is_null()) return;
  const Config* kind = config.find("kind");
  if (!kind) sloy::detail::missing_key(config, "kind");
  const std::string& name = kind->as_string();
  const TypeEntry<Files>* found = find(name);
  if (!found) {
    std::vector<std::string_view> names;
    for (const TypeEntry<Files>& entry : file_kinds()) names.push_back(entry.name);
    ConfigError error = config_error(*kind, fmt::format("there is no kind of data '{}'", name),
                                     did_you_mean(name, names, "name one of the kinds"));
    error.add({"kinds", fmt::format("{}", fmt::join(names, ", "))});
    throw error;
  }
  Config fields = config;
  std::erase_if(fields.as_map(), [](const auto& entry) { return entry.first == "kind"; });
  files = found->make(fields);
}

Files files_at(const std::string& path) {
  const auto has = [&](const char* name) { return real_files().exists(fs::path(path) / name); };
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    const std::string name = fs::path(path).filename().string();
    if (name.ends_with(records_ending)) return RecordFiles{.path = path};
    if (name.ends_with(".npz")) return NpyFiles{.path = path};
    if (name.ends_with(".csv") || name.ends_with(".csv.gz")) return CsvFile{.path = path};
    if (name.ends_with(".tsv")) return CsvFile{.path = path, .separator = "\t"};
    return {};
  }
  if (!find_idx(path, idx_train.images).empty()) return IdxFiles{.path = path};
  if (has("data_batch_1.bin")) return Cifar10Files{.path = path};
  if (has("train.bin")) return Cifar100Files{.path = path};
  if (has("x_train.npy")) return NpyFiles{.path = path};
  if (has_records(path)) return RecordFiles{.path = path};
  if (has_arrays(path)) return NpyFolder{.path = path};
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    if (entry.is_directory(error)) return ImageFolder{.path = path};
  }
  return {};
}

}  // namespace sloy::data
