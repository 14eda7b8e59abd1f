/// Probabilities from scores, along the last axis.
#pragma once

#include <sloy/op.h>

namespace sloy {

extern const OpDefinition<NoAttributes> softmax_op;
/// Operands: scores, labels.
extern const OpDefinition<NoAttributes> softmax_cross_entropy_op;

}  // namespace sloy
