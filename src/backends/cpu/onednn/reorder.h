/// Copies from one layout to another.
#pragma once

#include "backends/cpu/onednn/prepared.h"

namespace sloy::onednn {

/// A kernel with one input and one output, both of `shape`; padding of the output becomes zero.
/// REQUIRES: the shape has one to eight dimensions, none of them zero.
Preparation prepare_reorder(const Shape& shape, const Layout& from, const Layout& to);

}  // namespace sloy::onednn
