#include "ops/table.h"

#include <array>

#include "graph/leaf.h"
#include "ops/fused.h"
#include "ops/reorder.h"

namespace sloy {
namespace {

template <const auto&... definitions>
constexpr std::array<const Op*, sizeof...(definitions)> pointers(OpList<definitions...>) {
  return {&definitions...};
}

constexpr auto table = pointers(Table{});

/// Ops no user writes: the leaves of graphs and what passes make. Graph text names them too.
using Internal = OpList<input_op, variable_op, constant_op, fused_op, reorder_op>;
constexpr auto internal = pointers(Internal{});

}  // namespace

const Op* find_op(std::string_view name) {
  for (std::span<const Op* const> list : {std::span<const Op* const>(table), {internal}}) {
    for (const Op* op : list) {
      if (op->name() == name) return op;
    }
  }
  return nullptr;
}

std::span<const Op* const> all_ops() { return table; }

void Op::refuse(const ShapeError& error) const {
  throw ShapeError(std::string(name_) + ": " + error.sentence(), error.notes(), error.fix());
}

}  // namespace sloy
