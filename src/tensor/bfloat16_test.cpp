#include "tensor/bfloat16.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace sloy {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Of the two neighbours that bfloat16 has the nearer one, or the one with an even mantissa: in
/// double, by the definition.
float nearest(float x) {
  const int exponent = std::max(std::ilogb(x), -126);
  const double unit = std::ldexp(1.0, exponent - 7);
  const double units = double(x) / unit;
  double below = std::floor(units);
  const double over = units - below;
  if (over > 0.5 || (over == 0.5 && std::fmod(below, 2.0) != 0)) below += 1;
  return static_cast<float>(below * unit);
}

TEST(Bfloat16, HoldsItsOwnNumbers) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const bfloat16 x{static_cast<std::uint16_t>(bits)};
    const float value = to_float(x);
    const bool is_tiny = std::fpclassify(value) == FP_SUBNORMAL;
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(rounded_to_bfloat16(value))) << bits;
    } else if (is_tiny) {
      EXPECT_EQ(rounded_to_bfloat16(value), 0.0f) << bits;
    } else {
      EXPECT_EQ(to_bfloat16(value), x) << bits;
    }
  }
}

TEST(Bfloat16, RoundsToTheNearestTiesToEven) {
  EXPECT_EQ(rounded_to_bfloat16(1.0f), 1.0f);
  EXPECT_EQ(rounded_to_bfloat16(257.0f), 256.0f);  // halfway between 256 and 258
  EXPECT_EQ(rounded_to_bfloat16(259.0f), 260.0f);
  EXPECT_EQ(rounded_to_bfloat16(-257.0f), -256.0f);
  EXPECT_EQ(rounded_to_bfloat16(std::nextafter(257.0f, 300.0f)), 258.0f);
  std::mt19937 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isnormal(x) || std::abs(x) > 3.3e38f) continue;
    ASSERT_EQ(rounded_to_bfloat16(x), nearest(x)) << x;
  }
}

TEST(Bfloat16, KeepsWhatIsNoNumberAndDropsWhatIsTooSmall) {
  EXPECT_EQ(rounded_to_bfloat16(infinity), infinity);
  EXPECT_EQ(rounded_to_bfloat16(-infinity), -infinity);
  EXPECT_EQ(rounded_to_bfloat16(std::numeric_limits<float>::max()), infinity);
  // The lowest bits alone make it one: cutting them off would make it infinity.
  EXPECT_TRUE(std::isnan(rounded_to_bfloat16(std::bit_cast<float>(0x7f800001u))));
  EXPECT_TRUE(std::isnan(rounded_to_bfloat16(std::bit_cast<float>(0xffffffffu))));
  EXPECT_EQ(rounded_to_bfloat16(0x1p-126f), 0x1p-126f);
  EXPECT_EQ(rounded_to_bfloat16(0x1p-127f), 0.0f);
  EXPECT_TRUE(std::signbit(rounded_to_bfloat16(-0x1p-127f)));
  EXPECT_TRUE(std::signbit(rounded_to_bfloat16(-0.0f)));
}

}  // namespace
}  // namespace sloy
