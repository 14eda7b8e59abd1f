#include "forecast.h"

#include <sloy/inspect.h>

#include <algorithm>

namespace sloy::cli {

MachineSpeed measure_machine(const Plan& plan, double peak_gflops) {
  constexpr std::size_t beyond_caches = 1 << 26;
  const std::size_t bytes = std::clamp<std::size_t>(plan.total_bytes(), 1, beyond_caches);
  return {peak_gflops, measure_memory_gigabytes(bytes)};
}

double forecast_seconds(const Plan& plan, double peak_gflops) {
  const MachineSpeed machine = measure_machine(plan, peak_gflops);
  return plan.seconds(machine.gflops, machine.gigabytes_per_second);
}

}  // namespace sloy::cli
