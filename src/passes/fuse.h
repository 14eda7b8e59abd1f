/// Fusion: chains of element-wise ops become one pass over memory.
#pragma once

#include <memory>

#include <sloy/graph.h>

namespace sloy {

/// REQUIRES: a graph without symbols.
///
/// Element-wise ops over one shape are grouped, as far as no group comes to depend on itself, with
/// the reductions of their results (over rows, along the row, over everything); each group becomes
/// one `fused` node (ops/fused.h). What is cheap to compute from one operand, or from operands that
/// its readers read anyway, and every random mask, is computed anew in each group that reads it
/// rather than stored.
std::unique_ptr<Graph> fuse(const Graph& graph);

}  // namespace sloy
