/// The loops of reductions: for every element of the result, the elements it is made of.
#pragma once

#include "ops/check.h"
#include "ops/loops.h"

namespace sloy {

/// A shape split into the dimensions a reduction keeps and those it runs over.
class ReductionLoops {
 public:
  ReductionLoops(const Shape& shape, const std::vector<int>& axes) {
    std::array<bool, Shape::max_rank> runs_over{};
    for (int axis : axes) {
      runs_over[static_cast<std::size_t>(axis < 0 ? axis + shape.rank() : axis)] = true;
    }
    const Index strides = strides_of(shape);
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const auto i = static_cast<std::size_t>(axis);
      Part& part = axes.empty() || runs_over[i] ? reduced_ : kept_;
      part.strides[static_cast<std::size_t>(part.shape.rank())] = strides[i];
      part.shape.push_back(shape[axis]);
    }
  }

  /// Elements that make one of the result.
  std::int64_t count() const { return reduced_.shape.size(); }

  /// Calls body(first) for each element of the result in row-major order.
  template <class Body>
  void for_each_result(const Body& body) const {
    walk(kept_.shape, kept_.strides, body);
  }
  /// Calls body(place) for each element reduced into the result that for_each_result gave as
  /// `first`, in row-major order.
  template <class Body>
  void for_each_of(std::int64_t first, const Body& body) const {
    walk(reduced_.shape, reduced_.strides, [&](std::int64_t at) { body(first + at); });
  }

 private:
  struct Part {
    Shape shape;
    Index strides{};
  };
  Part kept_;
  Part reduced_;
};

}  // namespace sloy
