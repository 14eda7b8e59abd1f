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

}  // namespace
}  // namespace sloy::cpu
