#include "files/npy.h"

#include <gtest/gtest.h>
#include <sloy/error.h>

#include <numeric>

#include "harness/memory_files.h"

namespace sloy {
namespace {

using harness::bytes_of;
using harness::MemoryFiles;
using Bytes = std::vector<std::byte>;

/// A version 1 file of this header and data.
Bytes file_of(const std::string& header, const std::string& data) {
  std::string file("\x93NUMPY\1\0", 8);
  file += static_cast<char>(header.size() & 0xff);
  file += static_cast<char>(header.size() >> 8);
  return bytes_of(file + header + data);
}

std::string header_of(const std::string& descr, const std::string& shape,
                      const std::string& fortran_order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran_order + ", 'shape': " + shape +
         ", }\n";
}

Tensor read(const Bytes& content) {
  MemoryFiles files;
  files.put("x.npy", content);
  return read_npy("x.npy", files);
}

std::string refusal(const Bytes& content) {
  try {
    read(content);
  } catch (const FileError& error) {
    return error.sentence();
  }
  return "no error";
}

Bytes written(const Tensor& tensor) {
  MemoryFiles files;
  write_npy("x.npy", tensor, files);
  return files.get("x.npy");
}

const std::string two_floats("\0\0\x80\x3f\0\0\0\xc0", 8);  // 1 and -2, little-endian

TEST(Npy, WhatWasWrittenIsRead) {
  Tensor large(DType::float32, {30, 40, 50});
  auto values = large.mutable_values<float>();
  std::iota(values.begin(), values.end(), -1000.0f);
  for (const Tensor& tensor :
       {large, Tensor({2}, std::vector<double>{0.1, -1e300}), Tensor::scalar(std::int32_t{-5}),
        Tensor({1, 3}, std::vector<std::uint8_t>{0, 128, 255}), Tensor(DType::float32, {0, 7})}) {
    EXPECT_EQ(read(written(tensor)), tensor);
  }
}

/// What numpy.save of NumPy 1.24 writes for array([1, -2], dtype=float32).
TEST(Npy, WritesWhatNumpyWrites) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  header.resize(117, ' ');
  EXPECT_EQ(written(Tensor({2}, std::vector<float>{1, -2})), file_of(header + "\n", two_floats));
}

TEST(Npy, DataBeginOnACacheLine) {
  for (int rank = 0; rank <= 8; ++rank) {
    Shape shape;
    for (int i = 0; i < rank; ++i) shape.push_back(i == 0 ? 1234567 : 1);
    const Tensor tensor(DType::uint8, shape);
    EXPECT_EQ((written(tensor).size() - tensor.bytes()) % 64, 0u);
  }
}

TEST(Npy, ReadsEitherByteOrderAndWideIntegers) {
  EXPECT_EQ(read(file_of(header_of("<f4", "(2,)"), two_floats)),
            Tensor({2}, std::vector<float>{1, -2}));
  EXPECT_EQ(read(file_of(header_of(">f4", "(2,)"), std::string("\x3f\x80\0\0\xc0\0\0\0", 8))),
            Tensor({2}, std::vector<float>{1, -2}));
  EXPECT_EQ(read(file_of(header_of(">i4", "()"), std::string("\xff\xff\xff\xfe", 4))),
            Tensor::scalar(std::int32_t{-2}));
  EXPECT_EQ(read(file_of(header_of(">f8", "(1, 1)"), std::string("\xbf\xe0\0\0\0\0\0\0", 8))),
            Tensor({1, 1}, std::vector<double>{-0.5}));
  EXPECT_EQ(read(file_of(header_of("<i8", "(1,)"), std::string(8, '\xff'))),
            Tensor({1}, std::vector<std::int32_t>{-1}));
  EXPECT_EQ(refusal(file_of(header_of("<i8", "(1,)"), std::string("\0\0\0\x80\0\0\0\0", 8))),
            "the integer 2147483648 doesn't fit int32");
}

TEST(Npy, ReadsLaterVersionsAndAnyOrderOfKeys) {
  const std::string header = R"({"shape":(2 , ),"fortran_order":True,"descr":"<f4"})";
  for (char version : {'\2', '\3'}) {
    std::string file("\x93NUMPY", 6);
    file += {version, '\0', static_cast<char>(header.size()), '\0', '\0', '\0'};
    EXPECT_EQ(read(bytes_of(file + header + two_floats)), Tensor({2}, std::vector<float>{1, -2}));
  }
}

TEST(Npy, RefusesAFileCutAnywhereOrGoingOn) {
  Bytes whole = written(Tensor({2}, std::vector<float>{1, -2}));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THROW(read(Bytes(whole.begin(), whole.begin() + length)), FileError) << length;
  }
  whole.push_back(std::byte{0});
  EXPECT_EQ(refusal(whole), "the file goes on after its array");
}

TEST(Npy, NoFlippedBitIsMoreThanAnError) {
  const Bytes whole = written(Tensor({2}, std::vector<float>{1, -2}));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    Bytes flipped = whole;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    try {
      EXPECT_EQ(read(flipped).bytes(), 8u) << bit;
    } catch (const FileError&) {
    }
  }
}

TEST(Npy, RefusesWhatItCannotRead) {
  EXPECT_EQ(refusal(file_of(header_of("|O", "(2,)"), two_floats)),
            "the npy file's elements are '|O'");
  EXPECT_EQ(refusal(file_of(header_of("<f2", "(4,)"), two_floats)),
            "the npy file's elements are '<f2'");
  EXPECT_EQ(refusal(file_of(header_of("<f4", "(1, 2)", "True"), two_floats)),
            "the npy file's elements are in Fortran order");
  EXPECT_EQ(refusal(bytes_of("\x89PNG and more bytes")),
            "this is no npy file: it doesn't begin with \\x93NUMPY");
  EXPECT_EQ(refusal(bytes_of("\x93NUMPY\x04 and more bytes")),
            "npy version 4 is unknown: 1 to 3 are read");
}

TEST(Npy, RefusesSizesBeforeItAllocates) {
  for (const char* shape :
       {"(1000000000000,)", "(4294967296, 4294967296)", "(1099511627776, 16777216)",
        "(99999999999999999999,)", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", "(3,)"}) {
    EXPECT_NE(refusal(file_of(header_of("<f4", shape), two_floats)), "no error") << shape;
  }
  const std::string huge_header("\x93NUMPY\2\0\xff\xff\xff\xff", 12);
  EXPECT_EQ(refusal(bytes_of(huge_header)), "the npy file's header is too large");
}

TEST(Npy, RefusesDamagedHeaders) {
  for (const std::string& header :
       {std::string("{}"), std::string("{'descr': '<f4'}"),
        std::string("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"),
        std::string("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}"),
        header_of("<f4", "(2,)", "0"), header_of("<f4", "(-2,)"), header_of("<f4", "(2,,)"),
        header_of("<f4", "2"), header_of("<f4", "[2]"), header_of("<f4", "(2"),
        header_of("<f4", "(2,)") + "x", std::string("{'descr: "), std::string("{'descr'")}) {
    EXPECT_EQ(refusal(file_of(header, two_floats)).substr(0, 24), "the npy file is damaged:")
        << header;
  }
}

}  // namespace
}  // namespace sloy
