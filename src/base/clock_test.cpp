#include "base/clock.h"

#include <gtest/gtest.h>

namespace sloy {
namespace {

TEST(Clock, TheRealOneNeverGoesBack) {
  double last = real_clock().seconds();
  for (int i = 0; i < 1000; ++i) {
    const double now = real_clock().seconds();
    EXPECT_GE(now, last);
    last = now;
  }
  EXPECT_GT(real_clock().calendar_seconds(), 1.7e9);  // the end of 2023
}

TEST(Clock, AManualOneMovesWhenTold) {
  ManualClock clock;
  EXPECT_EQ(clock.seconds(), 0);
  clock.advance(2.5);
  EXPECT_EQ(clock.seconds(), 2.5);
}

}  // namespace
}  // namespace sloy
