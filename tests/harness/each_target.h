/// Runs a check on every instruction set of this machine that our kernels are compiled for.
#pragma once

#include "backends/cpu/simd/targets.h"

#include <gtest/gtest.h>
#include <hwy/highway.h>

namespace sloy::cpu {

template <class Check>
void on_each_target(const Check& check) {
  const std::int64_t fallback = HWY_STATIC_TARGET;
  for (const std::int64_t target : {std::int64_t{HWY_AVX3}, std::int64_t{HWY_AVX2}, fallback}) {
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
