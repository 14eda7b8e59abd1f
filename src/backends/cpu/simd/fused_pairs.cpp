#include "backends/cpu/simd/fused_pairs.h"

namespace sloy::cpu {
namespace {

bool begins_a_pair(Opcode opcode) {
  return opcode == Opcode::add || opcode == Opcode::subtract || opcode == Opcode::multiply;
}

/// What `second` does with the first step's result, which is its left operand or its right one.
Then then_of(Opcode second, bool is_left) {
  switch (second) {
    case Opcode::add: return Then::add;
    case Opcode::multiply: return Then::multiply;
    case Opcode::subtract: return is_left ? Then::subtract : Then::subtract_from;
    case Opcode::rectify: return Then::rectify;
    default: return Then::nothing;
  }
}

}  // namespace

bool is_alone(const Step& step) {
  return step.kind == Step::Kind::compute && step.then == Then::nothing &&
         step.phrase == Phrase::none;
}

std::optional<Step> pair_of(const Step& first, const Step& second) {
  if (!is_alone(first) || !is_alone(second)) return {};
  Step pair = first;
  pair.out = second.out;
  if (first.opcode == Opcode::greater) {
    if (second.opcode != Opcode::where || second.a != first.out) return {};
    pair.then = Then::where;
    pair.c = second.b;
    pair.d = second.c;
    return pair;
  }
  const bool is_left = second.a == first.out;
  pair.then = begins_a_pair(first.opcode) ? then_of(second.opcode, is_left) : Then::nothing;
  if (pair.then == Then::nothing) return {};
  pair.c = is_left ? second.b : second.a;
  return pair;
}

int operand_count(const Step& step) {
  if (step.phrase != Phrase::none) return operands_of(step.phrase);
  const int first = info(step.opcode).operands;
  switch (step.then) {
    case Then::nothing:
    case Then::rectify: return first;
    case Then::where: return first + 2;
    default: return first + 1;
  }
}

}  // namespace sloy::cpu
