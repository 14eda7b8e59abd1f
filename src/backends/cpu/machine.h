/// What the kernels need to know of the CPU they run on.
#pragma once

#include <string>
#include <string_view>

namespace sloy::cpu {

/// Instruction sets that make a difference to the choice of kernels, narrowest first.
enum class InstructionSet { baseline, avx2, avx512 };

struct Machine {
  InstructionSet instructions = InstructionSet::baseline;
  int threads = 1;
  /// Multiplies bfloat16: has AVX-512-BF16, as every CPU with AMX has.
  bool bfloat16 = false;
  /// Multiplies whole tiles of bfloat16 (AMX), at many times the rate of float32.
  bool amx = false;

  /// The number of channels the convolution kernels take as one block.
  int channel_block() const { return instructions == InstructionSet::avx512 ? 16 : 8; }
};

/// The CPU this process runs on and the threads OpenMP gives it. The environment variable
/// SLOY_MAX_CPU (baseline, avx2 or avx512, of which the latter includes bfloat16) narrows the
/// instructions used, so that a fast machine can test what a slower one computes. It is read at the
/// first call, which must come before the first kernel of Highway or oneDNN runs. Throws
/// ConfigError on another name.
Machine this_machine();

/// "avx512".
std::string_view name_of(InstructionSet instructions);

/// What the processor calls itself: "AMD EPYC 9R14"; "unknown" where it says nothing.
std::string processor_name();

}  // namespace sloy::cpu
