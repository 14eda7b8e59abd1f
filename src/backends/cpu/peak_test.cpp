#include "backends/cpu/peak.h"

#include <gtest/gtest.h>

namespace sloy::cpu {
namespace {

// A scalar multiply-add every cycle of a slow CPU is 2 GFLOP/s; nothing does 5,000 on one thread.
TEST(Peak, IsAPlausibleRate) {
  const double peak = measure_peak_gflops(1);
  EXPECT_GT(peak, 1.0);
  EXPECT_LT(peak, 5000.0);
}

// Ten megabytes a second is a slow disk; no cache gives ten terabytes to one thread.
TEST(MemorySpeed, IsAPlausibleRateForFewBytesAndMany) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{1} << 14, std::size_t{1} << 24}) {
    const double speed = measure_memory_gigabytes(1, bytes);
    EXPECT_GT(speed, 0.01) << bytes;
    EXPECT_LT(speed, 10000.0) << bytes;
  }
}

}  // namespace
}  // namespace sloy::cpu
