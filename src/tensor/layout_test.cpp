#include "tensor/layout.h"

#include <gtest/gtest.h>

#include <numeric>

namespace sloy {
namespace {

TEST(Layout, PlainIsRowMajor) {
  const Layout plain;
  const Shape shape{2, 3, 5};
  const std::int64_t index[] = {1, 2, 3};
  EXPECT_EQ(plain.offset(shape, index), 1 * 15 + 2 * 5 + 3);
  EXPECT_EQ(plain.elements(shape), 30);
  EXPECT_FALSE(plain.has_padding(shape));
}

TEST(Layout, BlockedChannelsAreBatchBlockHeightWidthChannel) {
  const Layout blocked = channels_blocked(4, 16);
  const Shape shape{2, 3, 5, 32};
  for (std::int64_t n = 0; n < 2; ++n) {
    for (std::int64_t h = 0; h < 3; ++h) {
      for (std::int64_t w = 0; w < 5; ++w) {
        for (std::int64_t c = 0; c < 32; ++c) {
          const std::int64_t index[] = {n, h, w, c};
          EXPECT_EQ(blocked.offset(shape, index),
                    (((n * 2 + c / 16) * 3 + h) * 5 + w) * 16 + c % 16);
        }
      }
    }
  }
}

/// oneDNN's OIhw4i16o4i form of a (height, width, in, out) kernel: two blocks on one dimension.
TEST(Layout, OneDimensionMayBeSplitTwice) {
  const Layout packed{.order = {3, 2, 0, 1}, .blocks = {{2, 4}, {3, 16}, {2, 4}}};
  const Shape shape{3, 3, 32, 48};
  for (std::int64_t i = 0; i < 32; ++i) {
    for (std::int64_t o = 0; o < 48; ++o) {
      const std::int64_t index[] = {2, 1, i, o};
      const std::int64_t outer = ((o / 16 * 2 + i / 16) * 3 + 2) * 3 + 1;
      EXPECT_EQ(packed.offset(shape, index), ((outer * 4 + i % 16 / 4) * 16 + o % 16) * 4 + i % 4);
    }
  }
}

TEST(Layout, PadsToWholeBlocks) {
  const Layout packed{.order = {1, 0}, .blocks = {{0, 4}, {1, 8}}};
  EXPECT_EQ(packed.elements({5, 9}), 8 * 16);
  EXPECT_TRUE(packed.has_padding({5, 9}));
  EXPECT_FALSE(packed.has_padding({8, 16}));
}

TEST(Layout, FitsARankWhereItNamesEachDimensionOnce) {
  EXPECT_TRUE(Layout{}.fits(0));
  EXPECT_TRUE(Layout{}.fits(3));
  EXPECT_TRUE(channels_blocked(4, 16).fits(4));
  EXPECT_FALSE(channels_blocked(4, 16).fits(3));
  EXPECT_FALSE(channels_blocked(4, 16).fits(5));
  EXPECT_FALSE((Layout{.order = {0, 0}}.fits(2)));
  EXPECT_FALSE((Layout{.blocks = {{2, 16}}}.fits(2)));
  EXPECT_FALSE((Layout{.blocks = {{1, 0}}}.fits(2)));
}

TEST(Layout, RecognisesBlockedChannels) {
  EXPECT_EQ(blocked_channels(channels_blocked(4, 16), 4), 16);
  EXPECT_EQ(blocked_channels(channels_blocked(3, 8), 3), 8);
  EXPECT_EQ(blocked_channels(channels_blocked(4, 16), 3), 0);
  EXPECT_EQ(blocked_channels({}, 4), 0);
  EXPECT_EQ(blocked_channels({.order = {3, 2, 0, 1}, .blocks = {{2, 16}, {3, 16}}}, 4), 0);
}

TEST(Layout, Prints) {
  EXPECT_EQ(to_string(Layout{}), "plain");
  EXPECT_EQ(to_string(channels_blocked(4, 16)), "0312·3x16");
  EXPECT_EQ(to_string(Layout{.order = {3, 2, 0, 1}, .blocks = {{2, 16}, {3, 16}}}),
            "3201·2x16·3x16");
}

template <class T>
void expect_round_trip(const Shape& shape, const Layout& layout) {
  std::vector<T> plain(shape.size());
  std::iota(plain.begin(), plain.end(), T{1});
  std::vector<T> packed(layout.elements(shape), T{77});
  relayout(shape, sizeof(T), {}, plain.data(), layout, packed.data());
  std::int64_t zeros = 0;
  for (T value : packed) zeros += value == T{0};
  std::int64_t expected_zeros = layout.elements(shape) - shape.size();
  if (sizeof(T) == 1) expected_zeros += shape.size() / 256;
  EXPECT_EQ(zeros, expected_zeros);
  std::vector<T> back(shape.size());
  relayout(shape, sizeof(T), layout, packed.data(), {}, back.data());
  EXPECT_EQ(back, plain);
}

TEST(Layout, SameBytesLooksThroughDifferentWordings) {
  const Layout channels_first{.order = {0, 3, 1, 2}};
  EXPECT_TRUE(same_bytes({2, 5, 5, 16}, channels_blocked(4, 16), {}));
  EXPECT_FALSE(same_bytes({2, 5, 5, 32}, channels_blocked(4, 16), {}));
  EXPECT_FALSE(same_bytes({2, 5, 5, 12}, channels_blocked(4, 16), {}));
  EXPECT_TRUE(same_bytes({2, 5, 5, 1}, channels_first, {}));
  EXPECT_TRUE(same_bytes({2, 1, 1, 32}, channels_blocked(4, 8), channels_first));
  EXPECT_FALSE(same_bytes({2, 2, 1, 32}, channels_blocked(4, 8), channels_first));
  EXPECT_TRUE(same_bytes({32, 4}, {.blocks = {{0, 16}, {1, 2}}},
                         {.order = {0, 1}, .blocks = {{0, 16}, {1, 2}}}));
  EXPECT_FALSE(same_bytes({32, 4}, {.blocks = {{0, 16}, {1, 2}}},
                          {.order = {0, 1}, .blocks = {{1, 2}, {0, 16}}}));
}

TEST(Relayout, ThereAndBackIsTheSame) {
  const Layout packed{.order = {3, 2, 0, 1}, .blocks = {{2, 4}, {3, 16}, {2, 2}}};
  for (const Shape& shape : {Shape{3, 3, 16, 32}, Shape{3, 2, 5, 17}, Shape{1, 1, 1, 1}}) {
    expect_round_trip<float>(shape, packed);
    expect_round_trip<double>(shape, packed);
    expect_round_trip<std::uint8_t>(shape, packed);
    expect_round_trip<float>(shape, channels_blocked(4, 8));
  }
  expect_round_trip<float>({}, {});
  expect_round_trip<float>({7}, {});
}

TEST(Relayout, PutsEveryElementWhereOffsetSays) {
  const Shape shape{2, 3, 20};
  const Layout blocked = channels_blocked(3, 8);
  std::vector<std::int32_t> plain(shape.size());
  std::iota(plain.begin(), plain.end(), 1);
  std::vector<std::int32_t> packed(blocked.elements(shape));
  relayout(shape, 4, {}, plain.data(), blocked, packed.data());
  for (std::int64_t n = 0; n < 2; ++n) {
    for (std::int64_t t = 0; t < 3; ++t) {
      for (std::int64_t c = 0; c < 20; ++c) {
        const std::int64_t index[] = {n, t, c};
        EXPECT_EQ(packed[blocked.offset(shape, index)], plain[(n * 3 + t) * 20 + c]);
      }
    }
  }
}

}  // namespace
}  // namespace sloy
