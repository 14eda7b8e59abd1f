#include "files/idx.h"

#include <gtest/gtest.h>
#include <sloy/error.h>
#include <zlib.h>

#include <limits>

#include "harness/memory_files.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::MemoryFiles;
using Bytes = std::vector<std::byte>;

Bytes bytes(std::initializer_list<int> values) {
  Bytes result;
  for (int value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

/// Images of 2×3 pixels.
const Bytes images = bytes({0, 0, 8, 3, 0, 0, 0, 2, 0, 0,  0,  2, 0, 0, 0, 3,  //
                            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
const Tensor image_tensor({2, 2, 3},
                          std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});

Bytes gzip(const Bytes& plain, int level = 9) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes packed(deflateBound(&stream, plain.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

Tensor read(const Bytes& content) {
  MemoryFiles files;
  files.put("a.idx", content);
  return read_idx("a.idx", files);
}

std::string refusal(const Bytes& content) {
  return harness::message_of([&] { read(content); });
}

TEST(Idx, ReadsRawAndCompressed) {
  EXPECT_EQ(read(images), image_tensor);
  EXPECT_EQ(read(gzip(images)), image_tensor);
}

TEST(Idx, ReadsSeveralGzipMembers) {
  Bytes joined = gzip(Bytes(images.begin(), images.begin() + 17));
  const Bytes rest = gzip(Bytes(images.begin() + 17, images.end()));
  joined.insert(joined.end(), rest.begin(), rest.end());
  EXPECT_EQ(read(joined), image_tensor);
}

TEST(Idx, ReadsEveryType) {
  EXPECT_EQ(read(bytes({0, 0, 9, 1, 0, 0, 0, 3, 0x80, 0xff, 0x7f})),
            Tensor({3}, std::vector<std::int32_t>{-128, -1, 127}));
  EXPECT_EQ(read(bytes({0, 0, 0xb, 1, 0, 0, 0, 3, 0x80, 0, 0xff, 0xfe, 1, 2})),
            Tensor({3}, std::vector<std::int32_t>{-32768, -2, 258}));
  EXPECT_EQ(read(bytes({0, 0, 0xc, 1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4})),
            Tensor({2}, std::vector<std::int32_t>{-1, 0x01020304}));
  EXPECT_EQ(read(bytes({0, 0, 0xd, 1, 0, 0, 0, 2, 0x3f, 0x80, 0, 0, 0xc0, 0x49, 0x0f, 0xdb})),
            Tensor({2}, std::vector<float>{1.0f, -3.14159274f}));
  EXPECT_EQ(read(bytes({0, 0, 0xe, 1, 0, 0, 0, 1, 0xbf, 0xe0, 0, 0, 0, 0, 0, 0})),
            Tensor({1}, std::vector<double>{-0.5}));
}

TEST(Idx, ReadsManyConvertedElements) {
  const int count = 20000;
  Bytes content = bytes({0, 0, 0xb, 1, 0, 0, count >> 8, count & 255});
  std::vector<std::int32_t> expected;
  for (int i = 0; i < count; ++i) {
    content.push_back(static_cast<std::byte>(i >> 8));
    content.push_back(static_cast<std::byte>(i));
    expected.push_back(i);
  }
  EXPECT_EQ(read(content), Tensor({count}, expected));
  EXPECT_EQ(read(gzip(content)), Tensor({count}, expected));
}

TEST(Idx, MayHoldNothing) {
  EXPECT_EQ(read(bytes({0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 5})), Tensor(DType::uint8, {0, 5}));
}

TEST(Idx, RefusesAFileCutAnywhere) {
  for (const Bytes& whole : {images, gzip(images)}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_THROW(read(Bytes(whole.begin(), whole.begin() + length)), FileError) << length;
    }
  }
}

TEST(Idx, RefusesAFileThatGoesOn) {
  for (const Bytes& whole : {images, gzip(images)}) {
    Bytes longer = whole;
    longer.push_back(std::byte{0});
    EXPECT_THROW(read(longer), FileError);
  }
  Bytes longer = images;
  longer.push_back(std::byte{7});
  EXPECT_THROW(read(gzip(longer)), FileError);
}

/// Gzip's checksum covers the data: a flipped bit is seen unless it says nothing about the data, as
/// those of the time, the system and the padding don't.
TEST(Idx, AFlippedBitIsRefusedOrChangesNothing) {
  const Bytes whole = gzip(images);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    Bytes flipped = whole;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    try {
      EXPECT_EQ(read(flipped), image_tensor) << "bit " << bit;
    } catch (const FileError&) {
    }
  }
}

TEST(Idx, NoFlippedBitOfARawFileIsMoreThanAnError) {
  for (std::size_t bit = 0; bit < images.size() * 8; ++bit) {
    Bytes flipped = images;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    try {
      EXPECT_EQ(read(flipped).size(), 12);
    } catch (const FileError&) {
    }
  }
}

TEST(Idx, RefusesDimensionsThatTheFileCannotHold) {
  const Bytes huge = bytes({0, 0, 14, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                            0xff, 0xff, 1, 2, 3});
  const Bytes wraps = bytes({0, 0, 8, 3, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3});
  // 2^32 − 2^8 squared is about 2^64 − 2^41: kept to 2^40 it would wrap when multiplied on.
  const Bytes wraps_later = bytes({0, 0, 8, 3, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 0,  //
                                   0xff, 0, 0, 0, 1, 2, 3});
  const Bytes large = bytes({0, 0, 8, 2, 0, 0x10, 0, 0, 0, 0x10, 0, 0, 1, 2, 3});
  for (const Bytes& content : {huge, wraps, wraps_later, large}) {
    EXPECT_THROW(read(content), FileError);
    EXPECT_THROW(read(gzip(content)), FileError);
  }
}

TEST(Idx, RefusesABomb) {
  Bytes zeros(100 << 20);
  const Bytes header = bytes({0, 0, 8, 1, 6, 0x3f, 0xff, 0xf8});
  std::copy(header.begin(), header.end(), zeros.begin());
  const Bytes bomb = gzip(zeros, 1);
  EXPECT_LT(bomb.size(), std::size_t{1} << 20);
  EXPECT_NE(refusal(bomb).find("declares more than 200 times its size"), std::string::npos);
}

/// As a download that broke off: by its size alone it would look like a bomb.
TEST(Idx, SaysThatACompressedFileIsIncomplete) {
  Bytes begun = bytes({0, 0, 8, 1, 2, 0, 0, 0});
  for (int i = 0; i < 5000; ++i) begun.push_back(static_cast<std::byte>(i * i % 251));
  Bytes cut = gzip(begun);
  cut.resize(cut.size() / 2);
  EXPECT_TRUE(refusal(cut).starts_with("the compressed file ends too early\n")) << refusal(cut);
  // Whole, but with less than it declares.
  EXPECT_TRUE(
      refusal(gzip(begun)).starts_with("the file ends within the elements of (33554432)\n"));
  // What is read in pieces is told of as a whole.
  for (const unsigned char type : {8, 12}) {
    Bytes wide = bytes({0, 0, type, 1, 0, 1, 0, 0});
    wide.resize(wide.size() + 50'000);
    EXPECT_EQ(refusal(gzip(wide)),
              "the file ends within the elements of (65536)\n"
              "  file     a.idx   at byte 8\n"
              "  needed   " +
                  std::to_string(type == 8 ? 65536 : 4 * 65536) +
                  " bytes\n"
                  "  found    50000 bytes\n"
                  "  to fix   the file is damaged or incomplete: get it again");
  }
}

TEST(Idx, SaysWhatIsWrong) {
  EXPECT_EQ(refusal(bytes({0, 0, 8, 1, 0, 0, 0, 5, 1, 2})),
            "the file ends within the elements of (5)\n"
            "  file     a.idx   at byte 8\n"
            "  needed   5 bytes\n"
            "  found    2 bytes\n"
            "  to fix   the file is damaged or incomplete: get it again");
  EXPECT_EQ(
      refusal(bytes({0x89, 'P', 'N', 'G', 1, 2})),
      "this is no IDX file: it begins with 89 50 4e 47\n"
      "  file     a.idx   at byte 4\n"
      "  to fix   an IDX file begins with two zero bytes, its type (8, 9, 11 to 14) and 1 to 8 "
      "dimensions");
  EXPECT_NE(refusal(bytes({0, 0, 8, 9, 0, 0, 0, 1})).find("no IDX file"), std::string::npos);
  EXPECT_NE(refusal(bytes({0, 0, 10, 1, 0, 0, 0, 1, 5})).find("its type is 10"), std::string::npos);
  EXPECT_NE(refusal({}).find("ends within the IDX header"), std::string::npos);
}

}  // namespace
}  // namespace sloy
