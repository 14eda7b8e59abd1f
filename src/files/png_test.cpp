#include "files/png.h"

#include <gtest/gtest.h>
#include <png.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <random>

#include "base/files.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

/// The colour type by the number of channels, of which the second or fourth is alpha.
constexpr int color_types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                               PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};

/// A PNG file written by libpng itself. With 16 bits a channel takes two of `pixels`.
std::vector<std::byte> encode(int width, int height, int channels,
                              const std::vector<std::uint8_t>& pixels, int bits = 8) {
  std::vector<std::byte> file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  auto append = [](png_structp writer, png_bytep bytes, std::size_t count) {
    auto& out = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(writer));
    for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<std::byte>(bytes[i]));
  };
  png_set_write_fn(png, &file, append, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), bits,
               color_types[channels], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int y = 0; y < height; ++y) {
    png_write_row(png,
                  pixels.data() + static_cast<std::ptrdiff_t>(y) * width * channels * bits / 8);
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

std::vector<std::uint8_t> noise(std::size_t count) {
  std::mt19937 random(5);
  std::vector<std::uint8_t> pixels(count);
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(random());
  return pixels;
}

TEST(Png, GreyAndColourComeBackAsWritten) {
  for (int channels : {1, 3}) {
    auto pixels = noise(static_cast<std::size_t>(7 * 5 * channels));
    Tensor image = decode_png(encode(7, 5, channels, pixels), "a.png");
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
    const Tensor image = decode_png(encode(7, 5, channels + 1, pixels), "a.png");
    EXPECT_EQ(image.shape(), (Shape{5, 7, channels}));
    EXPECT_TRUE(std::ranges::equal(image.values<std::uint8_t>(), colours));

    pixels.back() = 254;
    EXPECT_EQ(message_of([&] { decode_png(encode(7, 5, channels + 1, pixels), "a.png"); }),
              "the image a.png can't be read: it has transparent pixels, whose colours are not "
              "seen\n"
              "  to fix   put it on a background: convert in.png -background white -alpha remove "
              "out.png");
  }
}

TEST(Png, OfSixteenBitsIsRefused) {
  EXPECT_EQ(message_of([] { decode_png(encode(7, 5, 1, noise(7 * 5 * 2), 16), "a.png"); }),
            "the image a.png can't be read: it has 16 bits a channel, models take 8\n"
            "  to fix   save it with 8: convert in.png -depth 8 out.png");
}

TEST(Png, TruncatedAnywhereIsRefused) {
  auto file = encode(9, 8, 3, noise(9 * 8 * 3));
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW(decode_png({file.data(), size}, "cut.png"), FileError) << size;
  }
}

TEST(Png, FlippedBitsNeverCrash) {
  auto file = encode(9, 8, 1, noise(9 * 8));
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
  auto file = encode(4, 4, 1, noise(16));
  // The width in IHDR, 30,000; its checksum no longer fits, which must not be what is noticed late.
  file[18] = std::byte{0x75};
  file[19] = std::byte{0x30};
  EXPECT_THROW(decode_png(file, "huge.png"), FileError);
}

}  // namespace
}  // namespace sloy
