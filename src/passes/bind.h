/// Binding: the batch dimension becomes a number.
#pragma once

#include <memory>
#include <span>

#include <sloy/graph.h>

namespace sloy {

/// The part of `graph` that `outputs` and `updates` need, with every batch dimension bound to
/// `batch_size` and every shape checked anew. The result has these as its outputs and updates, and
/// the feeds of `graph`. A negative size leaves the dimension open: a copy.
std::unique_ptr<Graph> bind_batch(const Graph& graph, std::span<const Value> outputs,
                                  std::span<const Graph::Update> updates, std::int64_t batch_size);

}  // namespace sloy
