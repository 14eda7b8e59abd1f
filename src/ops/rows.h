/// A value seen as rows over some of its axes, for what works along rows: softmax, moments, norms.
#pragma once

#include <sloy/ops.h>

namespace sloy {

class Rows {
 public:
  /// The elements of `x` over `axes` become a row, in the order they have; negative axes count from
  /// the end. Throws ShapeError where x has no such axis, one is given twice, or is the batch's.
  Rows(Value x, const std::vector<int>& axes);

  /// (…, n): the other axes in their order, then the row. x itself where that is what it is; what
  /// stands last already, or has size 1, is not moved.
  Value rows() const { return rows_; }
  /// The axes of x, ascending from 0.
  const std::vector<int>& axes() const { return axes_; }
  /// A value of the rows' shape, in the shape and order of x.
  Value back(Value rows) const;

 private:
  Shape shape_;                   ///< of x
  std::vector<int> axes_;         ///< that make a row
  std::vector<int> permutation_;  ///< that brings them to the end; empty where nothing moves
  Value rows_;
};

}  // namespace sloy
