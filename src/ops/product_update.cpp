#include "ops/product_update.h"

#include <fmt/format.h>

#include "ops/check.h"

namespace sloy {
namespace {

using Attributes = ProductUpdateAttributes;

/// A part of the node's attributes as the op it belongs to takes them.
template <class Part>
Op::Any borrowed(const Part& part) {
  return {Op::Any(), &part};
}

Type product_type(const Attributes& a, std::span<const Type> operands) {
  return matmul_op.infer(borrowed(a.product), Operands(operands.first(product_factors))).front();
}

std::vector<Type> chain_types(const Attributes& a, Operands in) {
  if (in.size() < static_cast<int>(product_factors)) {
    throw ShapeError(fmt::format("takes 2 operands or more, not {}", in.size()));
  }
  std::vector<Type> operands;
  for (int i = 0; i < in.size(); ++i) operands.push_back(in[i]);
  const int others = in.size() - static_cast<int>(product_factors);
  if (a.place < 0 || a.place > others) {
    throw ShapeError(
        fmt::format("the product is operand {} of a chain of {}", a.place, others + 1));
  }
  return operands_of_chain<Type>(operands, product_type(a, operands), a.place);
}

std::vector<Type> infer(const Attributes& a, Operands in) {
  return fused_op.infer(borrowed(a.chain), Operands(chain_types(a, in)));
}

Cost cost(const Attributes& a, Operands in, std::span<const Type> results) {
  const std::vector<Type> operands = chain_types(a, in);
  const Type& product = operands[static_cast<std::size_t>(a.place)];
  return {matmul_op.cost(borrowed(a.product), in, {&product, 1}).flops +
          fused_op.cost(borrowed(a.chain), Operands(operands), results).flops};
}

/// The one after the other, on a temporary.
template <class T>
void reference(const Attributes& a, const Buffers& b) {
  constexpr bool in_double = sizeof(T) == sizeof(double);
  std::vector<Type> factors;
  for (const Buffer& factor : b.inputs.first(product_factors)) {
    factors.push_back({factor.dtype, factor.shape});
  }
  const Shape shape = product_type(a, factors).shape;
  std::vector<T> numbers(static_cast<std::size_t>(shape.size()));
  const Buffer product{DType::float32, shape, numbers.data()};
  matmul_op.reference(borrowed(a.product),
                      {b.inputs.first(product_factors), {&product, 1}, nullptr}, in_double);
  const std::vector<Buffer> operands = operands_of_chain<Buffer>(b.inputs, product, a.place);
  fused_op.reference(borrowed(a.chain), {operands, b.outputs, nullptr}, in_double);
}

}  // namespace

constinit const OpDefinition<ProductUpdateAttributes> product_update_op{{
    .name = "product_update",
    .infer = infer,
    .gradient = not_differentiable<ProductUpdateAttributes>(),
    .reference = OpRules<Attributes>::References{reference<float>, reference<double>},
    .cost = cost,
    .formula = "its instructions, element by element of a·b and other operands",
}};

}  // namespace sloy
