/// The product of two matrices.
#pragma once

#include <sloy/op.h>
#include <sloy/ops.h>

namespace sloy {

/// Operands: a, b and, after fusion alone, a bias along the columns of the result.
struct MatmulAttributes {
  MatmulOptions options = {};
  bool relu = false;  ///< negative results become 0: set by fusion alone
  bool operator==(const MatmulAttributes&) const = default;
  static void fields(auto&& field) {
    field("options", &MatmulAttributes::options);
    field("relu", &MatmulAttributes::relu);
  }
};

extern const OpDefinition<MatmulAttributes> matmul_op;

}  // namespace sloy
