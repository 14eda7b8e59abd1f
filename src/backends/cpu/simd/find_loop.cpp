#include "backends/cpu/simd/fused_loops.h"

namespace sloy::cpu {

FusedProgram program_of(const LoopCode& code, bool bfloat16) {
  FusedProgram program;
  for (int i = 0; i < code.loads; ++i) {
    const bool is_narrow = bfloat16 && code.indexing[i] == Indexing::full;
    program.loads.push_back({code.indexing[i], is_narrow ? Element::bfloat16 : Element::float32});
  }
  for (int i = 0; i < code.instructions; ++i) {
    const auto& [opcode, operands] = code.instruction[i];
    program.instructions.push_back({opcode, operands[0], operands[1], operands[2]});
  }
  for (int i = 0; i < code.stores; ++i) {
    const auto& [is_sum, value] = code.store[i];
    program.stores.push_back(
        {is_sum ? Result::channel_sum : Result::full, value, bfloat16 && !is_sum});
  }
  return program;
}

std::optional<LoopChoice> find_loop(const FusedProgram& program, const Space& space) {
  for (const std::string_view& form : loop_forms) {
    const LoopCode code = read_loop(form);
    if (code.has_channels() && space.width != loop_channels) continue;
    for (const bool bfloat16 : {false, true}) {
      if (program != program_of(code, bfloat16)) continue;
      return LoopChoice{static_cast<int>(&form - loop_forms), bfloat16, code};
    }
  }
  return {};
}

}  // namespace sloy::cpu
