/// The recompute pass: memory for time. What the forward part of a step computed is dropped, and
/// computed again when the backward part needs it.
#pragma once

#include <cstddef>

#include "passes/plan_memory.h"

namespace sloy {

struct RecomputeOptions {
  std::size_t arena_bytes = 0;  ///< what the arena may take
  MemoryOptions memory = {};
};

/// A program that computes the same bits as `given` in an arena of `arena_bytes`: of those tried
/// the one that takes the least time; where none fits, the one with the smallest arena. `given`
/// itself where that fits.
///
/// A copy of a node (Selection::again) runs the same kernel on the same numbers, as late as it may:
/// right before the first step that reads it, and once for all that do, or where memory is tight
/// and the node cheap for each of them. Nodes that write variables are never copied, so that
/// statistics move once; random numbers depend on their counters alone. Which values are kept is
/// decided in the manner of Chen et al. 2016 (Training Deep Nets with Sublinear Memory Cost):
/// checkpoints so many bytes apart, or only what is dear to compute; each such choice is planned,
/// the best one is improved value by value.
Scheduled recompute(Scheduled given, const RecomputeOptions& options);

/// The same with every value dropped that can be, whatever that gains.
Scheduled recompute_everything(const Scheduled& given, const MemoryOptions& options);

}  // namespace sloy
