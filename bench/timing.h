/// How long a kernel takes.
#pragma once

#include <algorithm>
#include <chrono>

#include "memory.h"

namespace sloy::bench {

/// Milliseconds of one run: the least of many, as other programs on the machine only add to it.
template <class Kernel>
double time_of(const Kernel& kernel) {
  using Clock = std::chrono::steady_clock;
  const Buffers buffers(kernel);
  buffers.run(kernel);
  double best = 1e30, total = 0.0;
  for (int run = 0; run < 5 || (total < 0.2 && run < 300); ++run) {
    const auto start = Clock::now();
    buffers.run(kernel);
    const std::chrono::duration<double> elapsed = Clock::now() - start;
    best = std::min(best, elapsed.count());
    total += elapsed.count();
  }
  return best * 1e3;
}

}  // namespace sloy::bench
