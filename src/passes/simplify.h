/// Simplification: the same numbers from fewer nodes.
#pragma once

#include <memory>

#include <sloy/graph.h>

namespace sloy {

/// REQUIRES: a graph without symbols. Drops what nothing needs, merges nodes that compute the same
/// (common subexpressions), computes what depends on constants alone (in double), and removes
/// operations that change nothing: x·1, x/1, x+0, x−0, a reshape or broadcast to the same shape, a
/// cast to the same dtype, stop_gradient, a broadcast whose reader would broadcast by itself.
/// Results differ from the graph's own at most in the sign of a zero.
std::unique_ptr<Graph> simplify(const Graph& graph);

}  // namespace sloy
