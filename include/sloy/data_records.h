/// Packed data: a data set of any size, on the disk alone, from which each example is read by
/// itself. Nothing of it stays in memory but what the system caches of files.
///
///     data::Parts parts{data::load("moons")};
///     data::pack(parts, "packed");  // packed/train.sloydata, packed/test.sloydata
///     data::Dataset train = data::records("packed/train.sloydata");
///
/// RecordFiles are such files as data of a recipe, or by `--data packed`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <sloy/data.h>
#include <sloy/export.h>

namespace sloy::data {

/// Takes the number of examples that are packed so far.
using PackProgress = std::function<void(std::int64_t)>;

/// How data are packed.
struct PackOptions {
  /// called every few megabytes, on the packing thread; throw to end the packing, which then leaves
  /// no file behind
  PackProgress progress = {};
};

/// Writes the examples as they are in epoch 0, with their spec. Takes a few megabytes of memory,
/// however many examples there are. Examples that aren't in memory are read on all computing
/// threads. The file is there whole or not at all. Throws DiskFullError, before any example is
/// read, where the disk hasn't the room; FileError where the file can't be written; DataError where
/// there is no example or a label is out of range; and what reading throws.
SLOY_EXPORT void pack(const Dataset& dataset, const std::string& path,
                      const PackOptions& options = {});
/// All parts into a directory, which is made: train.sloydata, validation.sloydata and
/// test.sloydata, of which the last two may be missing. Throws FileError where the directory isn't
/// empty.
SLOY_EXPORT void pack(const Parts& parts, const std::string& directory,
                      const PackOptions& options = {});

/// The examples of such a file, whose checksums are compared when they are read. Throws FileError
/// where the file's header is damaged; reading an example throws FileError where its bytes are, and
/// DataError where its label is out of range.
SLOY_EXPORT Dataset records(const std::string& path);

}  // namespace sloy::data
