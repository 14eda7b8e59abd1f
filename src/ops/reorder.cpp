#include "ops/reorder.h"

#include <fmt/format.h>

#include "ops/check.h"
#include "ops/loops.h"

namespace sloy {
namespace {

void check_form(std::string_view name, const Layout& layout, const Shape& shape) {
  if (layout.fits(shape.rank())) return;
  throw ShapeError(fmt::format("`{}` is no form of {} dimensions", name, shape.rank()),
                   {shape_note("x", shape), {std::string(name), to_string(layout)}});
}

std::vector<Type> infer(const ReorderAttributes& a, Operands in) {
  check_count(in, 1);
  check_form("from", a.from, in.shape(0));
  check_form("to", a.to, in.shape(0));
  return {in[0]};
}

std::vector<Value> gradient(const ReorderAttributes&, const Backward& b) {
  return {b.output_gradient()};
}

}  // namespace

constinit const OpDefinition<ReorderAttributes> reorder_op{{
    .name = "reorder",
    .infer = infer,
    .gradient = gradient,
    .reference = {{copy_elements<float>, copy_elements<double>}},
    .formula = "y = x, its elements in another order in memory",
}};

}  // namespace sloy
