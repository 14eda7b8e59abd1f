/// Dropping: the program in which nodes of the forward part run again in the backward part.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "passes/waiting.h"

namespace sloy {

/// What to drop.
struct Dropped {
  std::vector<bool> nodes;  ///< REQUIRES: of those that Waiting::can_drop
  /// Whether what is cheap is computed again for each step that reads it, rather than once for all.
  bool fleeting = false;
};

struct Dropping {
  /// Without a memory plan. Absent where a dropped node would read a variable after its update.
  std::optional<Scheduled> scheduled = {};
  std::size_t in_the_way = 0;  ///< where it is absent: that node
  double seconds = 0;          ///< of what runs again
};

/// The program without the memory of what is dropped. From the turn on a large value of a dropped
/// node is read from a copy of the node (Selection::again), which stands right before the first
/// step that needs it, after copies of the dropped nodes that it reads itself.
Dropping drop(const Waiting& waiting, const Dropped& dropped);

}  // namespace sloy
