#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/error.h>
#include <sloy/tensor.h>

#include <algorithm>
#include <array>

namespace sloy {
namespace {

constexpr std::array<std::string_view, 4> dtype_names{"float32", "float64", "int32", "uint8"};

}  // namespace

std::string_view to_string(DType dtype) { return dtype_names.at(static_cast<std::size_t>(dtype)); }

DType parse_dtype(std::string_view name) {
  auto found = std::find(dtype_names.begin(), dtype_names.end(), name);
  if (found == dtype_names.end()) {
    throw ConfigError(fmt::format("there is no dtype '{}'", name),
                      {{"known", fmt::format("{}", fmt::join(dtype_names, ", "))}});
  }
  return static_cast<DType>(found - dtype_names.begin());
}

Shape::Shape(std::initializer_list<Dim> dims) : Shape(std::span(dims.begin(), dims.size())) {}

Shape::Shape(std::span<const Dim> dims) {
  for (const Dim& dim : dims) push_back(dim);
}

Shape::Shape(std::span<const std::int64_t> dims) {
  for (std::int64_t dim : dims) push_back(dim);
}

void Shape::push_back(Dim dim) {
  if (rank_ == max_rank) {
    throw ShapeError(fmt::format("a tensor has at most {} dimensions", max_rank),
                     {{"so far", to_string(*this)}, {"one more", to_string(dim)}});
  }
  dims_[rank_++] = dim;
}

bool Shape::is_symbolic() const {
  return std::any_of(begin(), end(), [](const Dim& dim) { return dim.is_symbolic(); });
}

Dim Shape::elements() const {
  // A zero makes the product zero whatever the others are, so it is looked for before they are
  // multiplied and may overflow.
  const bool empty = std::any_of(begin(), end(), [](Dim dim) { return dim.factor() == 0; });
  std::int64_t product = empty ? 0 : 1;
  bool symbolic = false;
  for (const Dim& dim : *this) {
    if (dim.factor() < 0) {
      throw ShapeError("a dimension can't be negative", {{"shape", to_string(*this)}});
    }
    if (dim.is_symbolic() && symbolic) {
      throw ShapeError("only one dimension can depend on the batch size",
                       {{"shape", to_string(*this)}});
    }
    symbolic |= dim.is_symbolic();
    if (__builtin_mul_overflow(product, dim.factor(), &product)) {
      throw ShapeError("the number of elements does not fit 63 bits",
                       {{"shape", to_string(*this)}});
    }
  }
  return symbolic ? Dim::batches(product) : Dim(product);
}

Shape Shape::bind(std::int64_t batch_size) const {
  Shape bound = *this;
  for (int axis = 0; axis < rank_; ++axis) bound[axis] = dims_[axis].bind(batch_size);
  return bound;
}

Shape Shape::with_first(Dim dim) const {
  assert(rank_ > 0);
  Shape changed = *this;
  changed[0] = dim;
  return changed;
}

Shape Shape::without(int axis) const {
  assert(-rank_ <= axis && axis < rank_);
  const int dropped = axis < 0 ? axis + rank_ : axis;
  Shape rest;
  for (int other = 0; other < rank_; ++other) {
    if (other != dropped) rest.push_back(dims_[other]);
  }
  return rest;
}

bool Shape::operator==(const Shape& other) const {
  return std::equal(begin(), end(), other.begin(), other.end());
}

std::string to_string(const Dim& dim) {
  if (!dim.is_symbolic()) return std::to_string(dim.factor());
  return dim.factor() == 1 ? "batch" : fmt::format("{}*batch", dim.factor());
}

std::string to_string(const Shape& shape) {
  std::vector<std::string> dims;
  for (const Dim& dim : shape) dims.push_back(to_string(dim));
  return fmt::format("({})", fmt::join(dims, ", "));
}

std::string to_string(const Type& type) {
  return fmt::format("{} {}", to_string(type.dtype), to_string(type.shape));
}

}  // namespace sloy
