/// Pooling: the largest or the mean of windows, each channel by itself.
#pragma once

#include <sloy/op.h>
#include <sloy/ops.h>

#include "ops/window.h"

namespace sloy {

struct PoolGradientAttributes {
  Shape input;  ///< of the result
  PoolOptions options = {};
  bool operator==(const PoolGradientAttributes&) const = default;
  static void fields(auto&& field) {
    field("input", &PoolGradientAttributes::input);
    field("options", &PoolGradientAttributes::options);
  }
};

/// Results: values, indices.
extern const OpDefinition<PoolOptions> max_pool_op;
extern const OpDefinition<PoolGradientAttributes> max_pool_gradient_op;
extern const OpDefinition<PoolOptions> max_pool_gather_op;
extern const OpDefinition<PoolOptions> average_pool_op;
extern const OpDefinition<PoolGradientAttributes> average_pool_gradient_op;

/// The window's axes over an input. Throws ShapeError; padding must leave a cell in each window.
WindowAxes pool_axes(const Shape& input, const PoolOptions& options);
Shape pool_shape(const Shape& input, const PoolOptions& options);
/// The same options with every list filled.
PoolOptions canonical(PoolOptions options, const Shape& input);

}  // namespace sloy
