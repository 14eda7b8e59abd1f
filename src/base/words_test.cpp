#include "base/words.h"

#include <gtest/gtest.h>

namespace sloy {
namespace {

TEST(Words, OneIsSingular) {
  EXPECT_EQ(counted(0, "input"), "0 inputs");
  EXPECT_EQ(counted(1, "input"), "1 input");
  EXPECT_EQ(counted(2, "input"), "2 inputs");
}

}  // namespace
}  // namespace sloy
