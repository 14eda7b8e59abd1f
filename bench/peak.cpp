/// Prints the float32 multiply-add peak of one thread and of all.
#include "backends/cpu/peak.h"

#include <fmt/format.h>

#include "backends/cpu/machine.h"

int main() {
  const int threads = sloy::cpu::this_machine().threads;
  fmt::print("1 thread {:.0f} GFLOP/s\n", sloy::cpu::measure_peak_gflops(1));
  fmt::print("{} threads {:.0f} GFLOP/s\n", threads, sloy::cpu::measure_peak_gflops(threads));
}
