/// ReLU before dropout: both masks of the gradient are read off the result.
#pragma once

#include <memory>

#include <sloy/graph.h>

namespace sloy {

/// REQUIRES: a graph without symbols.
///
/// What dropout makes of a ReLU's result, y = where(kept, rectify(z) · s, 0) with s > 0, is above 0
/// exactly where z is and the number was kept. So neither z nor the random numbers are needed for
/// the gradient:
///
///     where(rectify(z) > 0, where(kept, d, 0) · s, 0)  =  where(y > 0, d · s, 0)
///
/// Both give equal bits. Done where y is kept in memory anyway, for what reads it next.
std::unique_ptr<Graph> read_masks_off_dropout(const Graph& graph);

}  // namespace sloy
