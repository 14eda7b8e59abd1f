#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sloy {
namespace {

TEST(Nearest, FindsSlips) {
  constexpr std::array<std::string_view, 4> known{"filters", "kernel_size", "strides", "units"};
  EXPECT_EQ(nearest("filter", known), "filters");
  EXPECT_EQ(nearest("fliters", known), "filters");
  EXPECT_EQ(nearest("Units", known), "units");
  EXPECT_EQ(nearest("kernelsize", known), "kernel_size");
}

TEST(Nearest, OffersNothingFarAway) {
  constexpr std::array<std::string_view, 2> known{"filters", "units"};
  EXPECT_EQ(nearest("momentum", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), known), "");
}

}  // namespace
}  // namespace sloy
