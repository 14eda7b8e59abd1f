/// What NumPy's arrays become as features.
#pragma once

#include <sloy/tensor.h>

namespace sloy::data {

/// Models take float32.
inline DType as_features(DType dtype) { return dtype == DType::float64 ? DType::float32 : dtype; }

/// The shape of arrays whose first dimension counts examples: grey images, bytes (n, height,
/// width), come without a channel dimension and get one.
inline Shape with_channels(const Type& arrays) {
  Shape shape = arrays.shape;
  if (arrays.dtype == DType::uint8 && shape.rank() == 3) shape.push_back(1);
  return shape;
}

}  // namespace sloy::data
