#include <fmt/args.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/callbacks.h>
#include <sloy/model.h>
#include <sloy/nearest.h>

#include <algorithm>

#include "base/files.h"
#include "train/monitor.h"

namespace sloy {
namespace {

/// Throws ConfigError on a name in braces that is no figure of the logs.
void check_names(const std::string& pattern, const std::vector<std::string>& figures) {
  std::vector<std::string_view> known{"epoch"};
  known.insert(known.end(), figures.begin(), figures.end());
  for (std::size_t open = pattern.find('{'); open != pattern.npos;
       open = pattern.find('{', open + 1)) {
    if (pattern.compare(open, 2, "{{") == 0) {  // a brace itself
      ++open;
      continue;
    }
    const std::size_t end = pattern.find_first_of(":}", open);
    if (end == pattern.npos) return;
    const std::string name = pattern.substr(open + 1, end - open - 1);
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw ConfigError(
        fmt::format("ModelCheckpoint's filepath has {{{}}}, which is no figure", name),
        {{"filepath", pattern}, {"known", fmt::format("{}", fmt::join(known, ", "))}},
        did_you_mean(name, known, "put only {epoch} and figures into braces"));
  }
}

std::string file_name(const std::string& pattern, int epoch, const Logs& logs) {
  fmt::dynamic_format_arg_store<fmt::format_context> arguments;
  arguments.push_back(fmt::arg("epoch", epoch));
  for (const auto& [name, value] : logs) arguments.push_back(fmt::arg(name.c_str(), value));
  try {
    return fmt::vformat(pattern, arguments);
  } catch (const fmt::format_error& error) {
    throw ConfigError("ModelCheckpoint: the file name can't be made",
                      {{"filepath", pattern}, {"because", error.what()}},
                      "put only {epoch} and figures of the logs into braces");
  }
}

void make_directory_of(const std::filesystem::path& file) {
  if (file.has_parent_path()) real_files().create_directories(file.parent_path());
}

}  // namespace

void ModelCheckpoint::on_train_begin(Run& run) {
  if (filepath.empty()) {
    throw ConfigError("ModelCheckpoint has no filepath", {}, "give it one: \"best.safetensors\"");
  }
  if (save_best_only) {
    best = begin_monitoring(type_name<ModelCheckpoint>(), monitor, mode, 0, run);
  }
  check_names(filepath, run.log_names());
  Logs any;
  for (const std::string& name : run.log_names()) any.set(name, 0);
  file_name(filepath, 1, any);
  // What can't be saved is known now, not after the first epoch. A directory that each epoch names
  // anew is made when it is known.
  run.model().to_config();
  const bool is_known =
      std::filesystem::path(filepath).parent_path().string().find('{') == std::string::npos;
  if (is_known) make_directory_of(filepath);
}

void ModelCheckpoint::on_epoch_end(Run& run, const Logs& logs) {
  if (save_best_only && !best.improve(logs[monitor])) return;
  const std::string file = file_name(filepath, run.epoch() + 1, logs);
  make_directory_of(file);
  run.model().save(file);
}

Config ModelCheckpoint::state() const {
  return Config::Map{{"best", best.found() ? Config(best.value()) : Config()}};
}
void ModelCheckpoint::set_state(const Config& config) {
  if (const Config& value = config.at("best"); !value.is_null()) best.set(value.as_number());
}

}  // namespace sloy
