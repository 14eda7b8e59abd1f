#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/layers.h>

#include <algorithm>

namespace sloy {
namespace {

/// Elements of one example.
std::int64_t elements_of(const Shape& shape) {
  std::int64_t elements = 1;
  for (int axis = 1; axis < shape.rank(); ++axis) elements *= shape.size(axis);
  return elements;
}

}  // namespace

Symbol Flatten::operator()(const Symbol& x) const { return apply(*this, x); }
Value Flatten::call(Scope&, Value x) const {
  return reshape(x, {x.dim(0), elements_of(x.shape())});
}

Symbol Reshape::operator()(const Symbol& x) const { return apply(*this, x); }
Value Reshape::call(Scope&, Value x) const {
  const std::int64_t elements = elements_of(x.shape());
  std::int64_t known = 1;
  for (std::int64_t size : target_shape) known *= size == -1 ? 1 : size;
  const auto open = std::count(target_shape.begin(), target_shape.end(), -1);
  const bool sizes_are_right =
      std::all_of(target_shape.begin(), target_shape.end(),
                  [](std::int64_t size) { return size >= 1 || size == -1; });
  const bool fits = open == 0 ? known == elements : known > 0 && elements % known == 0;
  if (!sizes_are_right || open > 1 || !fits) {
    throw ShapeError(
        fmt::format("{} numbers can't have the shape ({})", elements,
                    fmt::join(target_shape, ", ")),
        {{"input", to_string(x.shape())}},
        "give sizes whose product is the number of an example's elements; one may be -1");
  }
  Shape shape{x.dim(0)};
  for (std::int64_t size : target_shape) shape.push_back(size == -1 ? elements / known : size);
  return reshape(x, shape);
}

}  // namespace sloy
