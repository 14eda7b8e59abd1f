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
  /// Throws FileError where it can't be written, or holds files and isn't to be gone on with.
  RunDirectory(std::filesystem::path path, bool resume);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Throws ConfigError where the run in it was begun with another recipe.
  void check_same(const Recipe& recipe) const;
  /// Writes recipe.toml and run.json.
  void record(const Recipe& recipe) const;

 private:
  std::filesystem::path path_;
  bool made_ = false;
};

/// runs/<time>-<name>
std::filesystem::path usual_run_directory(const std::string& name);

}  // namespace sloy::cli
