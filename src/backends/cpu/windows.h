/// The windows of ops as our own kernels take them.
#pragma once

#include "backends/cpu/simd/window.h"
#include "ops/window.h"

namespace sloy::cpu {

inline Windows windows_of(const WindowAxes& axes) {
  const auto axis = [](const WindowAxis& a) {
    return Axis{a.input, a.output, a.taps, a.stride, a.dilation, a.low};
  };
  return {axis(axes[0]), axis(axes[1]), axis(axes[2])};
}

}  // namespace sloy::cpu
