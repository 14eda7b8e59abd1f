/// The element-wise ops: each element of the result from the same (broadcast) elements of the
/// operands. Fusion computes chains of them in one pass over memory.
#pragma once

#include <sloy/op.h>

namespace sloy {

struct CastAttributes {
  DType dtype = DType::float32;
  bool operator==(const CastAttributes&) const = default;
  static void fields(auto&& field) { field("dtype", &CastAttributes::dtype); }
};

extern const OpDefinition<NoAttributes> add_op;
extern const OpDefinition<NoAttributes> subtract_op;
extern const OpDefinition<NoAttributes> multiply_op;
extern const OpDefinition<NoAttributes> divide_op;
extern const OpDefinition<NoAttributes> maximum_op;
extern const OpDefinition<NoAttributes> minimum_op;
extern const OpDefinition<NoAttributes> power_op;

extern const OpDefinition<NoAttributes> equal_op;
extern const OpDefinition<NoAttributes> not_equal_op;
extern const OpDefinition<NoAttributes> greater_op;
extern const OpDefinition<NoAttributes> greater_equal_op;
extern const OpDefinition<NoAttributes> less_op;
extern const OpDefinition<NoAttributes> less_equal_op;
extern const OpDefinition<NoAttributes> where_op;

extern const OpDefinition<NoAttributes> negative_op;
extern const OpDefinition<NoAttributes> absolute_op;
extern const OpDefinition<NoAttributes> sign_op;
extern const OpDefinition<NoAttributes> floor_op;
extern const OpDefinition<NoAttributes> exp_op;
extern const OpDefinition<NoAttributes> log_op;
extern const OpDefinition<NoAttributes> log1p_op;
extern const OpDefinition<NoAttributes> expm1_op;
extern const OpDefinition<NoAttributes> square_op;
extern const OpDefinition<NoAttributes> sqrt_op;
extern const OpDefinition<NoAttributes> rsqrt_op;
extern const OpDefinition<NoAttributes> reciprocal_op;
extern const OpDefinition<NoAttributes> tanh_op;
extern const OpDefinition<NoAttributes> sigmoid_op;
extern const OpDefinition<NoAttributes> erf_op;
extern const OpDefinition<NoAttributes> rectify_op;

extern const OpDefinition<CastAttributes> cast_op;
extern const OpDefinition<NoAttributes> stop_gradient_op;

}  // namespace sloy
