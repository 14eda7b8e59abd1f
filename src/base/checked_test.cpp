#include "base/checked.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "harness/messages.h"

namespace sloy {
namespace {

constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

TEST(Checked, GivesWhatFits) {
  EXPECT_EQ(checked_multiply<std::uint64_t>(largest, 1, "x"), largest);
  EXPECT_EQ(checked_multiply<std::int64_t>(-3, 4, "x"), -12);
  EXPECT_EQ(checked_add<std::uint64_t>(largest - 1, 1, "x"), largest);
}

TEST(Checked, RefusesWhatDoesNot) {
  EXPECT_THROW(checked_multiply<std::uint64_t>(std::uint64_t{1} << 32, std::uint64_t{1} << 32, "x"),
               Error);
  EXPECT_THROW(checked_multiply<std::int64_t>(most, -2, "x"), Error);
  EXPECT_THROW(checked_add<std::uint64_t>(largest, 1, "x"), Error);
  EXPECT_THROW(checked_add<std::int64_t>(most, 1, "x"), Error);
}

TEST(Checked, SaysWhatIsTooLarge) {
  const auto multiply = [] { checked_multiply<std::int64_t>(most, 2, "the size of the batch"); };
  EXPECT_EQ(harness::message_of(multiply),
            "the size of the batch is too large: 9223372036854775807 × 2");
}

}  // namespace
}  // namespace sloy
