/// Mean and variance together: the primitive under all normalisations.
#pragma once

#include <sloy/op.h>
#include <sloy/ops.h>

namespace sloy {

/// Results: mean, variance.
extern const OpDefinition<ReduceOptions> moments_op;

}  // namespace sloy
