#include "files/exif.h"

#include <algorithm>
#include <string_view>

#include "base/bytes.h"

namespace sloy {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view signature = "Exif\0\0"sv;
constexpr std::uint16_t orientation_tag = 0x0112;
constexpr std::uint16_t short_type = 3;
constexpr std::size_t value_bytes = 4;  ///< of an entry

/// Numbers in the order of bytes that the segment says.
class TiffReader {
 public:
  explicit TiffReader(std::span<const std::byte> bytes) : reader_(bytes, "Exif") {
    const std::string_view order = reader_.text(2, "the order of bytes");
    is_big_ = order == "MM";
    if (!is_big_ && order != "II") reader_.fail("no order of bytes");
  }

  std::uint16_t number16() {
    return is_big_ ? reader_.big<std::uint16_t>("") : reader_.little<std::uint16_t>("");
  }
  std::uint32_t number32() {
    return is_big_ ? reader_.big<std::uint32_t>("") : reader_.little<std::uint32_t>("");
  }
  void skip(std::size_t bytes) { reader_.take(bytes, ""); }
  void go_to(std::uint64_t offset) {
    if (offset < reader_.offset()) reader_.fail("the directory lies within the header");
    skip(offset - reader_.offset());
  }

 private:
  ByteReader reader_;
  bool is_big_ = false;
};

Orientation read(std::span<const std::byte> tiff) {
  TiffReader reader(tiff);
  reader.skip(2);  // 42
  reader.go_to(reader.number32());
  for (std::uint16_t entries = reader.number16(); entries > 0; --entries) {
    const std::uint16_t tag = reader.number16();
    const std::uint16_t type = reader.number16();
    const std::uint32_t count = reader.number32();
    if (tag != orientation_tag || type != short_type || count != 1) {
      reader.skip(value_bytes);
      continue;
    }
    const std::uint16_t value = reader.number16();
    return value >= 1 && value <= 8 ? Orientation{static_cast<std::uint8_t>(value)}
                                    : Orientation::upright;
  }
  return Orientation::upright;
}

}  // namespace

Orientation exif_orientation(std::span<const std::byte> segment) {
  if (!begins_with(segment, signature)) return Orientation::upright;
  try {
    return read(segment.subspan(signature.size()));
  } catch (const FileError&) {
    return Orientation::upright;
  }
}

Tensor oriented(const Tensor& image, Orientation orientation) {
  if (orientation == Orientation::upright) return image;
  const std::int64_t height = image.shape().size(0);
  const std::int64_t width = image.shape().size(1);
  const std::int64_t channels = image.shape().size(2);
  const bool swaps = swaps_sides(orientation);
  // Which end of the file's rows and columns is shown first.
  const bool from_bottom =
      orientation == Orientation::upside_down || orientation == Orientation::flipped ||
      orientation == Orientation::turned_left || orientation == Orientation::transversed;
  const bool from_right =
      orientation == Orientation::mirrored || orientation == Orientation::upside_down ||
      orientation == Orientation::transversed || orientation == Orientation::turned_right;
  Tensor shown(DType::uint8, {swaps ? width : height, swaps ? height : width, channels});
  const std::uint8_t* from = image.values<std::uint8_t>().data();
  std::uint8_t* out = shown.mutable_values<std::uint8_t>().data();
  for (std::int64_t y = 0; y < shown.shape().size(0); ++y) {
    for (std::int64_t x = 0; x < shown.shape().size(1); ++x) {
      const std::int64_t row = swaps ? x : y;
      const std::int64_t column = swaps ? y : x;
      const std::int64_t at = (from_bottom ? height - 1 - row : row) * width +
                              (from_right ? width - 1 - column : column);
      out = std::copy_n(from + at * channels, channels, out);
    }
  }
  return shown;
}

}  // namespace sloy
