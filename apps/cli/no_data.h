/// Why --data can't be read: what stands at the place it names.
#pragma once

#include <sloy/error.h>

#include <string>

namespace sloy::cli {

/// About a name that is neither a data set's nor a file's.
FileError no_such_data(const std::string& name);
/// About a file or directory that is like no kind of data: what was seen there, and what to name
/// instead. REQUIRES: it exists.
FileError unknown_data(const std::string& path);

}  // namespace sloy::cli
