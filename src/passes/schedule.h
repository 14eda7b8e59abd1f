/// The schedule: in which order the nodes run.
#pragma once

#include <vector>

#include "passes/lowered.h"

namespace sloy {

/// The value whose memory `value` is: views are followed to what they view.
Value root_of(const Graph& graph, Value value);

/// Makes every update one that is written straight into its variable: where the value can't be
/// computed there (a leaf, a view, an output or the value of two updates, a kernel that reads the
/// variable and can't work in place), a copy is put behind it. With `in_place` false every update
/// is a copy. The copy's kernel is the backend's for `reorder`.
void place_updates(Lowered& lowered, const Backend& backend, NumericPrecision precision,
                   bool in_place);

/// An order of the nodes that run (leaves and views left out) in which every node follows its
/// inputs, and the node that writes a variable follows every other reader of it. Among the nodes
/// that are ready updates come first, so that a gradient's memory is free early, then those that
/// free as much memory as they take. Gradients that are much larger than what they are computed of
/// and that updates alone read, as those of large dense layers, come last, one after the other with
/// its update: by then the activations are gone. Otherwise the graph's own order is kept.
std::vector<std::int32_t> schedule(const Lowered& lowered);

}  // namespace sloy
