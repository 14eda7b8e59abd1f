#include "ops/table.h"

#include <array>

#include "graph/leaf.h"

namespace sloy {
namespace {

template <const auto&... definitions>
constexpr std::array<const Op*, sizeof...(definitions)> pointers(OpList<definitions...>) {
  return {&definitions...};
}

constexpr auto table = pointers(Table{});
constexpr auto of_passes = pointers(PassTable{});
constexpr std::array<const Op*, 3> leaves{&input_op, &variable_op, &constant_op};

}  // namespace

const Op* find_op(std::string_view name) {
  // Graph text names what no user writes too.
  for (std::span<const Op* const> list :
       {std::span<const Op* const>(table), {of_passes}, {leaves}}) {
    for (const Op* op : list) {
      if (op->name() == name) return op;
    }
  }
  return nullptr;
}

std::span<const Op* const> all_ops() { return table; }

Graph& Op::graph_of(const std::vector<Value>& inputs) const {
  if (inputs.empty()) {
    throw ConfigError(std::string(name_) + ": there are no operands", {},
                      "give at least one value");
  }
  return inputs.front().graph();
}

void Op::refuse(const ShapeError& error) const {
  throw ShapeError(std::string(name_) + ": " + error.sentence(), error.notes(), error.fix());
}

}  // namespace sloy
