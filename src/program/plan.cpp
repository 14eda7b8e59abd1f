#include <sloy/program.h>

#include <algorithm>

#include "passes/lowered.h"

namespace sloy {

double Plan::Step::least_seconds(double peak_gflops, double gigabytes_per_second) const {
  return std::max(flops / (1e9 * peak_gflops), bytes / (1e9 * gigabytes_per_second));
}

double Plan::seconds(double peak_gflops, double gigabytes_per_second) const {
  // Measured on a network of 30 parameters, whose kernels have nothing to do.
  constexpr double call = 5e-8;
  double seconds = 0;
  for (const Step& step : steps) {
    const Work work{step.flops, step.bytes, step.share_of_peak};
    seconds += call + seconds_of(work, peak_gflops, gigabytes_per_second);
  }
  return seconds;
}

}  // namespace sloy
