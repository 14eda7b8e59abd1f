#include "ops/table.h"

#include <array>

namespace sloy {
namespace {

template <const auto&... definitions>
constexpr std::array<const Op*, sizeof...(definitions)> pointers(OpList<definitions...>) {
  return {&definitions...};
}

constexpr auto table = pointers(Table{});

}  // namespace

const Op* find_op(std::string_view name) {
  for (const Op* op : table) {
    if (op->name() == name) return op;
  }
  return nullptr;
}

std::span<const Op* const> all_ops() { return table; }

void Op::refuse(const ShapeError& error) const {
  throw ShapeError(std::string(name_) + ": " + error.sentence(), error.notes(), error.fix());
}

}  // namespace sloy
