/// Which algorithm a convolution takes.
#pragma once

#include <string>

#include "passes/backend.h"

namespace sloy::cpu {

/// Whether a node of a convolution, or of one of its gradients, takes Winograd's algorithm here.
/// Says in `refusal` why it doesn't.
bool takes_winograd(const Request& request, std::string& refusal);

}  // namespace sloy::cpu
