/// Instructions of fused programs: the element-wise ops, by the names they have as ops, and a few
/// that only fusion needs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sloy::cpu {

enum class Opcode : std::uint8_t {
  constant,
  move,
  negative,
  absolute,
  sign,
  floor,
  square,
  sqrt,
  rsqrt,
  reciprocal,
  exp,
  log,
  log1p,
  expm1,
  tanh,
  sigmoid,
  erf,
  rectify,
  add,
  subtract,
  multiply,
  divide,
  maximum,
  minimum,
  power,
  equal,
  not_equal,
  greater,
  greater_equal,
  less,
  less_equal,
  where,
  row_sum,
  row_max,
  random_uniform,
};

struct OpcodeInfo {
  std::string_view name;
  int operands;
};

/// In the order of the enumerators.
inline constexpr std::array<OpcodeInfo, 35> opcode_table = {{
    {"constant", 0},
    {"move", 1},
    {"negative", 1},
    {"absolute", 1},
    {"sign", 1},
    {"floor", 1},
    {"square", 1},
    {"sqrt", 1},
    {"rsqrt", 1},       // 1 / √x, both correctly rounded
    {"reciprocal", 1},  // 1 / x, correctly rounded
    {"exp", 1},
    {"log", 1},
    {"log1p", 1},
    {"expm1", 1},
    {"tanh", 1},
    {"sigmoid", 1},
    {"erf", 1},
    {"rectify", 1},  // 0 where x ≤ 0, else x: NaN stays NaN
    {"add", 2},
    {"subtract", 2},
    {"multiply", 2},
    {"divide", 2},
    {"maximum", 2},  // NaN where either is
    {"minimum", 2},
    {"power", 2},
    {"equal", 2},  // comparisons give 1 or 0
    {"not_equal", 2},
    {"greater", 2},
    {"greater_equal", 2},
    {"less", 2},
    {"less_equal", 2},
    {"where", 3},           // b where a is not 0, else c
    {"row_sum", 1},         // over the row, for every element of it
    {"row_max", 1},         //
    {"random_uniform", 0},  // from [0, 1)
}};
static_assert(opcode_table.size() == static_cast<std::size_t>(Opcode::random_uniform) + 1);

constexpr const OpcodeInfo& info(Opcode opcode) {
  return opcode_table[static_cast<std::size_t>(opcode)];
}

/// The instruction of that name, if there is one.
constexpr std::optional<Opcode> find_opcode(std::string_view name) {
  for (std::size_t i = 0; i < opcode_table.size(); ++i) {
    if (opcode_table[i].name == name) return static_cast<Opcode>(i);
  }
  return std::nullopt;
}

}  // namespace sloy::cpu
