/// The directory that a training leaves its files in.
#pragma once

#include <sloy/sloy.h>

#include <filesystem>
#include <string>

namespace sloy::cli {

/// Made and known to be writable before anything is computed. One that was made for a training
/// that never began is removed again.
class RunDirectory {
 public:
  /// Throws FileError where it can't be written, or holds files: with `resume` none but a run's are
  /// taken.
  RunDirectory(std::filesystem::path path, bool resume);
  /// A new one: runs/<time>-<name>, or with -2, -3 … at its end where others have that.
  static RunDirectory unused(const std::string& name);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Throws ConfigError where the run in it was begun with another recipe.
  void check_same(const Recipe& recipe) const;
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  /// Makes the directory of the checkpoints, and writes recipe.toml and run.json.
  void record(const Recipe& recipe) const;

 private:
  /// REQUIRES: just made.
  explicit RunDirectory(std::filesystem::path made);
  bool holds_run() const;

  std::filesystem::path path_;
  bool made_ = false;
};

}  // namespace sloy::cli
