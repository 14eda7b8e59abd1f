#include "base/utf8.h"

#include <gtest/gtest.h>

namespace sloy {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, TakesEveryLetter) {
  for (std::string_view text :
       {""sv, "slots"sv, "слой"sv, "Käse"sv, "層"sv, "🙂"sv, "\0"sv, "\x7f"sv, "\xc2\x80"sv,
        "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv, "\xee\x80\x80"sv, "\xef\xbf\xbf"sv,
        "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv}) {
    EXPECT_FALSE(find_invalid_utf8(text)) << text;
  }
}

TEST(Utf8, FindsTheFirstByteThatIsNone) {
  EXPECT_EQ(find_invalid_utf8("K\xe4se"), 1u);       // Latin-1
  EXPECT_EQ(find_invalid_utf8("Käse \xe4"), 6u);     // ends within a letter
  EXPECT_EQ(find_invalid_utf8("\xff\xfe"), 0u);      // UTF-16's mark
  EXPECT_EQ(find_invalid_utf8("a\x80"), 1u);         // the rest of none
  EXPECT_EQ(find_invalid_utf8("\xc1\xbf"), 0u);      // longer than it needs to be
  EXPECT_EQ(find_invalid_utf8("\xe0\x9f\xbf"), 0u);  // likewise
  EXPECT_EQ(find_invalid_utf8("\xf0\x8f\xbf\xbf"), 0u);
  EXPECT_EQ(find_invalid_utf8("\xed\xa0\x80"), 0u);      // half of a pair of UTF-16
  EXPECT_EQ(find_invalid_utf8("\xf4\x90\x80\x80"), 0u);  // beyond the last letter
  EXPECT_EQ(find_invalid_utf8("\xf5\x80\x80\x80"), 0u);
  EXPECT_EQ(find_invalid_utf8("\xe5\xb1\x28"), 0u);
  EXPECT_EQ(find_invalid_utf8("\xf0\x9f\x99"), 0u);
}

}  // namespace
}  // namespace sloy
