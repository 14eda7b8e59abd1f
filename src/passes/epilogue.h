/// Epilogues: bias and ReLU computed by the product they follow.
#pragma once

#include <memory>

#include <sloy/graph.h>

namespace sloy {

/// REQUIRES: a graph without symbols. Where a product or convolution is read by nothing but the
/// addition of a number a channel, and that by nothing but a ReLU, the one node does all three.
std::unique_ptr<Graph> absorb_epilogues(const Graph& graph);

}  // namespace sloy
