/// Checkpoints: everything a fit needs to go on where it was, bit for bit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "nn/model_impl.h"

namespace sloy {

/// How far a fit has come, and what it is a fit of.
struct Progress {
  int epochs_done = 0;
  int epochs_before = 0;  ///< of earlier fits of the same model
  std::uint64_t seed = 0;
  std::int64_t batch_size = 0;
  std::int64_t examples = 0;
  History history;
  /// States of the callbacks that have one: { type, state }, in their order.
  Config::List callbacks;
  bool stopped = false;
  std::vector<Notice> notices;  ///< of loading it; not part of the file
};

/// Weights kept by callbacks, by name.
using KeptWeights = std::map<std::string, State>;

/// The checkpoints of a fit, one for each epoch it finished. A process that is killed at any moment
/// leaves the last of them whole. To be whole after a power cut a file has to be synced, which
/// costs more than an epoch of a small net: the first one is, then one every ten seconds, and the
/// last one of all.
class CheckpointWriter {
 public:
  /// REQUIRES: files and clock outlive it.
  explicit CheckpointWriter(std::filesystem::path directory, FileSystem& files = real_files(),
                            const Clock& clock = real_clock());

  /// Writes epoch-00003.safetensors into the directory, which is made where it is missing, and then
  /// removes all but the last two and the newest synced one. Throws FileError.
  void save(const Model::Impl& model, const Progress& progress, const KeptWeights& kept);
  /// Syncs the last one, where there is one that isn't. Throws FileError.
  void finish();

 private:
  void remove_old();

  std::filesystem::path directory_;
  FileSystem& files_;
  const Clock& clock_;
  double next_sync_;
  std::string newest_;
  std::string synced_;  ///< the newest that is
};

/// Puts the newest whole checkpoint into the model's state and `kept`; a damaged one is passed over
/// for the one before, with a notice. Nothing where there is none. `current` says what training
/// goes on. Throws ConfigError where the checkpoint is of another training, FileError where all are
/// damaged.
std::optional<Progress> load_checkpoint(const std::filesystem::path& directory, Model::Impl& model,
                                        const Progress& current, KeptWeights& kept,
                                        FileSystem& files = real_files());

/// The checkpoint of the last epoch; empty where there is none, or no directory is named.
std::filesystem::path newest_checkpoint(const std::filesystem::path& directory,
                                        FileSystem& files = real_files());

/// Throws ConfigError where the model, its optimizer or its loss can't be written to a file.
void check_can_be_saved(const Model::Impl& model);

/// Throws ConfigError where there are checkpoints: a training that begins must not mix its own
/// with them.
void check_empty(const std::filesystem::path& directory, FileSystem& files = real_files());

}  // namespace sloy
