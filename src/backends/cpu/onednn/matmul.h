/// Products of two matrices, with a weight packed or plain.
#pragma once

#include <cstdint>
#include <optional>

#include "backends/cpu/onednn/prepared.h"

namespace sloy::onednn {

/// c (rows, columns) = a·b, where a is (rows, inner) or, transposed, (inner, rows), and b is
/// (inner, columns) or, transposed, (columns, inner). In a dense layer these are
///
///     y  = x·w     nothing transposed, b is the weight
///     dx = dy·wᵀ   b transposed, b is the weight
///     dw = xᵀ·dy   a transposed, c is the weight's gradient
struct MatmulGeometry {
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  std::int64_t inner = 1;
  bool transpose_a = false;
  bool transpose_b = false;

  Shape a_shape() const { return transpose_a ? Shape{inner, rows} : Shape{rows, inner}; }
  Shape b_shape() const { return transpose_b ? Shape{columns, inner} : Shape{inner, columns}; }
  Shape c_shape() const { return {rows, columns}; }
  double flops() const {
    return 2.0 * static_cast<double>(rows) * static_cast<double>(columns) *
           static_cast<double>(inner);
  }
};

struct MatmulOptions {
  /// a and b are bfloat16, and added up in float32. On a CPU that multiplies them
  /// (Machine::bfloat16).
  bool bfloat16 = false;
  /// c is rounded to bfloat16.
  bool bfloat16_result = false;
  /// A vector added to every row of c.
  bool bias = false;
  /// c = max(c, 0). Makes 0 of not-a-number.
  bool relu = false;
};

/// The layout of the weight (b, or c where a is transposed); the other operands are plain. Packed
/// forms are what `packed_weight` gives. Left out: plain, or of bfloat16 what oneDNN likes best.
struct MatmulLayouts {
  std::optional<Layout> weight = {};
};

/// A kernel from a, b and, if asked for, the bias to c; or why there is none.
/// REQUIRES: sizes positive and below 2³¹; bias and ReLU only where nothing is transposed.
Preparation prepare_matmul(const MatmulGeometry& geometry, const MatmulOptions& options = {},
                           const MatmulLayouts& layouts = {});

/// The packed form of a weight (inputs, units) in which oneDNN multiplies fastest and which all
/// three products of a dense layer take, so that an optimiser may update it in place. Nothing where
/// packing gains nothing: it would pad, or this CPU has no kernels for it.
std::optional<Layout> packed_weight(std::int64_t inputs, std::int64_t units);

}  // namespace sloy::onednn
