/// The most arithmetic this machine can do: what the speed of a program is compared with.
#pragma once

namespace sloy::cpu {

/// Float32 multiply-adds a second on `threads` threads, in 10⁹ floating-point operations (two for
/// each), with the widest instructions this_machine() allows. Takes about 0.2 seconds. Where the
/// machine is shared the figure is what was free at the time.
/// REQUIRES: threads ≥ 1, not inside a parallel region.
double measure_peak_gflops(int threads);

}  // namespace sloy::cpu
