#include "base/hash.h"

#include <gtest/gtest.h>

namespace sloy {
namespace {

/// XXH3's published value for the empty input, seed 0.
TEST(Hash, GivesThePublishedValue) { EXPECT_EQ(hash64(""), 0x2d06800538d394c2u); }

TEST(Hash, DependsOnEveryByteAndTheSeed) {
  EXPECT_NE(hash64("abc"), hash64("abd"));
  EXPECT_NE(hash64("abc"), hash64(std::string_view("abc\0", 4)));
  EXPECT_NE(hash64("abc", 1), hash64("abc", 2));
}

}  // namespace
}  // namespace sloy
