/// The directory that a training leaves its files in.
#pragma once

#include <sloy/sloy.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace sloy::cli {

/// Replaces the file. Throws FileError.
void write_text(const std::filesystem::path& path, const std::string& text);

/// Made and known to be writable before anything is computed. Of a training that learned nothing
/// it leaves nothing: what was refused then begins anew in the same place.
class RunDirectory {
 public:
  /// What `sloy train` writes into it.
  static constexpr std::array own_files{"recipe.toml", "run.json",          "tuning.json",
                                        "log.csv",     "model.safetensors", "checkpoints"};

  /// Throws FileError where it can't be written, or holds files: with `resume` none but a run's are
  /// taken.
  RunDirectory(std::filesystem::path path, bool resume);
  /// A new one: runs/<time>-<name>, or with -2, -3 … at its end where others have that.
  static RunDirectory unused(const std::string& name);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Whether there is a run to go on with.
  bool holds_earlier_run() const { return holds_earlier_run_; }
  /// Throws ConfigError where the run in it was begun with another recipe.
  void check_same(const Recipe& recipe) const;
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  /// Which kernels were chosen by their time, where the recipe asks for that.
  std::filesystem::path tuning() const { return path_ / "tuning.json"; }
  /// Makes the directory of the checkpoints, and writes recipe.toml, run.json and, of a tuning that
  /// is not empty, tuning.json.
  void record(const Recipe& recipe, const Tuning& tuning) const;
  /// Says that a callback will write this file, which is the run's where it is in its directory.
  void expect(const std::filesystem::path& file);
  /// There is something to keep: an epoch, or an interruption to go on from.
  void keep() { is_kept_ = true; }

 private:
  /// REQUIRES: just made.
  explicit RunDirectory(std::filesystem::path made);
  /// Throws FileError where the directory isn't this run's to go on with. REQUIRES: not empty.
  void check_files(bool resume) const;

  std::filesystem::path path_;
  std::vector<std::filesystem::path> expected_;  ///< within it
  bool made_ = false;
  bool holds_earlier_run_ = false;
  bool is_kept_ = false;
};

}  // namespace sloy::cli
