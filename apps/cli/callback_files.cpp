#include "callback_files.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

namespace sloy::cli {
namespace {

namespace fs = std::filesystem;

/// A callback's file; a name in braces stands for what each epoch gives.
struct Output {
  std::string_view callback;
  fs::path path;
  bool appends = false;
};

fs::path normal(const fs::path& path) {
  std::error_code error;
  fs::path found = fs::weakly_canonical(path, error);
  return error ? path.lexically_normal() : found;
}

std::vector<Note> notes_of(const Output& output) {
  return {{"callback", std::string(output.callback)}, {"file", output.path.string()}};
}

void check_not_the_runs_own(const Output& output, const RunDirectory& directory) {
  const fs::path inside = normal(output.path).lexically_relative(normal(directory.path()));
  for (const char* own : RunDirectory::own_files) {
    if (inside.empty() || *inside.begin() != own) continue;
    throw ConfigError(fmt::format("the callback would write over the run's own {}", own),
                      notes_of(output), "give its file another name");
  }
}

/// A file that is there already under such a name, if there is one.
std::optional<fs::path> existing(const fs::path& pattern) {
  const std::string name = pattern.filename().string();
  const std::size_t open = name.find('{');
  const std::size_t close = name.rfind('}');
  std::error_code error;
  if (open == name.npos || close == name.npos || close < open) {
    return fs::exists(pattern, error) ? std::optional(pattern) : std::nullopt;
  }
  const std::string before = name.substr(0, open);
  const std::string after = name.substr(close + 1);
  for (const auto& entry : fs::directory_iterator(pattern.parent_path(), error)) {
    const std::string found = entry.path().filename().string();
    if (found.size() >= before.size() + after.size() && found.starts_with(before) &&
        found.ends_with(after)) {
      return entry.path();
    }
  }
  return {};
}

void check_not_there(const Output& output, const RunDirectory& directory,
                     const std::string& recipe_file) {
  std::error_code error;
  if (!recipe_file.empty() && fs::equivalent(output.path, recipe_file, error)) {
    throw ConfigError("the callback would write over the recipe", notes_of(output),
                      "give its file another name");
  }
  if (output.appends || directory.holds_earlier_run()) return;
  const std::optional<fs::path> there = existing(output.path);
  if (!there) return;
  std::vector<Note> notes = notes_of(output);
  if (*there != output.path) notes.push_back({"there is", there->string()});
  throw FileError("the callback would write over a file that is not this run's", std::move(notes),
                  output.callback == type_name<CSVLogger>()
                      ? "give its file another name, or append = true"
                      : "give its file another name");
}

/// A slip in a path outside the run must not become a tree of folders.
void check_folder(const Output& output, const RunDirectory& directory) {
  const fs::path inside = normal(output.path).lexically_relative(normal(directory.path()));
  if (!inside.empty() && *inside.begin() != "..") return;
  fs::path folder = output.path.parent_path();
  while (folder.string().find('{') != std::string::npos) folder = folder.parent_path();
  std::error_code error;
  if (fs::is_directory(folder, error)) return;
  std::vector<Note> notes = notes_of(output);
  notes.push_back({"missing", folder.string()});
  throw FileError("the folder of a callback's file doesn't exist", std::move(notes),
                  "make it, or give a path within the run directory, where folders are made");
}

void check_all_different(const std::vector<Output>& outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (normal(outputs[i].path) != normal(outputs[j].path)) continue;
      throw ConfigError("two callbacks would write the same file", notes_of(outputs[i]),
                        "give each a file of its own");
    }
  }
}

}  // namespace

std::vector<Callback> place_callbacks(const std::vector<Callback>& callbacks,
                                      RunDirectory& directory, const std::string& recipe_file) {
  std::vector<Callback> placed;
  std::vector<Output> outputs;
  // Without a name it is left to the callback, which says that it needs one.
  const auto place = [&](std::string_view type, std::string& file, bool appends) {
    if (file.empty()) return;
    outputs.push_back({type, directory.path() / file, appends});
    file = outputs.back().path.string();
  };
  for (const Callback& callback : callbacks) {
    if (const CSVLogger* given = callback.as<CSVLogger>()) {
      CSVLogger logger = *given;
      place(callback.type(), logger.filename, logger.append);
      placed.push_back(logger);
    } else if (const ModelCheckpoint* given_model = callback.as<ModelCheckpoint>()) {
      ModelCheckpoint checkpoint = *given_model;
      place(callback.type(), checkpoint.filepath, false);
      placed.push_back(checkpoint);
    } else {
      placed.push_back(callback);
    }
  }
  check_all_different(outputs);
  for (const Output& output : outputs) {
    check_not_the_runs_own(output, directory);
    check_folder(output, directory);
    check_not_there(output, directory, recipe_file);
    directory.expect(output.path);
  }
  return placed;
}

}  // namespace sloy::cli
