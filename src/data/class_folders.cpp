#include "data/class_folders.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/error.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "base/utf8.h"
#include "data/labels.h"

namespace sloy::data {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

[[noreturn]] void fail(const fs::path& directory, std::error_code reason) {
  if (reason == std::errc::not_a_directory) {
    throw FileError("a file stands where a directory is needed", {{"path", directory.string()}},
                    "name the directory that the files are in; a table is of kind = \"csv\"");
  }
  const bool is_missing = reason == std::errc::no_such_file_or_directory;
  throw FileError(is_missing ? "there is no such directory"
                             : fmt::format("cannot read the directory: {}", reason.message()),
                  {{"path", directory.string()}},
                  is_missing ? "name the directory that the files are in"
                             : "change its permissions, or name another");
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool has_ending(const fs::path& path, const std::vector<std::string_view>& endings) {
  const std::string ending = lower_case(path.extension().string());
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

/// Files below a directory, relative to `root`, by alphabet. Links to directories are not followed:
/// one may lead back up.
std::vector<std::string> list_files(const fs::path& directory, const fs::path& root,
                                    const std::vector<std::string_view>& endings) {
  std::error_code error;
  std::vector<std::string> files;
  fs::recursive_directory_iterator entry(directory, error), end;
  while (!error && entry != end) {
    if (is_hidden(entry->path())) {
      entry.disable_recursion_pending();
    } else if (has_ending(entry->path(), endings) && !entry->is_directory(error)) {
      files.push_back(entry->path().lexically_relative(root).string());
    }
    entry.increment(error);
  }
  if (error) fail(directory, error);
  std::sort(files.begin(), files.end());
  return files;
}

enum class Part : std::uint8_t { train, validation, test };

std::span<const std::string_view> names_of(Part part) {
  static constexpr std::array<std::string_view, 2> train{"train", "training"};
  static constexpr std::array<std::string_view, 3> validation{"val", "valid", "validation"};
  static constexpr std::array<std::string_view, 2> test{"test", "testing"};
  if (part == Part::train) return train;
  if (part == Part::test) return test;
  return validation;
}

bool is_name_of(Part part, const std::string& directory) {
  return std::ranges::find(names_of(part), lower_case(directory)) != names_of(part).end();
}

/// Empty where there is none. Throws DataError where there are two.
fs::path find_part(const fs::path& directory, Part part) {
  std::string found;
  for (const std::string& name : class_directories(directory)) {
    if (!is_name_of(part, name)) continue;
    if (!found.empty()) {
      throw DataError(fmt::format("'{}' and '{}' are names of the same part", found, name),
                      {{"directory", directory.string()}}, "keep one of them");
    }
    found = name;
  }
  return found.empty() ? fs::path() : directory / found;
}

/// Throws DataError where a directory that would be a class has the name of a part: then that of
/// the training data has another name than it should.
void check_no_part(const fs::path& directory, const std::vector<std::string>& classes) {
  for (const std::string& name : classes) {
    if (!is_name_of(Part::validation, name) && !is_name_of(Part::test, name)) continue;
    throw DataError(fmt::format("there is a part '{}', but none to learn from", name),
                    {{"directory", directory.string()},
                     {"found", fmt::format("{}", fmt::join(classes, ", "))},
                     {"needed", "train"}},
                    "rename the directory of the training data to train; where these are classes, "
                    "name them: class_names");
  }
}

/// Throws ConfigError where a class that is named has no directory.
void check_found(const ClassLayout& layout) {
  const std::vector<std::string> found = class_directories(layout.train);
  for (const std::string& name : layout.classes) {
    if (std::ranges::find(found, name) != found.end()) continue;
    throw ConfigError(fmt::format("there is no class '{}'", name),
                      {{"directory", layout.train.string()},
                       {"classes", fmt::format("{}", fmt::join(found, ", "))}},
                      did_you_mean(name, std::vector<std::string_view>(found.begin(), found.end()),
                                   "name directories that are there"));
  }
}

/// Throws DataError where a part has classes that the training data don't have.
void check_classes(const fs::path& part, const ClassLayout& layout) {
  for (const std::string& name : class_directories(part)) {
    if (std::find(layout.classes.begin(), layout.classes.end(), name) != layout.classes.end()) {
      continue;
    }
    throw DataError(fmt::format("the class '{}' is not among those to learn", name),
                    {{"directory", (part / name).string()}, {"training", layout.train.string()}},
                    "add it there, or name the classes that are meant: class_names");
  }
}

}  // namespace

void FileNames::push_back(std::string_view name) {
  text_ += name;
  ends_.push_back(text_.size());
}

std::string_view FileNames::operator[](std::int64_t index) const {
  const auto at = static_cast<std::size_t>(index);
  const std::uint64_t first = at == 0 ? 0 : ends_[at - 1];
  return std::string_view(text_).substr(first, ends_[at] - first);
}

std::vector<std::string> class_directories(const fs::path& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (is_hidden(entry->path()) || !entry->is_directory(ignored)) continue;
    names.push_back(entry->path().filename().string());
    if (find_invalid_utf8(names.back())) {
      throw DataError("the name of a directory is not UTF-8", {{"path", entry->path().string()}},
                      "rename it");
    }
  }
  if (error) fail(directory, error);
  std::sort(names.begin(), names.end());
  return names;
}

ClassFiles list_class_files(const fs::path& directory, const std::vector<std::string>& classes,
                            const std::vector<std::string_view>& endings, bool may_be_empty) {
  ClassFiles found{.directory = directory, .names = {}, .labels = {}};
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const fs::path place = directory / classes[label];
    std::error_code error;
    if (may_be_empty && !fs::exists(place, error)) continue;
    const std::vector<std::string> files = list_files(place, directory, endings);
    if (files.empty() && !may_be_empty) {
      const auto usual = std::span(endings).first(std::min<std::size_t>(2, endings.size()));
      throw DataError(
          fmt::format("the class '{}' has no files", classes[label]),
          {{"directory", place.string()},
           {"needed", fmt::format("one or more that end in {}", fmt::join(usual, " or "))}},
          "remove the directory, or name the classes that have files: class_names");
    }
    for (const std::string& file : files) {
      found.names.push_back(file);
      found.labels.push_back(static_cast<std::int32_t>(label));
    }
  }
  return found;
}

ClassLayout find_class_layout(const fs::path& directory,
                              const std::vector<std::string>& class_names) {
  check_class_names(class_names);
  ClassLayout layout{.train = find_part(directory, Part::train),
                     .validation = {},
                     .test = {},
                     .classes = class_names};
  if (layout.train.empty()) {
    layout.train = directory;
  } else {
    layout.validation = find_part(directory, Part::validation);
    layout.test = find_part(directory, Part::test);
  }
  if (!layout.classes.empty()) {
    check_found(layout);
    return layout;
  }
  layout.classes = class_directories(layout.train);
  if (layout.classes.empty()) {
    throw DataError("the directory has no directories, of which each would be a class",
                    {{"path", layout.train.string()}},
                    "put the files of each class into a directory named like it");
  }
  if (layout.train == directory) check_no_part(directory, layout.classes);
  for (const fs::path& part : {layout.validation, layout.test}) {
    if (!part.empty()) check_classes(part, layout);
  }
  return layout;
}

void tell_unread_directories(const fs::path& directory, const ClassLayout& layout,
                             std::vector<Notice>& notices) {
  if (layout.train == directory) return;
  for (const std::string& name : class_directories(directory)) {
    const fs::path place = directory / name;
    if (place == layout.train || place == layout.validation || place == layout.test) continue;
    constexpr std::array<std::string_view, 3> parts{"train", "val", "test"};
    notices.push_back(
        Notice(fmt::format("the directory '{}' is not read: it has no name of a part", name),
               {{"directory", place.string()},
                {"parts", "train or training; val, valid or validation; test or testing"}},
               did_you_mean(name, parts, "rename it, or move it away")));
  }
}

void tell_empty_classes(const ClassFiles& files, const ClassLayout& layout,
                        std::vector<Notice>& notices) {
  std::vector<std::string> empty;
  for (std::size_t c = 0; c < layout.classes.size(); ++c) {
    const auto label = static_cast<std::int32_t>(c);
    if (std::ranges::find(files.labels, label) == files.labels.end()) {
      empty.push_back(layout.classes[c]);
    }
  }
  if (empty.empty()) return;
  notices.push_back(Notice(fmt::format("{} of {} classes {} no files to measure on", empty.size(),
                                       layout.classes.size(), empty.size() == 1 ? "has" : "have"),
                           {{"directory", files.directory.string()},
                            {"classes", fmt::format("{}", fmt::join(empty, ", "))}},
                           "add files of each, or hold out a share of all: test_split"));
}

}  // namespace sloy::data
