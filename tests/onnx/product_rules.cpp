// ONNX's matrix products.

#include "onnx/node.h"

namespace sloy::from_onnx {
namespace {

Values product(const Node& node) {
  if (node[1].rank() != 2) node.refuse("several second operands");
  return {matmul(node[0], node[1])};
}

/// alpha · a · b + beta · c, where a and b may be transposed.
Values general_product(const Node& node) {
  Value y = matmul(
      node[0], node[1],
      {.transpose_a = node.integer("transA") != 0, .transpose_b = node.integer("transB") != 0});
  y = y * node.number("alpha");
  if (node.has(2)) y = y + node[2] * node.number("beta");
  return {y};
}

constexpr NamedRule rules[] = {{"Gemm", general_product}, {"MatMul", product}};

}  // namespace

std::span<const NamedRule> product_rules() { return rules; }

}  // namespace sloy::from_onnx
