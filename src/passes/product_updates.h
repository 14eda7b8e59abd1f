/// Product updates: the gradient of a large dense kernel is updated with as it is made.
#pragma once

#include "passes/lowered.h"

namespace sloy {

/// A product aᵀ·b of a few MB or more that only one fused chain reads, over the same shape, becomes
/// one node with it (ops/product_update.h): where the backend has a kernel for that which takes the
/// operands as they lie, and where the product adds up so few numbers that it is writing and
/// reading it that takes the time. Everything else stays as it was.
Lowered join_product_updates(Lowered lowered, const Backend& backend);

}  // namespace sloy
