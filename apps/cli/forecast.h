/// How fast this machine is, and how long a plan's step will take on it.
#pragma once

#include <sloy/program.h>

namespace sloy::cli {

/// What the machine does at most, measured.
struct MachineSpeed {
  double gflops = 0;
  double gigabytes_per_second = 0;
};

/// Its memory is measured now: as much of it as the plan takes, or more than any cache holds.
MachineSpeed measure_machine(const Plan& plan, double peak_gflops);

/// Seconds, about, on a machine of this peak, whose memory is measured now.
double forecast_seconds(const Plan& plan, double peak_gflops);

}  // namespace sloy::cli
