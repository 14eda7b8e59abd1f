/// What the compiler knows of a graph between choosing kernels and fixing addresses.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sloy/graph.h>
#include <sloy/op.h>

#include "passes/backend.h"

namespace sloy {

/// The kernel chosen for a node, and the faster ones that refused it.
struct Selection {
  const Offer* offer = nullptr;  ///< null for leaves and views, which run nothing
  Proposal proposal;
  std::vector<std::pair<std::string, std::string>> refused;  ///< offer, reason
  bool tuned = false;                                        ///< chosen by its time
  bool again = false;  ///< a copy of a node that ran before (passes/recompute.h)
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

/// A piece of the arena that is taken from step `first` to step `last`, both included.
struct Block {
  std::size_t bytes = 0;
  std::int32_t first = 0;
  std::int32_t last = 0;
  std::int64_t offset = 0;
  std::int32_t node = -1;  ///< whose result it first holds, or whose scratch it is
};

struct MemoryPlan {
  /// For each node the place of each result.
  std::vector<std::vector<Address>> results;
  /// For each node its scratch's place in the arena.
  std::vector<std::int64_t> scratch;
  std::vector<Block> blocks;  ///< of the arena
  std::size_t arena_bytes = 0;
  std::size_t constant_bytes = 0;
  int in_place = 0;  ///< results that took over an input's memory
};

/// A program but for its addresses: kernels, their order, and where everything lies.
struct Scheduled {
  Lowered lowered;
  std::vector<std::int32_t> order;  ///< of the nodes that run
  MemoryPlan memory;
};

/// What a node's kernel has to do.
struct Work {
  double flops = 0;
  double bytes = 0;          ///< read and written: each operand and each result once, as it lies
  double share_of_peak = 1;  ///< Offer::share_of_peak
};
Work work_of(const Graph& graph, const Node& node, const Selection& selection);
/// The time of its arithmetic or of its memory traffic, whichever is longer.
double seconds_of(const Work& work, double gigaflops, double gigabytes_per_second);

/// Whether a node has a kernel to run: leaves and views have none.
inline bool runs(const Node& node) {
  return node.op->kind() != Kind::leaf && node.op->kind() != Kind::view;
}

/// How a result lies in memory.
inline Layout layout_of(const Result& result) { return result.layout ? *result.layout : Layout{}; }

}  // namespace sloy
