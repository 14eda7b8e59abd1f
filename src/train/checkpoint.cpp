#include "train/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/version.h"
#include "files/safetensors.h"
#include "train/model_file.h"

namespace sloy {
namespace {

bool every_variable(const Variable&) { return true; }

std::string name_after(int epochs_done) {
  return fmt::format("epoch-{:05d}.safetensors", epochs_done);
}

/// Names of the directory's checkpoints, oldest first.
std::vector<std::string> checkpoints_in(const std::filesystem::path& directory, FileSystem& files) {
  if (!files.exists(directory)) return {};
  std::vector<std::string> names = files.list(directory);
  std::erase_if(names, [](const std::string& name) {
    return !name.starts_with("epoch-") || !name.ends_with(".safetensors");
  });
  return names;
}

/// What must be the same for a fit to go on: other settings would make another run.
Config settings(const Model::Impl& model, const Progress& progress) {
  const CompileOptions& options = *model.compiled;
  Config config;
  config["model"] = to_config(model.graph);
  config["optimizer"] = sloy::to_config(options.optimizer);
  config["loss"] = sloy::to_config(options.loss);
  config["loss_weights"] = sloy::to_config(options.loss_weights);
  config["seed"] = static_cast<std::int64_t>(progress.seed);
  config["batch_size"] = progress.batch_size;
  config["examples"] = progress.examples;
  config["precision"] = sloy::to_config(options.precision);
  Config::List callbacks;
  for (const Config& callback : progress.callbacks) callbacks.push_back(callback.at("type"));
  config["callbacks"] = std::move(callbacks);
  return config;
}

/// What two settings have at the first place where they differ.
struct Difference {
  std::string path;
  Config there;
  Config here;
};

Difference first_difference(const Config& there, const Config& here, const std::string& path) {
  const auto inside = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  if (there.is_map() && here.is_map()) {
    for (const auto& [key, value] : here.as_map()) {
      const Config* before = there.find(key);
      if (!before || *before != value) {
        return first_difference(before ? *before : Config(), value, inside(key));
      }
    }
    for (const auto& [key, value] : there.as_map()) {
      if (!here.find(key)) return {inside(key), value, Config()};
    }
  }
  if (there.is_list() && here.is_list()) {
    const Config::List& old_items = there.as_list();
    const Config::List& items = here.as_list();
    for (std::size_t i = 0; i < std::max(old_items.size(), items.size()); ++i) {
      const Config before = i < old_items.size() ? old_items[i] : Config();
      const Config now = i < items.size() ? items[i] : Config();
      if (before != now) return first_difference(before, now, inside(std::to_string(i)));
    }
  }
  return {path, there, here};
}

void check_settings(const Config& saved, const Config& current, const std::filesystem::path& path) {
  for (const auto& [key, value] : current.as_map()) {
    const Config* before = saved.find(key);
    if (before && *before == value) continue;
    const Difference differs = first_difference(before ? *before : Config(), value, "");
    const auto shown = [&](const Config& config) {
      if (config.is_null()) return std::string("nothing");
      return (differs.path.empty() ? "" : differs.path + " = ") + to_json(config);
    };
    throw ConfigError(
        fmt::format("the checkpoint is of another training: not of the same {}", key),
        {{"checkpoint", path.string()},
         {"there", shown(differs.there)},
         {"here", shown(differs.here)}},
        "resume with the settings it was begun with, or begin anew in another directory");
  }
}

/// One number for all of a checkpoint, whatever the tensors' order in the file.
std::string checksum_of(std::string_view training, std::vector<NamedTensor>& tensors) {
  std::sort(tensors.begin(), tensors.end(),
            [](const NamedTensor& a, const NamedTensor& b) { return a.name < b.name; });
  std::uint64_t hash = hash64(training);
  for (const NamedTensor& named : tensors) {
    const Tensor tensor = named.make();
    hash = hash64(std::span(tensor.data(), tensor.bytes()), hash64(named.name, hash));
  }
  return fmt::format("{:016x}", hash);
}

/// By what it was written.
Config record() {
  const BuildInfo& build = build_info();
  return Config::Map{{"version", std::string(build.version)},
                     {"commit", std::string(build.commit)},
                     {"compiler", std::string(build.compiler)}};
}

std::string kept_prefix(const std::string& name) { return fmt::format("kept/{}/", name); }

/// One checkpoint, open and checked.
struct Checkpoint {
  SafetensorsReader tensors;
  Config training;
};

/// Throws FileError where anything in the file isn't as it was written.
Checkpoint open_checkpoint(const std::filesystem::path& path, FileSystem& files) {
  SafetensorsReader reader(path, files);
  const auto metadata = [&](const std::string& key) -> const std::string& {
    const auto found = reader.metadata().find(key);
    if (found != reader.metadata().end()) return found->second;
    throw FileError("this is no checkpoint", {{"file", path.string()}});
  };
  std::vector<NamedTensor> tensors;
  for (const SafetensorsReader::Entry& entry : reader.entries()) {
    tensors.emplace_back(entry.name, Type{entry.dtype.value_or(DType::uint8), entry.shape},
                         [&] { return reader.read(entry); });
  }
  if (checksum_of(metadata("training"), tensors) != metadata("checksum")) {
    throw FileError("the checkpoint is damaged: its checksum is another",
                    {{"file", path.string()}});
  }
  Config training = parse_json(metadata("training"), path.string());
  return {std::move(reader), std::move(training)};
}

/// Fills a state from the tensors whose names begin with `prefix`.
void fill(State& state, const SafetensorsReader& tensors, const std::string& prefix,
          const std::filesystem::path& path) {
  const Variables& variables = *state.variables();
  for (VariableId id = 0; id < variables.size(); ++id) {
    const std::string name = prefix + variables[id].name;
    const SafetensorsReader::Entry* found = tensors.find(name);
    if (!found) {
      throw FileError(fmt::format("the checkpoint lacks {}", name), {{"file", path.string()}});
    }
    state.set(id, tensors.read(*found));
  }
}

Notice passed_over(const std::filesystem::path& path, const FileError& error,
                   const std::string& before) {
  return Notice("a checkpoint that can't be read was passed over",
                {{"file", path.string()}, {"reason", error.sentence()}, {"instead", before}},
                "nothing needs to be done: the epochs since are trained again");
}

FileError none_is_whole(const std::filesystem::path& directory,
                        const std::vector<std::string>& names, const FileError& error) {
  return FileError("none of the checkpoints can be read",
                   {{"directory", directory.string(), fmt::format("{} checkpoints", names.size())},
                    {"oldest", names.front(), error.sentence()}},
                   "begin anew in another directory");
}

/// A checkpoint as it will lie in its file.
void write_checkpoint(const std::filesystem::path& path, const Model::Impl& model,
                      const Progress& progress, const KeptWeights& kept, FileSystem& files,
                      Durability durability) {
  std::vector<NamedTensor> tensors = tensors_of(model.state, every_variable);
  Config::List kept_names;
  for (const auto& [name, state] : kept) {
    kept_names.emplace_back(name);
    for (NamedTensor& tensor : tensors_of(state, every_variable, kept_prefix(name))) {
      tensors.push_back(std::move(tensor));
    }
  }
  Config training;
  training["settings"] = settings(model, progress);
  training["epochs_done"] = progress.epochs_done;
  training["epochs_before"] = progress.epochs_before;
  training["stopped"] = progress.stopped;
  training["history"] = to_config(progress.history);
  training["callbacks"] = progress.callbacks;
  training["kept"] = std::move(kept_names);
  training["record"] = record();
  Metadata metadata = model_metadata(model);
  metadata["training"] = to_json(training);
  metadata["checksum"] = checksum_of(metadata["training"], tensors);

  write_safetensors(path, std::move(tensors), metadata, files, durability);
}

constexpr double seconds_between_syncs = 10;

}  // namespace

CheckpointWriter::CheckpointWriter(std::filesystem::path directory, FileSystem& files,
                                   const Clock& clock)
    : directory_(std::move(directory)), files_(files), clock_(clock), next_sync_(clock.seconds()) {}

void CheckpointWriter::save(const Model::Impl& model, const Progress& progress,
                            const KeptWeights& kept) {
  const bool is_due = clock_.seconds() >= next_sync_;
  const std::string name = name_after(progress.epochs_done);
  files_.create_directories(directory_);
  write_checkpoint(directory_ / name, model, progress, kept, files_,
                   is_due ? Durability::synced : Durability::cached);
  newest_ = name;
  if (is_due) {
    synced_ = name;
    next_sync_ = clock_.seconds() + seconds_between_syncs;
  }
  remove_old();
}

void CheckpointWriter::finish() {
  if (newest_ == synced_) return;
  files_.open(directory_ / newest_)->sync();
  files_.sync_directory(directory_);
  synced_ = newest_;
  remove_old();
}

void CheckpointWriter::remove_old() {
  const std::vector<std::string> names = checkpoints_in(directory_, files_);
  constexpr std::size_t kept_files = 2;
  for (std::size_t i = 0; i + kept_files < names.size(); ++i) {
    if (names[i] != synced_) files_.remove(directory_ / names[i]);
  }
}

std::optional<Progress> load_checkpoint(const std::filesystem::path& directory, Model::Impl& model,
                                        const Progress& current, KeptWeights& kept,
                                        FileSystem& files) {
  const std::vector<std::string> names = checkpoints_in(directory, files);
  std::vector<Notice> notices;
  for (std::size_t i = names.size(); i-- > 0;) {
    const std::filesystem::path path = directory / names[i];
    std::optional<Checkpoint> checkpoint;
    try {
      checkpoint.emplace(open_checkpoint(path, files));
    } catch (const FileError& error) {
      if (i == 0) throw none_is_whole(directory, names, error);
      notices.push_back(passed_over(path, error, names[i - 1]));
      continue;
    }
    const Config& training = checkpoint->training;
    check_settings(training.at("settings"), settings(model, current), path);
    fill(model.state, checkpoint->tensors, "", path);
    for (const Config& name : training.at("kept").as_list()) {
      State state(model.state);
      fill(state, checkpoint->tensors, kept_prefix(name.as_string()), path);
      kept.insert_or_assign(name.as_string(), std::move(state));
    }
    Progress progress = current;
    progress.epochs_done = static_cast<int>(training.at("epochs_done").as_integer());
    const Config* before = training.find("epochs_before");
    progress.epochs_before = before ? static_cast<int>(before->as_integer()) : 0;
    progress.stopped = training.at("stopped").as_bool();
    from_config(training.at("history"), progress.history);
    progress.callbacks = training.at("callbacks").as_list();
    progress.notices = std::move(notices);
    return progress;
  }
  return {};
}

std::filesystem::path newest_checkpoint(const std::filesystem::path& directory, FileSystem& files) {
  if (directory.empty()) return {};
  const std::vector<std::string> names = checkpoints_in(directory, files);
  return names.empty() ? std::filesystem::path{} : directory / names.back();
}

void check_can_be_saved(const Model::Impl& model) {
  to_config(model.graph);
  to_config(model.compiled->optimizer);
  to_config(model.compiled->loss);
}

void check_empty(const std::filesystem::path& directory, FileSystem& files) {
  const std::vector<std::string> names = checkpoints_in(directory, files);
  if (names.empty()) return;
  throw ConfigError("the directory holds checkpoints of another training",
                    {{"directory", directory.string()}, {"newest", names.back()}},
                    "resume that training, or choose another directory");
}

}  // namespace sloy
