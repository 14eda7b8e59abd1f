/// Reductions along axes.
#pragma once

#include <sloy/op.h>
#include <sloy/ops.h>

namespace sloy {

struct AxisAttributes {
  int axis = -1;
  bool operator==(const AxisAttributes&) const = default;
  static void fields(auto&& field) { field("axis", &AxisAttributes::axis); }
};

struct CountAttributes {
  Dim elements = 1;
  bool operator==(const CountAttributes&) const = default;
  static void fields(auto&& field) { field("elements", &CountAttributes::elements); }
};

extern const OpDefinition<ReduceOptions> sum_op;
extern const OpDefinition<ReduceOptions> max_op;
extern const OpDefinition<AxisAttributes> argmax_op;
extern const OpDefinition<CountAttributes> count_op;

/// The shape with the sizes along the axes made 1.
Shape kept_dims(const Shape& shape, const std::vector<int>& axes);
/// The shape of a reduction's result. Throws ShapeError on wrong axes.
Shape reduced_shape(const Shape& shape, const ReduceOptions& options);
/// The same reduction, its axes listed in ascending order from the first; wrong ones stay.
ReduceOptions canonical(ReduceOptions options, const Shape& shape);

}  // namespace sloy
