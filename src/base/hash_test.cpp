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

/// Likewise of 128 bits, in its order: the high half first.
TEST(Hash, Gives128PublishedBits) {
  EXPECT_EQ(hash128({}), (Hash128{0x99aa06d3014798d8u, 0x6001c324468d497fu}));
  const auto bytes = std::as_bytes(std::span("abc", 3));
  EXPECT_NE(hash128(bytes), hash128(bytes.first(2)));
  EXPECT_NE(hash128(bytes, 1), hash128(bytes, 2));
}

}  // namespace
}  // namespace sloy
