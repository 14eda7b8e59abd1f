#include "ops/reorder.h"

namespace sloy {
namespace {

std::vector<Type> infer(const ReorderAttributes&, Operands operands) { return {operands[0]}; }

std::vector<Value> gradient(const ReorderAttributes&, const Backward& b) {
  return {b.output_gradient()};
}

template <class T>
void reference(const ReorderAttributes& a, const Buffers& b) {
  const Buffer& x = b.inputs[0];
  std::size_t bytes = x.dtype == DType::float32 ? sizeof(T) : size_of(x.dtype);
  relayout(x.shape, bytes, a.from, x.data, a.to, b.outputs[0].data);
}

}  // namespace

constinit const OpDefinition<ReorderAttributes> reorder_op{{
    .name = "reorder",
    .infer = infer,
    .gradient = gradient,
    .reference = OpRules<ReorderAttributes>::References{reference<float>, reference<double>},
    .formula = "y = x, its elements in another order in memory",
}};

}  // namespace sloy
