/// The instruction sets our kernels are compiled for: AVX-512, AVX2 and Highway's fallback for any
/// x86-64. Include before <hwy/foreach_target.h>.
#pragma once

#include "backends/cpu/machine.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

namespace sloy::cpu {

/// Makes Highway's kernels use no wider instructions than these from now on. Call it before the
/// first kernel runs.
void limit_kernels(InstructionSet widest);

}  // namespace sloy::cpu
