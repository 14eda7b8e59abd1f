/// Random numbers as values: the numbers of tensor/random.h under the purpose `op`.
#pragma once

#include <sloy/op.h>
#include <sloy/ops.h>

#include "tensor/random.h"

namespace sloy {

/// Operands: seed, step.
extern const OpDefinition<RandomOptions> random_uniform_op;
extern const OpDefinition<RandomOptions> random_normal_op;

/// The key of an op's numbers: `seed` holds the low word, then the high one.
RandomKey random_key(const std::int32_t* seed, const RandomOptions& options);

}  // namespace sloy
