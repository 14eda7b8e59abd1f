#include "files/png.h"

#include <gtest/gtest.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <random>

#include "base/files.h"
#include "harness/messages.h"
#include "harness/png.h"

namespace sloy {
namespace {

using harness::encode_png;
using harness::message_of;

std::vector<std::uint8_t> noise(std::size_t count) {
  std::mt19937 random(5);
  std::vector<std::uint8_t> pixels(count);
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(random());
  return pixels;
}

TEST(Png, GreyAndColourComeBackAsWritten) {
  for (int channels : {1, 3}) {
    auto pixels = noise(static_cast<std::size_t>(7 * 5 * channels));
    Tensor image = decode_png(encode_png(5, 7, channels, pixels), "a.png");
    EXPECT_EQ(image.shape(), (Shape{5, 7, channels}));
    EXPECT_TRUE(std::ranges::equal(image.values<std::uint8_t>(), pixels));
  }
}

TEST(Png, AlphaIsDroppedWhereNothingIsTransparent) {
  for (int channels : {1, 3}) {
    const auto colours = noise(static_cast<std::size_t>(7 * 5 * channels));
    std::vector<std::uint8_t> pixels;
    for (std::size_t i = 0; i < colours.size(); ++i) {
      pixels.push_back(colours[i]);
      if ((i + 1) % static_cast<std::size_t>(channels) == 0) pixels.push_back(255);
    }
    const Tensor image = decode_png(encode_png(5, 7, channels + 1, pixels), "a.png");
    EXPECT_EQ(image.shape(), (Shape{5, 7, channels}));
    EXPECT_TRUE(std::ranges::equal(image.values<std::uint8_t>(), colours));

    pixels.back() = 254;
    EXPECT_EQ(message_of([&] { decode_png(encode_png(5, 7, channels + 1, pixels), "a.png"); }),
              "the image can't be read: it has transparent pixels, whose colours are not seen\n"
              "  file     a.png\n"
              "  to fix   put it on a background: convert in.png -background white -alpha remove "
              "out.png");
  }
}

TEST(Png, OfSixteenBitsIsRefused) {
  EXPECT_EQ(message_of([] { decode_png(encode_png(5, 7, 1, noise(7 * 5 * 2), 16), "a.png"); }),
            "the image can't be read: it has 16 bits a channel, models take 8\n"
            "  file     a.png\n"
            "  to fix   save it with 8: convert in.png -depth 8 out.png");
}

TEST(Png, TruncatedAnywhereIsRefused) {
  auto file = encode_png(8, 9, 3, noise(9 * 8 * 3));
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW(decode_png({file.data(), size}, "cut.png"), FileError) << size;
  }
}

TEST(Png, FlippedBitsNeverCrash) {
  auto file = encode_png(8, 9, 1, noise(9 * 8));
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    auto damaged = file;
    damaged[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    try {
      decode_png(damaged, "flipped.png");
    } catch (const FileError&) {
    }
  }
}

TEST(Png, AHugeImageIsRefusedBeforeItsMemoryIsTaken) {
  auto file = encode_png(4, 4, 1, noise(16));
  // The width in IHDR, 30,000; its checksum no longer fits, which must not be what is noticed late.
  file[18] = std::byte{0x75};
  file[19] = std::byte{0x30};
  EXPECT_EQ(message_of([&] { decode_png(file, "huge.png"); }),
            "the image can't be read: it has 4×30000 pixels, at most 16384 a side are read\n"
            "  file     huge.png\n"
            "  to fix   make it smaller, or leave it out");
}

}  // namespace
}  // namespace sloy
