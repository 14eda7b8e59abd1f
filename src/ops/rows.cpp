#include "ops/rows.h"

#include <algorithm>

#include "ops/check.h"

namespace sloy {
namespace {

/// Whether elements lie in the same order after the permutation: axes of size 1 may go anywhere.
bool moves_nothing(const Shape& shape, const std::vector<int>& permutation) {
  int last = -1;
  for (int axis : permutation) {
    if (shape[axis] == Dim(1)) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

}  // namespace

Rows::Rows(Value x, const std::vector<int>& axes) : shape_(x.shape()) {
  if (axes.empty()) throw ShapeError("no axis is given", {}, "give at least one: -1 is the last");
  axes_ = check_axes(shape_, axes);
  if (axes_.front() == 0) {
    throw ShapeError("axis 0 is the batch's: its examples have nothing to do with one another",
                     {{"input", to_string(shape_)}},
                     "give axes of an example, from 1 on or from the end");
  }
  rows_ = x;
  if (axes_.size() == 1 && axes_.front() == shape_.rank() - 1) return;

  Shape of_rows;
  std::int64_t width = 1;
  for (int axis = 0; axis < shape_.rank(); ++axis) {
    if (std::binary_search(axes_.begin(), axes_.end(), axis)) {
      width *= shape_.size(axis);
    } else {
      permutation_.push_back(axis);
      of_rows.push_back(shape_[axis]);
    }
  }
  permutation_.insert(permutation_.end(), axes_.begin(), axes_.end());
  of_rows.push_back(width);
  if (moves_nothing(shape_, permutation_)) {
    permutation_.clear();
  } else {
    rows_ = transpose(rows_, permutation_);
  }
  rows_ = reshape(rows_, of_rows);
}

Value Rows::back(Value rows) const {
  if (permutation_.empty()) return rows.shape() == shape_ ? rows : reshape(rows, shape_);
  Shape moved;
  std::vector<int> inverse(permutation_.size());
  for (std::size_t i = 0; i < permutation_.size(); ++i) {
    moved.push_back(shape_[permutation_[i]]);
    inverse[static_cast<std::size_t>(permutation_[i])] = static_cast<int>(i);
  }
  return transpose(reshape(rows, moved), inverse);
}

}  // namespace sloy
