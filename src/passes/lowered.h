/// What the compiler knows of a graph between choosing kernels and fixing addresses.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sloy/graph.h>

#include "passes/backend.h"

namespace sloy {

/// The kernel chosen for a node, and the faster ones that refused it.
struct Selection {
  const Offer* offer = nullptr;  ///< null for leaves and views, which run nothing
  Proposal proposal;
  std::vector<std::pair<std::string, std::string>> refused;  ///< offer, reason
  bool tuned = false;                                        ///< chosen by its time
};

struct Lowered {
  std::unique_ptr<Graph> graph;       ///< every result has its layout
  std::vector<Selection> selections;  ///< one a node
};

/// A place in memory: an offset into a segment. Between runs only the segments' bases change.
struct Address {
  enum Segment : std::int32_t { constants = 0, state = 1, arena = 2, first_input = 3 };
  std::int32_t segment = arena;
  std::int64_t offset = 0;  ///< bytes
};

struct MemoryPlan {
  /// For each node the place of each result.
  std::vector<std::vector<Address>> results;
  /// For each node its scratch's place in the arena.
  std::vector<std::int64_t> scratch;
  std::size_t arena_bytes = 0;
  std::size_t constant_bytes = 0;
  int in_place = 0;  ///< results that took over an input's memory
};

}  // namespace sloy
