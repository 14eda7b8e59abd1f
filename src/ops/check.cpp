#include "ops/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace sloy {
namespace {

/// Names of the spatial dimensions of an image of rank 3, 4 and 5.
constexpr std::array<std::string_view, 3> spatial_dims{"length", "height, width",
                                                       "depth, height, width"};

bool is_image(int rank) { return rank >= 3 && rank <= 5; }

}  // namespace

Note shape_note(std::string label, const Shape& shape, std::string dims) {
  return {std::move(label), to_string(shape), std::move(dims)};
}

std::string image_dims(int rank) {
  if (!is_image(rank)) return {};
  return fmt::format("batch, {}, channels", spatial_dims[static_cast<std::size_t>(rank - 3)]);
}

std::string kernel_dims(int rank) {
  if (!is_image(rank)) return {};
  return fmt::format("{}, channels, filters", spatial_dims[static_cast<std::size_t>(rank - 3)]);
}

std::string_view spatial_name(int rank, int spatial) {
  static constexpr std::array<std::string_view, 3> names{"depth", "height", "width"};
  if (rank == 3) return "length";
  return names[static_cast<std::size_t>(spatial + 5 - rank)];
}

void check_count(Operands operands, int count) { check_count(operands, count, count); }

void check_count(Operands operands, int least, int most) {
  if (operands.size() >= least && operands.size() <= most) return;
  std::string needed =
      least == most ? fmt::format("{}", least) : fmt::format("{} or {}", least, most);
  throw ShapeError(fmt::format("takes {} operands, not {}", needed, operands.size()));
}

void check_dtype(Operands operands, int i, std::string_view name, DType needed) {
  if (operands[i].dtype == needed) return;
  throw ShapeError(
      fmt::format("{} must be {}, not {}", name, to_string(needed), to_string(operands[i].dtype)),
      {{std::string(name), to_string(operands[i])}},
      fmt::format("cast it to {} first", to_string(needed)));
}

void check_number(Operands operands) {
  for (int i = 0; i < operands.size(); ++i) {
    DType dtype = operands[i].dtype;
    if (dtype != DType::float32 && dtype != DType::int32) {
      throw ShapeError(fmt::format("works on float32 or int32, not {}", to_string(dtype)),
                       {{"operand", to_string(operands[i])}}, "cast it to float32 first");
    }
    if (dtype != operands[0].dtype) {
      throw ShapeError("the operands differ in dtype",
                       {{"a", to_string(operands[0])}, {"b", to_string(operands[i])}},
                       "cast one of them");
    }
  }
}

void check_rank(Operands operands, int i, std::string_view name, int rank, std::string_view dims) {
  if (operands.shape(i).rank() == rank) return;
  throw ShapeError(fmt::format("{} must have {} dimensions ({}), not {}", name, rank, dims,
                               operands.shape(i).rank()),
                   {shape_note(std::string(name), operands.shape(i))}, "reshape it first");
}

void check_not_empty(const Shape& shape) {
  if (shape.elements().factor() > 0) return;
  throw ShapeError("there are no elements to work on", {shape_note("x", shape)});
}

int check_axis(const Shape& shape, int axis) {
  if (shape.rank() == 0) throw ShapeError(fmt::format("a scalar has no axis {}", axis));
  if (axis >= -shape.rank() && axis < shape.rank()) return axis < 0 ? axis + shape.rank() : axis;
  throw ShapeError(fmt::format("there is no axis {}", axis), {shape_note("x", shape)},
                   fmt::format("give an axis from {} to {}", -shape.rank(), shape.rank() - 1));
}

int from_first(const Shape& shape, int axis) {
  return axis < 0 && axis >= -shape.rank() ? axis + shape.rank() : axis;
}

std::vector<int> check_axes(const Shape& shape, const std::vector<int>& axes) {
  std::vector<int> checked;
  if (axes.empty()) {
    checked.resize(static_cast<std::size_t>(shape.rank()));
    std::iota(checked.begin(), checked.end(), 0);
    return checked;
  }
  for (int axis : axes) checked.push_back(check_axis(shape, axis));
  std::sort(checked.begin(), checked.end());
  auto twice = std::adjacent_find(checked.begin(), checked.end());
  if (twice != checked.end()) {
    throw ShapeError(fmt::format("axis {} is given twice", *twice), {shape_note("x", shape)});
  }
  return checked;
}

void check_fixed(const Shape& shape, int axis) {
  if (!shape[axis].is_symbolic()) return;
  throw ShapeError(fmt::format("the size along axis {} depends on the batch", axis),
                   {shape_note("x", shape)}, "work along another axis");
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape result = longer;
  for (int axis = -1; axis >= -shorter.rank(); --axis) {
    if (shorter[axis] == longer[axis] || shorter[axis] == Dim(1)) continue;
    if (longer[axis] != Dim(1)) {
      throw ShapeError(fmt::format("the shapes don't fit each other along axis {}: {} and {}", axis,
                                   to_string(a[axis]), to_string(b[axis])),
                       {shape_note("a", a), shape_note("b", b)},
                       "make the two sizes equal, or one of them 1");
    }
    result[axis] = shorter[axis];
  }
  return result;
}

ShapeError refusal(Value operand, std::string_view function, const ShapeError& error) {
  ShapeError named(fmt::format("{}: {}", function, error.sentence()), error.notes(), error.fix());
  if (!operand.graph().path().empty()) named.add({"layer", operand.graph().path()});
  return named;
}

}  // namespace sloy
