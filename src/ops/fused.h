/// fused: a chain of element-wise ops over one shape, run tile by tile in one pass over memory.
/// Written by the fusion pass, when gradients are written and the batch is bound; a backend that
/// fuses has a kernel for it.
#pragma once

#include <vector>

#include <sloy/op.h>

namespace sloy {

/// One element-wise op of the chain. Operands count the node's inputs first, then the instructions
/// before this one. Every instruction's result has the shape of the space.
struct FusedInstruction {
  const Op* op = nullptr;
  std::shared_ptr<const void> attributes;
  std::vector<int> operands;
  bool operator==(const FusedInstruction& other) const {
    return op == other.op && operands == other.operands && op->equal(attributes, other.attributes);
  }
};
Config to_config(const FusedInstruction& instruction);
void from_config(const Config& config, FusedInstruction& instruction);

/// What leaves the chain: all of a value, or a reduction of it.
enum class FusedReduction : std::uint8_t {
  none,
  rows,     ///< summed over all axes but the last: one number a channel
  row_sum,  ///< summed along the last axis: one number a row
  row_max,  ///< the largest along the last axis
  total     ///< summed over everything
};
constexpr std::array<std::string_view, 5> enum_names(FusedReduction) {
  return {"none", "rows", "row_sum", "row_max", "total"};
}

struct FusedResult {
  int value = 0;  ///< counted as operands are
  FusedReduction reduction = FusedReduction::none;
  Shape shape;  ///< of the result
  bool operator==(const FusedResult&) const = default;
  static void fields(auto&& field) {
    field("value", &FusedResult::value);
    field("reduction", &FusedResult::reduction);
    field("shape", &FusedResult::shape);
  }
};

struct FusedAttributes {
  Shape space;
  std::vector<FusedInstruction> instructions;
  std::vector<FusedResult> results;
  bool operator==(const FusedAttributes&) const = default;
  static void fields(auto&& field) {
    field("space", &FusedAttributes::space);
    field("instructions", &FusedAttributes::instructions);
    field("results", &FusedAttributes::results);
  }
};

extern const OpDefinition<FusedAttributes> fused_op;

/// Whether a node can be an instruction of a chain over its result's shape, as far as numbers go:
/// it is element-wise arithmetic of float32. A comparison of int32 is not, as float32 holds whole
/// numbers to 2²⁴ alone.
bool is_arithmetic(const Op& op, Operands operands, const Type& result);

/// How a reduction node could leave a chain over its input's shape; nothing where it is none of
/// these forms, or `op` no reduction of float32.
std::optional<FusedReduction> reduction_of(const Op& op, const void* attributes, const Type& input);

/// How an operand meets the space.
enum class Reach : std::uint8_t {
  full,     ///< an element for each
  channel,  ///< one for each index of the last axis
  row,      ///< one for each row, that is all axes but the last
  scalar,   ///< one element
  other     ///< no operand of a fused node
};
Reach reach_of(const Shape& operand, const Shape& space);

}  // namespace sloy
