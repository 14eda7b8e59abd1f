/// What the offers of matrix products share.
#pragma once

#include "backends/cpu/onednn/matmul.h"
#include "passes/backend.h"

namespace sloy::cpu {

onednn::MatmulGeometry geometry_of_matmul(const Request& request);

/// The form that a product's weight is to have: packed if it is so already, or still open, or the
/// product is its gradient; else plain. Plain too where packing would pad or gains nothing.
Layout form_of_weight(const Request& request, const onednn::MatmulGeometry& geometry);

}  // namespace sloy::cpu
