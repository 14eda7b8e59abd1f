/// product_update: a product of two matrices and the chain that alone reads it, as one node, so
/// that the product is never whole in memory: a dense kernel's gradient and its update. Written by
/// the pass product_updates.
#pragma once

#include <span>
#include <vector>

#include "ops/fused.h"
#include "ops/matmul.h"

namespace sloy {

/// Operands: the product's two, then the chain's others in their order. Results are the chain's.
struct ProductUpdateAttributes {
  MatmulAttributes product;
  FusedAttributes chain;
  int place = 0;  ///< of the product among the chain's operands
  bool operator==(const ProductUpdateAttributes&) const = default;
  static void fields(auto&& field) {
    field("product", &ProductUpdateAttributes::product);
    field("chain", &ProductUpdateAttributes::chain);
    field("place", &ProductUpdateAttributes::place);
  }
};

/// Operands of the node that are the product's.
inline constexpr std::size_t product_factors = 2;

/// What the chain reads, of what the node reads. REQUIRES: 0 ≤ place ≤ the number of the others.
template <class T>
std::vector<T> operands_of_chain(std::span<const T> of_node, T product, int place) {
  std::vector<T> operands(of_node.begin() + product_factors, of_node.end());
  operands.insert(operands.begin() + place, std::move(product));
  return operands;
}

extern const OpDefinition<ProductUpdateAttributes> product_update_op;

}  // namespace sloy
