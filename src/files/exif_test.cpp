#include "files/exif.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sloy {
namespace {

using namespace std::string_literals;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// A segment with one other entry before the orientation.
std::string segment(bool is_big, char value) {
  if (is_big) {
    return "Exif\0\0MM\0\x2a\0\0\0\x08\0\x02"s + "\x01\x00\0\x04\0\0\0\x01\0\0\0\x09"s +
           "\x01\x12\0\x03\0\0\0\x01\0"s + value + "\0\0"s;
  }
  return "Exif\0\0II\x2a\0\x08\0\0\0\x02\0"s + "\x00\x01\x04\0\x01\0\0\0\x09\0\0\0"s +
         "\x12\x01\x03\0\x01\0\0\0"s + value + "\0\0\0"s;
}

TEST(Exif, SaysTheOrientationInEitherOrderOfBytes) {
  for (const bool is_big : {false, true}) {
    for (int value = 1; value <= 8; ++value) {
      EXPECT_EQ(
          static_cast<int>(exif_orientation(bytes_of(segment(is_big, static_cast<char>(value))))),
          value)
          << is_big;
    }
  }
}

TEST(Exif, DamagedIsUpright) {
  const std::string whole = segment(true, 6);
  // The value is complete two bytes before the end.
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
    EXPECT_EQ(exif_orientation(bytes_of(whole.substr(0, size))), Orientation::upright) << size;
  }
  EXPECT_EQ(exif_orientation(bytes_of(whole)), Orientation::turned_left);
  EXPECT_EQ(exif_orientation(bytes_of(segment(false, 0))), Orientation::upright);
  EXPECT_EQ(exif_orientation(bytes_of(segment(false, 9))), Orientation::upright);
  std::string within_header = whole;
  within_header[13] = 2;  // where the directory lies
  EXPECT_EQ(exif_orientation(bytes_of(within_header)), Orientation::upright);
  EXPECT_EQ(exif_orientation(bytes_of("http://ns.adobe.com/xap/1.0/")), Orientation::upright);
}

/// Exif's own figure: what each shows of
///     1 2 3
///     4 5 6
TEST(Exif, ShowsTheImageAsItIsMeant) {
  const Tensor image({2, 3, 1}, std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6});
  const auto shown = [&](Orientation orientation) {
    const Tensor turned = oriented(image, orientation);
    const auto values = turned.values<std::uint8_t>();
    return std::pair(turned.shape().size(0), std::vector<int>(values.begin(), values.end()));
  };
  using Shown = std::pair<std::int64_t, std::vector<int>>;
  EXPECT_EQ(shown(Orientation::upright), (Shown{2, {1, 2, 3, 4, 5, 6}}));
  EXPECT_EQ(shown(Orientation::mirrored), (Shown{2, {3, 2, 1, 6, 5, 4}}));
  EXPECT_EQ(shown(Orientation::upside_down), (Shown{2, {6, 5, 4, 3, 2, 1}}));
  EXPECT_EQ(shown(Orientation::flipped), (Shown{2, {4, 5, 6, 1, 2, 3}}));
  EXPECT_EQ(shown(Orientation::transposed), (Shown{3, {1, 4, 2, 5, 3, 6}}));
  EXPECT_EQ(shown(Orientation::turned_left), (Shown{3, {4, 1, 5, 2, 6, 3}}));
  EXPECT_EQ(shown(Orientation::transversed), (Shown{3, {6, 3, 5, 2, 4, 1}}));
  EXPECT_EQ(shown(Orientation::turned_right), (Shown{3, {3, 6, 2, 5, 1, 4}}));
}

}  // namespace
}  // namespace sloy
