/// Files of measured choices: caches and the records of runs. JSON:
///
///     {"format": "sloy tuning", "version": 1, "machine": "…",
///      "choices": [{"node": "…", "kernel": "onednn winograd", "seconds": 0.0102}, …]}
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sloy/tuning.h>

#include "base/files.h"

namespace sloy {

struct TuningFile {
  std::string machine;  ///< Backend::machine of the one the times are of
  std::vector<TunedChoice> choices;
};

/// Throws FileError where the file can't be read or is larger than any such record, ConfigError
/// with its place on anything else than such a record: damaged text, unknown keys, a version to
/// come, a node twice, a time that is none.
TuningFile read_tuning(const std::filesystem::path& path, FileSystem& files = real_files());

/// Whole or not at all. Throws FileError.
void write_tuning(const std::filesystem::path& path, const TuningFile& content,
                  FileSystem& files = real_files());

}  // namespace sloy
