#include "backends/cpu/machine.h"

#include <cpuid.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#ifdef _OPENMP
#include <omp.h>
#endif

#include <hwy/targets.h>
#include <sloy/error.h>

namespace sloy::cpu {
namespace {

InstructionSet detect() {
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx512) return InstructionSet::avx512;
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return avx2 ? InstructionSet::avx2 : InstructionSet::baseline;
}

bool multiplies_bfloat16() { return __builtin_cpu_supports("avx512bf16"); }

/// clang 14 does not know it by name.
bool multiplies_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned amx_bf16 = 1u << 22;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & amx_bf16) != 0;
}

InstructionSet asked_for() {
  const char* name = std::getenv("SLOY_MAX_CPU");
  if (name == nullptr || std::string_view(name) == "avx512") return InstructionSet::avx512;
  if (std::string_view(name) == "avx2") return InstructionSet::avx2;
  if (std::string_view(name) == "baseline") return InstructionSet::baseline;
  throw ConfigError("SLOY_MAX_CPU names no instruction set: " + std::string(name), {},
                    "unset it, or set it to baseline, avx2 or avx512");
}

InstructionSet choose() {
  const InstructionSet chosen = std::min(detect(), asked_for());
  // Highway's own kernels follow: its better targets have lower bits.
  if (chosen == InstructionSet::avx2) hwy::DisableTargets(HWY_AVX2 - 1);
  if (chosen == InstructionSet::baseline) hwy::DisableTargets(2 * HWY_AVX2 - 1);
  return chosen;
}

}  // namespace

Machine this_machine() {
  static const InstructionSet instructions = choose();
  static const bool bfloat16 = instructions == InstructionSet::avx512 && multiplies_bfloat16();
  static const bool amx = bfloat16 && multiplies_tiles();
#ifdef _OPENMP
  return {instructions, omp_get_max_threads(), bfloat16, amx};
#else
  return {instructions, 1, bfloat16, amx};
#endif
}

std::string_view name_of(InstructionSet instructions) {
  switch (instructions) {
    case InstructionSet::avx512: return "avx512";
    case InstructionSet::avx2: return "avx2";
    case InstructionSet::baseline: break;
  }
  return "baseline";
}

std::string processor_name() {
  constexpr unsigned first = 0x80000002, leaves = 3;  // of 16 letters each
  const auto last = static_cast<unsigned>(__get_cpuid_max(0x80000000, nullptr));
  if (last < first + leaves - 1) return "unknown";
  std::array<char, 16 * leaves + 1> letters{};
  for (unsigned leaf = 0; leaf < leaves; ++leaf) {
    std::array<unsigned, 4> words{};
    __get_cpuid(first + leaf, &words[0], &words[1], &words[2], &words[3]);
    std::memcpy(letters.data() + 16 * leaf, words.data(), 16);
  }
  const std::string_view name(letters.data());
  const auto begin = name.find_first_not_of(' ');
  if (begin == std::string_view::npos) return "unknown";
  return std::string(name.substr(begin, name.find_last_not_of(' ') + 1 - begin));
}

}  // namespace sloy::cpu
