/// What other libraries call the things that have another name here.
#pragma once

#include <span>
#include <string_view>

namespace sloy {

/// A word of Keras's (a type that is part of another here, a short form) or of PyTorch's.
struct ForeignName {
  std::string_view theirs;
  std::string_view ours;
};

/// A word may have several rows, for names of several kinds. Error messages suggest `ours`; nothing
/// takes `theirs` for it.
std::span<const ForeignName> foreign_names();

}  // namespace sloy
