/// Runs a check on every instruction set of this machine that our kernels are compiled for; under
/// the sanitizers not on the fallback, which does one number at a time and takes them minutes.
#pragma once

#include "backends/cpu/simd/targets.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>

namespace sloy::cpu {

template <class Check>
void on_each_target(const Check& check) {
  const std::int64_t fallback = HWY_STATIC_TARGET;
#ifdef SLOY_SANITIZED
  const std::int64_t left_out = (hwy::SupportedTargets() & HWY_AVX2) != 0 ? fallback : 0;
#else
  const std::int64_t left_out = 0;
#endif
  for (const std::int64_t target : {std::int64_t{HWY_AVX3}, std::int64_t{HWY_AVX2}, fallback}) {
    if (target == left_out) continue;
    if (target != fallback && (hwy::SupportedTargets() & target) == 0) continue;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    check();
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
}

}  // namespace sloy::cpu
