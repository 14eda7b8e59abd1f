#include "files/jpeg.h"

#include <gtest/gtest.h>
#include <sloy/error.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/limits.h"
#include "files/exif.h"
#include "harness/jpeg.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::encode_jpeg;
using harness::message_of;
using namespace std::string_literals;

/// Slow waves, which JPEG keeps to within a step or two.
std::vector<std::uint8_t> waves(unsigned height, unsigned width, int channels) {
  std::vector<std::uint8_t> pixels;
  for (unsigned y = 0; y < height; ++y) {
    for (unsigned x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        const double wave = std::sin(0.11 * x + 0.6 * c) * std::cos(0.07 * y - 0.4 * c);
        pixels.push_back(static_cast<std::uint8_t>(128 + 100 * wave));
      }
    }
  }
  return pixels;
}

int largest_difference(const Tensor& image, std::span<const std::uint8_t> pixels) {
  const auto found = image.values<std::uint8_t>();
  EXPECT_EQ(found.size(), pixels.size());
  int largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    largest = std::max(largest, std::abs(found[i] - pixels[i]));
  }
  return largest;
}

TEST(Jpeg, GreyAndColourComeBackNearlyAsWritten) {
  for (int channels : {1, 3}) {
    for (bool is_progressive : {false, true}) {
      const auto pixels = waves(37, 53, channels);
      const auto file = encode_jpeg(37, 53, channels, pixels, {.is_progressive = is_progressive});
      const Tensor image = decode_jpeg(file, "a.jpg");
      EXPECT_EQ(image.shape(), (Shape{37, 53, channels}));
      EXPECT_LE(largest_difference(image, pixels), 3);
      const ImageHeader header = read_jpeg_header(file, "a.jpg");
      EXPECT_EQ(header.size, (ImageSize{37, 53}));
      EXPECT_EQ(header.channels, channels);
    }
  }
}

TEST(Jpeg, LargeImagesComeSmallerButNotTooSmall) {
  const auto file = encode_jpeg(400, 200, 3, waves(400, 200, 3));
  EXPECT_EQ(decode_jpeg(file, "a.jpg", ImageSize{100, 50}).shape(), (Shape{100, 50, 3}));
  EXPECT_EQ(decode_jpeg(file, "a.jpg", ImageSize{101, 50}).shape(), (Shape{150, 75, 3}));
  EXPECT_EQ(decode_jpeg(file, "a.jpg", ImageSize{10, 150}).shape(), (Shape{300, 150, 3}));
  EXPECT_EQ(decode_jpeg(file, "a.jpg", ImageSize{1, 1}).shape(), (Shape{50, 25, 3}));
  EXPECT_EQ(decode_jpeg(file, "a.jpg", ImageSize{900, 900}).shape(), (Shape{400, 200, 3}));
}

/// Cyan, magenta, yellow and black as light: 255 is none of it.
TEST(Jpeg, ColoursOfPrintBecomeThoseOfAScreen) {
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> expected;
  for (int i = 0; i < 16 * 16; ++i) {
    pixels.insert(pixels.end(), {200, 100, 50, 128});
    expected.insert(expected.end(), {100, 50, 25});
  }
  const Tensor image = decode_jpeg(encode_jpeg(16, 16, 4, pixels), "print.jpg");
  EXPECT_EQ(image.shape(), (Shape{16, 16, 3}));
  EXPECT_LE(largest_difference(image, expected), 2);
}

TEST(Jpeg, CutAnywhereIsRefused) {
  const auto pixels = waves(24, 24, 3);
  const auto file = encode_jpeg(24, 24, 3, pixels, {.quality = 60});
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW(decode_jpeg({file.data(), size}, "cut.jpg"), FileError) << size;
  }
  EXPECT_EQ(message_of([&] {
              decode_jpeg({file.data(), file.size() / 2}, "cut.jpg");
            }),
            "the image can't be read: Premature end of JPEG file\n"
            "  file     cut.jpg\n"
            "  to fix   save it again as JPEG, or leave it out");
}

TEST(Jpeg, DamagedAnywhereIsReadOrRefused) {
  const auto file = encode_jpeg(24, 24, 3, waves(24, 24, 3), {.quality = 60});
  for (std::size_t at = 0; at < file.size(); ++at) {
    auto damaged = file;
    damaged[at] ^= std::byte{0x10};
    try {
      decode_jpeg(damaged, "flipped.jpg");
    } catch (const FileError&) {
    }
  }
}

/// Cameras leave bytes after a picture's data: nothing of it is missing.
TEST(Jpeg, BytesBetweenSectionsDoNoHarm) {
  const auto pixels = waves(24, 24, 3);
  auto file = encode_jpeg(24, 24, 3, pixels);
  file.insert(file.end() - 2, 5, std::byte{0x12});
  EXPECT_LE(largest_difference(decode_jpeg(file, "a.jpg"), pixels), 3);
  file.insert(file.end(), 100, std::byte{0});
  EXPECT_LE(largest_difference(decode_jpeg(file, "a.jpg"), pixels), 3);
}

/// Cameras store a picture as the sensor lies and note how they were held.
TEST(Jpeg, IsShownAsTheCameraWasHeld) {
  const auto pixels = waves(16, 24, 3);
  const auto plain = encode_jpeg(16, 24, 3, pixels);
  const auto turned_by = [&](char orientation) {
    const std::string segment =
        "\xff\xe1\0\x22"
        "Exif\0\0MM\0\x2a\0\0\0\x08\0\x01"
        "\x01\x12\0\x03\0\0\0\x01\0"s +
        orientation + "\0\0\0\0\0\0"s;
    auto file = plain;
    const auto bytes = std::as_bytes(std::span(segment));
    file.insert(file.begin() + 2, bytes.begin(), bytes.end());
    return file;
  };
  EXPECT_EQ(decode_jpeg(turned_by(1), "a.jpg"), decode_jpeg(plain, "a.jpg"));
  EXPECT_EQ(decode_jpeg(turned_by(6), "a.jpg"),
            oriented(decode_jpeg(plain, "a.jpg"), Orientation::turned_left));
  const ImageHeader header = read_jpeg_header(turned_by(6), "a.jpg");
  EXPECT_EQ(header.size.height, 24u);
  EXPECT_EQ(header.size.width, 16u);
  // What is asked for is what is shown: 12 rows of 8 are half of it.
  EXPECT_EQ(decode_jpeg(turned_by(6), "a.jpg", ImageSize{.height = 12, .width = 8}).shape(),
            (Shape{12, 8, 3}));
}

TEST(Jpeg, LargerThanTheLimitsIsRefusedBeforeMemoryIsTaken) {
  auto file = encode_jpeg(24, 24, 3, waves(24, 24, 3));
  constexpr std::byte frame[] = {std::byte{0xff}, std::byte{0xc0}};
  const auto found = std::search(file.begin(), file.end(), std::begin(frame), std::end(frame));
  ASSERT_NE(found, file.end());
  // Marker, length, bits, then height and width of two bytes each.
  std::fill_n(found + 5, 4, std::byte{0xea});
  EXPECT_EQ(message_of([&] { decode_jpeg(file, "huge.jpg"); }),
            "the image can't be read: it has more than 67108864 pixels, or 16384 in one direction\n"
            "  file     huge.jpg\n"
            "  to fix   save it again as JPEG, or leave it out");
  EXPECT_THROW(read_jpeg_header(file, "huge.jpg"), FileError);
}

}  // namespace
}  // namespace sloy
