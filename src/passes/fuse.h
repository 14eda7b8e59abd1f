/// Fusion: chains of element-wise ops become one pass over memory.
#pragma once

#include <memory>

#include <sloy/graph.h>

namespace sloy {

struct FuseOptions {
  /// In the backward part a chain ends with a value that is stored anyway: a pass over memory more,
  /// after which what the value was made of need not be held beside what is read with it.
  bool short_chains = false;
};

/// REQUIRES: a graph without symbols.
///
/// Element-wise ops over one shape are grouped, as far as no group comes to depend on itself, with
/// the reductions of their results (over rows, along the row, over everything); each group becomes
/// one `fused` node (ops/fused.h). What is cheap to compute from one operand, or from operands that
/// its readers read anyway, and every random mask, is computed anew in each group that reads it
/// rather than stored.
std::unique_ptr<Graph> fuse(const Graph& graph, const FuseOptions& options = {});

}  // namespace sloy
