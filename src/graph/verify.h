/// The verifier: what every graph must keep, checked after each pass.
#pragma once

#include <sloy/graph.h>

namespace sloy {

/// Throws std::logic_error, naming `after` and the node, where an input does not precede its node,
/// belongs to another graph, a result's type is not what the op's shape rule says, an update's type
/// is not its variable's, or a variable has two updates. It checks our own code, hence no user
/// error.
void verify(const Graph& graph, std::string_view after);

}  // namespace sloy
