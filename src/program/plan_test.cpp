#include <sloy/program.h>

#include <gtest/gtest.h>

namespace sloy {
namespace {

TEST(Plan, AStepTakesAsLongAsItsArithmeticOrItsTraffic) {
  Plan plan;
  plan.steps.resize(2);
  // 2 GFLOP at half of 100 GFLOP/s: 40 ms. Its 0.1 GB at 20 GB/s would be 5.
  plan.steps[0].flops = 2e9;
  plan.steps[0].bytes = 1e8;
  plan.steps[0].share_of_peak = 0.5;
  EXPECT_NEAR(plan.seconds(100, 20), 0.040, 1e-6);
  // 0.4 GB: 20 ms, its arithmetic 10.
  plan.steps[1].flops = 1e9;
  plan.steps[1].bytes = 4e8;
  EXPECT_NEAR(plan.seconds(100, 20), 0.060, 1e-6);
  EXPECT_EQ(Plan().seconds(100, 20), 0);
}

}  // namespace
}  // namespace sloy
