#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>

#include "harness/messages.h"

namespace sloy {
namespace {

constexpr std::array<std::byte, 8> bytes{std::byte{0x01}, std::byte{0x23}, std::byte{0x45},
                                         std::byte{0x67}, std::byte{0x89}, std::byte{0xab},
                                         std::byte{0xcd}, std::byte{0xef}};

TEST(ByteReader, ReadsBothByteOrders) {
  ByteReader little(bytes, "f");
  EXPECT_EQ(little.little<std::uint16_t>("x"), 0x2301);
  EXPECT_EQ(little.little<std::uint32_t>("x"), 0xab896745u);
  EXPECT_EQ(little.byte("x"), 0xcd);
  EXPECT_EQ(little.remaining(), 1u);
  ByteReader big(bytes, "f");
  EXPECT_EQ(big.big<std::uint64_t>("x"), 0x0123456789abcdefu);
  EXPECT_EQ(big.remaining(), 0u);
  EXPECT_EQ(little_endian<std::uint64_t>(bytes), 0xefcdab8967452301u);
}

TEST(ByteReader, NeverReadsPastTheEnd) {
  for (std::size_t count = 0; count <= 8; ++count) {
    ByteReader reader(std::span<const std::byte>(bytes).first(count), "f");
    EXPECT_THROW(reader.take(count + 1, "x"), FileError);
    EXPECT_THROW(reader.take(static_cast<std::size_t>(-1), "x"), FileError);
    EXPECT_EQ(reader.take(count, "x").size(), count);
    EXPECT_THROW(reader.byte("x"), FileError);
  }
}

TEST(ByteReader, SaysWhereTheFileEnds) {
  ByteReader reader(bytes, "a.idx", 100);
  reader.take(6, "x");
  EXPECT_EQ(harness::message_of([&] { reader.big<std::uint32_t>("the first dimension"); }),
            "the file ends within the first dimension\n"
            "  file     a.idx   at byte 106\n"
            "  needed   4 bytes\n"
            "  found    2 bytes\n"
            "  to fix   the file is damaged or incomplete: get it again");
}

}  // namespace
}  // namespace sloy
