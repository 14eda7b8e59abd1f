/// How long a plan's step will take on this machine.
#pragma once

#include <sloy/program.h>

namespace sloy::cli {

/// Seconds, about, on a machine of this peak, whose memory is measured now: as much of it as the
/// plan takes, or more than any cache holds.
double forecast_seconds(const Plan& plan, double peak_gflops);

}  // namespace sloy::cli
