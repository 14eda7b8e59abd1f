/// ReLU and max pooling: the ReLU and its mask move to the smaller side of the pool.
#pragma once

#include <memory>

#include <sloy/graph.h>

namespace sloy {

/// REQUIRES: a graph without symbols.
///
/// As a ReLU keeps the order of numbers, pooling what it gives is the same as a ReLU of what the
/// pool gives. And where an element wins, it is the pool's value, so the mask of the ReLU's
/// gradient can be taken before the winners' gradients are scattered:
///
///     max_pool(rectify(z))                       = rectify(max_pool(z))
///     where(y > 0, max_pool_gradient(d, i), 0)   = max_pool_gradient(where(p > 0, d, 0), i)
///                                                  with (p, i) = max_pool(y)
///
/// Both give equal bits. The second is done wherever it can be, the first where nothing else reads
/// y = rectify(z). Then y, which is as large as the pool's windows are many, is never made, and the
/// backward step doesn't need it.
std::unique_ptr<Graph> move_relu_behind_pools(const Graph& graph);

}  // namespace sloy
