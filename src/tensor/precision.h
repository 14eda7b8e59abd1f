/// What a precision means for what is kept.
#pragma once

#include <sloy/tensor.h>

namespace sloy {

/// How variables are held, and how what is no training step computes.
constexpr NumericPrecision state_precision(NumericPrecision precision) {
  return precision == NumericPrecision::mixed_bfloat16 ? NumericPrecision::float32 : precision;
}

}  // namespace sloy
