/// Standard input and other streams, as files.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "base/files.h"

namespace sloy {

/// All that a stream gives until its end, at most limits.file_bytes. Throws FileError, calling it
/// `name`, on more and on nothing: `needed` says what should be there.
std::unique_ptr<File> open_whole(std::istream& stream, const std::string& name,
                                 std::string_view needed);

}  // namespace sloy
