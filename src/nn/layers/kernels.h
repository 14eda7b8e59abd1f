/// What layers with a kernel have in common.
#pragma once

#include <sloy/layers.h>

namespace sloy {

/// (spatial…, from, to): the shape of a kernel between so many channels.
template <int N>
Shape kernel_shape(const Sizes<N>& kernel_size, std::int64_t from, std::int64_t to) {
  Shape shape;
  for (int size : kernel_size.numbers()) shape.push_back(size);
  shape.push_back(from);
  shape.push_back(to);
  return shape;
}

/// Whether and how kernels are standardised: two arguments of every layer that has one.
struct Standardization {
  bool wanted;
  double epsilon;
};

/// (kernel − μ) / √(σ² + epsilon) where that is wanted, else the kernel: μ and σ² over all axes but
/// the last, that of the result's channels. Throws ConfigError on an epsilon that isn't above 0.
Value standardized(Value kernel, const Standardization& options);

/// activation(y). What the regularizer says of it is divided by the number of examples and added to
/// the loss: a mean over the batch, as the loss is.
Value activated(Scope& scope, Value y, const Activation& activation,
                const Regularizer& activity_regularizer);

}  // namespace sloy
