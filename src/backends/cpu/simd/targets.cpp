#include "backends/cpu/simd/targets.h"

#include <hwy/highway.h>

namespace sloy::cpu {

void limit_kernels(InstructionSet widest) {
  std::int64_t disabled = 0;
  if (widest < InstructionSet::avx512) disabled |= HWY_AVX3 | HWY_AVX3_DL;
  if (widest < InstructionSet::avx2) disabled |= HWY_AVX2;
  hwy::DisableTargets(disabled);
}

}  // namespace sloy::cpu
