/// What this machine can do at most: what the speed of a program is compared with.
#pragma once

#include <cstddef>

namespace sloy::cpu {

/// Float32 multiply-adds a second on `threads` threads, in 10⁹ floating-point operations (two for
/// each), with the widest instructions this_machine() allows. Takes about 0.2 seconds. Where the
/// machine is shared the figure is what was free at the time.
/// REQUIRES: threads ≥ 1, not inside a parallel region.
double measure_peak_gflops(int threads);

/// Bytes read and written a second, in 10⁹, where `threads` threads go over the same `bytes` of
/// memory again and again, each over its part: half of it is read, half is written. Takes about 0.1
/// seconds.
/// REQUIRES: threads ≥ 1, bytes ≥ 1, not inside a parallel region.
double measure_memory_gigabytes(int threads, std::size_t bytes);

}  // namespace sloy::cpu
