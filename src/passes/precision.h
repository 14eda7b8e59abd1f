/// The precision pass of mixed_bfloat16: which values of a training step are stored as bfloat16.
#pragma once

#include <memory>

#include <sloy/graph.h>

namespace sloy {

/// Gives values that are to be stored as bfloat16 that form (Layout::bfloat16), and rounds what
/// products read in float32 by a `reorder` to it. From here on such a value means the numbers that
/// are left of it when it has been rounded. A chain computes in float32 and rounds what it stores,
/// so fusion comes before.
///
/// A value is stored as bfloat16 where it has a part for each example and all that read it take
/// that: products (of matrices, convolutions and their gradients), chains and their sums over rows,
/// moments, pooling, up-sampling, and views whose results are bfloat16 themselves. float32 stay
/// weights, their gradients and updates; what ops of other kinds read (softmax and cross-entropy);
/// and what a chain reads that sums along rows or over everything, as losses do.
std::unique_ptr<Graph> store_as_bfloat16(const Graph& graph);

}  // namespace sloy
