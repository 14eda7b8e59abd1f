#include "files/safetensors.h"

#include <gtest/gtest.h>
#include <sloy/error.h>

#include <bit>
#include <limits>
#include <numeric>

#include "harness/memory_files.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::bytes_of;
using harness::MemoryFiles;
using harness::message_of;
using Bytes = std::vector<std::byte>;

Bytes file_of(const std::string& header, std::size_t data_bytes) {
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return bytes_of(file + header + std::string(data_bytes, '\x01'));
}

SafetensorsReader open(const Bytes& content) {
  MemoryFiles files;
  files.put("m.safetensors", content);
  return SafetensorsReader("m.safetensors", files);
}

/// The first line of the error that opening gives.
std::string refusal(const std::string& header, std::size_t data_bytes) {
  const std::string message = message_of([&] { open(file_of(header, data_bytes)); });
  return message.substr(0, message.find('\n'));
}

/// A file of several tensors, as bytes.
Bytes written(const std::vector<NamedTensor>& tensors, const Metadata& metadata = {}) {
  MemoryFiles files;
  write_safetensors("m.safetensors", tensors, metadata, files);
  return files.get("m.safetensors");
}

const Tensor kernel({2, 3}, std::vector<float>{1, -2, 3.5f, 0, 1e-38f, 1e30f});
const Tensor bias({3}, std::vector<double>{0.1, 0.2, 0.3});
const Tensor steps = Tensor::scalar(std::int32_t{-7});
const Tensor pixels({5}, std::vector<std::uint8_t>{0, 1, 2, 254, 255});
const Tensor nothing(DType::float32, {0, 4});

const std::vector<NamedTensor> all{{"dense/kernel", kernel},
                                   {"dense/bias", bias},
                                   {"step", steps},
                                   {"пиксели \"\\\n", pixels},
                                   {"", nothing}};
const Metadata notes{{"format", "sloy"}, {"classes", "[\"кот\", \"dog\"]"}, {"empty", ""}};

TEST(Safetensors, WhatWasWrittenIsRead) {
  const SafetensorsReader reader = open(written(all, notes));
  EXPECT_EQ(reader.metadata(), notes);
  EXPECT_EQ(reader.entries().size(), 5u);
  EXPECT_EQ(reader.read("dense/kernel"), kernel);
  EXPECT_EQ(reader.read("dense/bias"), bias);
  EXPECT_EQ(reader.read("step"), steps);
  EXPECT_EQ(reader.read("пиксели \"\\\n"), pixels);
  EXPECT_EQ(reader.read(""), nothing);
  EXPECT_EQ(reader.find("step")->dtype_name, "I32");
  EXPECT_EQ(reader.find("stop"), nullptr);
}

TEST(Safetensors, KeepsEveryBitOfAFloat) {
  Tensor bits(DType::float32, {4});
  auto values = bits.mutable_values<float>();
  values[0] = std::bit_cast<float>(0x7fc12345u);
  values[1] = -std::numeric_limits<float>::infinity();
  values[2] = -0.0f;
  values[3] = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(open(written({{"x", bits}})).read("x"), bits);
}

/// The bytes by hand, from the format's description: a file that any reader opens.
TEST(Safetensors, WritesTheFormat) {
  const Tensor x({2}, std::vector<std::uint8_t>{65, 66});
  const Tensor y = Tensor::scalar(1.0f);
  std::string header = R"({"__metadata__":{"k":"v"},)"
                       R"("y":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                       R"("x":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}})";
  header.resize(184, ' ');  // and 8 bytes of length make three times 64
  std::string length("\xb8\0\0\0\0\0\0\0", 8);
  EXPECT_EQ(written({{"x", x}, {"y", y}}, {{"k", "v"}}),
            bytes_of(length + header + std::string("\0\0\x80\x3f", 4) + "AB"));
}

TEST(Safetensors, BytesDoNotDependOnTheOrderGiven) {
  std::vector<NamedTensor> reversed(all.rbegin(), all.rend());
  EXPECT_EQ(written(reversed, notes), written(all, notes));
}

TEST(Safetensors, DataBeginOnACacheLine) {
  for (std::size_t length = 1; length < 70; ++length) {
    const Bytes file = written({{std::string(length, 'a'), pixels}});
    EXPECT_EQ((file.size() - pixels.bytes()) % 64, 0u);
  }
}

TEST(Safetensors, WritesNoTensorsAtAll) {
  const SafetensorsReader reader = open(written({}, {}));
  EXPECT_TRUE(reader.entries().empty());
  EXPECT_TRUE(reader.metadata().empty());
  EXPECT_EQ(refusal("{}", 0), "no error");
}

TEST(Safetensors, RefusesToWriteWhatCannotBeRead) {
  EXPECT_THROW(written({{"x", pixels}, {"x", kernel}}), ConfigError);
  EXPECT_THROW(written({{"__metadata__", pixels}}), ConfigError);
  EXPECT_THROW(written({{"\xff", pixels}}), ConfigError);
  EXPECT_THROW(written({{"x", pixels}}, {{"k", "\xc3"}}), ConfigError);
}

TEST(Safetensors, AFailureLeavesTheOldFile) {
  for (int call = 0; call < 5; ++call) {
    MemoryFiles files;
    files.put("m.safetensors", bytes_of("old"));
    files.fail_after = call;
    EXPECT_THROW(write_safetensors("m.safetensors", all, notes, files), FileError);
    EXPECT_EQ(files.get("m.safetensors"), bytes_of("old"));
    EXPECT_EQ(files.names().size(), 1u);
  }
}

TEST(Safetensors, RefusesAFileCutAnywhereOrGoingOn) {
  const Bytes whole = written({{"a", steps}, {"b", pixels}}, {{"k", "v"}});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THROW(open(Bytes(whole.begin(), whole.begin() + length)), FileError) << length;
  }
  Bytes longer = whole;
  longer.push_back(std::byte{0});
  EXPECT_THROW(open(longer), FileError);
}

TEST(Safetensors, AFlippedBitIsAnErrorOrOtherValues) {
  const Bytes whole = written({{"a", steps}, {"b", pixels}}, {{"k", "v"}});
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    Bytes flipped = whole;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    try {
      const SafetensorsReader reader = open(flipped);
      std::uint64_t bytes = 0;
      for (const auto& entry : reader.entries()) {
        bytes += entry.end - entry.begin;
        if (!entry.dtype) continue;
        EXPECT_EQ(reader.read(entry).bytes(), entry.end - entry.begin);
      }
      EXPECT_EQ(bytes, 9u);
    } catch (const FileError&) {
    }
  }
}

/// One tensor's entry with the parts that differ.
std::string entry(const std::string& name, const std::string& shape, const std::string& offsets,
                  const std::string& dtype = "\"F32\"") {
  return "\"" + name + R"(":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" +
         offsets + "}";
}

TEST(Safetensors, RefusesTensorsThatDoNotFillTheFile) {
  EXPECT_EQ(refusal("{" + entry("a", "[2]", "[0,8]") + "}", 8), "no error");
  EXPECT_EQ(refusal("{" + entry("a", "[2]", "[4,12]") + "}", 12),
            "tensor 'a' leaves a gap before it");
  EXPECT_EQ(refusal("{" + entry("a", "[2]", "[0,8]") + "," + entry("b", "[2]", "[4,12]") + "}", 12),
            "tensor 'b' overlaps another");
  EXPECT_EQ(refusal("{" + entry("a", "[2]", "[0,8]") + "," + entry("b", "[2]", "[0,8]") + "}", 8),
            "tensor 'b' overlaps another");
  EXPECT_EQ(refusal("{" + entry("a", "[2]", "[0,8]") + "}", 9),
            "the file goes on after its tensors");
  EXPECT_EQ(refusal("{" + entry("a", "[2]", "[0,8]") + "}", 7),
            "the file ends before its tensors do");
  EXPECT_EQ(refusal("{}", 1), "the file goes on after its tensors");
  EXPECT_EQ(refusal("{" + entry("a", "[2]", "[0,4]") + "}", 4),
            "tensor 'a' is F32 (2), which takes 8 bytes, but has 4");
  EXPECT_EQ(refusal("{" + entry("a", "[2]", "[8,0]") + "}", 8), "tensor 'a' ends before it begins");
}

TEST(Safetensors, TakesEntriesInAnyOrderAndEmptyOnes) {
  const std::string header = "{" + entry("b", "[1]", "[8,12]") + "," +
                             entry("e", "[0,5]", "[8,8]") + "," + entry("a", "[2]", "[0,8]") + "," +
                             entry("s", "[]", "[12,16]") + "}   ";
  const SafetensorsReader reader = open(file_of(header, 16));
  EXPECT_EQ(reader.entries()[0].name, "a");
  EXPECT_EQ(reader.entries()[3].name, "s");
  EXPECT_EQ(reader.find("e")->shape, (Shape{0, 5}));
}

TEST(Safetensors, RefusesDuplicates) {
  EXPECT_EQ(refusal("{" + entry("a", "[2]", "[0,8]") + "," + entry("a", "[2]", "[0,8]") + "}", 8),
            "the header has 'a' twice");
  EXPECT_EQ(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0),
            "the header has '__metadata__' twice");
  EXPECT_EQ(refusal(R"({"__metadata__":{"k":"1","k":"2"}})", 0), "the header has 'k' twice");
  EXPECT_EQ(refusal(R"({"a":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}})", 1),
            "tensor 'a' has 'dtype' twice");
}

TEST(Safetensors, RefusesSizesThatOverflow) {
  EXPECT_EQ(refusal("{" + entry("a", "[4294967296,4294967296]", "[0,0]") + "}", 0),
            "tensor 'a' is too large");
  EXPECT_EQ(refusal("{" + entry("a", "[1048576,1048576,1048576,16]", "[0,0]") + "}", 0),
            "tensor 'a' is too large");
  EXPECT_EQ(refusal("{" + entry("a", "[18446744073709551615]", "[0,0]") + "}", 0),
            "tensor 'a' is too large");
  EXPECT_EQ(refusal("{" + entry("a", "[18446744073709551616]", "[0,0]") + "}", 0),
            "the header has a fraction where the format has none, after 'a'");
  EXPECT_EQ(refusal("{" + entry("a", "[2]", "[18446744073709551608,0]") + "}", 0),
            "tensor 'a' ends before it begins");
  EXPECT_EQ(refusal("{" + entry("a", "[1,1,1,1,1,1,1,1,1]", "[0,4]") + "}", 4),
            "tensor 'a' has more than 8 dimensions");
}

TEST(Safetensors, RefusesWhatTheGrammarHasNot) {
  const std::string good = entry("a", "[]", "[0,4]");
  EXPECT_NE(refusal("{" + good, 4), "no error");
  EXPECT_NE(refusal("[" + good + "]", 4), "no error");
  EXPECT_NE(refusal(" {" + good + "}", 4), "no error");
  EXPECT_NE(refusal("\xef\xbb\xbf{" + good + "}", 4), "no error");
  EXPECT_NE(refusal("{" + good + "}x", 4), "no error");
  EXPECT_NE(refusal("{" + good + ",}", 4), "no error");
  EXPECT_NE(refusal("{/**/" + good + "}", 4), "no error");
  EXPECT_NE(refusal("{\"\xff\":{}}", 0), "no error");
  for (const char* value : {"1", "null", "true", "\"x\"", "[]", "-1", "1.5", "[[]]"}) {
    EXPECT_NE(refusal(std::string("{\"a\":") + value + "}", 0), "no error") << value;
    EXPECT_NE(refusal(std::string("{\"__metadata__\":") + value + "}", 0), "no error") << value;
    if (*value != '"') {
      EXPECT_NE(refusal(std::string("{\"__metadata__\":{\"k\":") + value + "}}", 0), "no error");
    }
    EXPECT_NE(refusal("{" + entry("a", "[]", "[0,4]", value) + "}", 4), "no error") << value;
    EXPECT_NE(refusal("{" + entry("a", "[]", value) + "}", 4), "no error") << value;
  }
  for (const char* shape : {"1", "null", "[-1]", "[1.0]", "[[1]]", "[\"1\"]", "{}", "[1e0]"}) {
    EXPECT_NE(refusal("{" + entry("a", shape, "[0,4]") + "}", 4), "no error") << shape;
  }
  for (const char* offsets : {"[0]", "[0,4,8]", "[0,[4]]", "[0,-4]", "[0,4.0]"}) {
    EXPECT_NE(refusal("{" + entry("a", "[]", offsets) + "}", 4), "no error") << offsets;
  }
  EXPECT_EQ(refusal(R"({"a":{"dtype":"F32","shape":[]}})", 0),
            "tensor 'a' needs a dtype, a shape and data_offsets");
  EXPECT_EQ(refusal(R"({"a":{"more":1}})", 0), "tensor 'a' has the unknown key 'more'");
  EXPECT_EQ(refusal("{" + entry("a", "[]", "[0,4]", "\"F33\"") + "}", 4),
            "tensor 'a' has the unknown dtype 'F33'");
}

TEST(Safetensors, RefusesHeaderBombs) {
  const std::string deep = "{\"a\":" + std::string(1 << 20, '[');
  EXPECT_NE(refusal(deep, 0), "no error");
  Bytes declared = bytes_of(std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10));
  EXPECT_THROW(open(declared), FileError);
  declared = bytes_of(std::string("\0\0\0\1\0\0\0\0{}", 10));
  EXPECT_THROW(open(declared), FileError);
  std::string many = "{";
  for (int i = 0; i < 100001; ++i) {
    many += (i ? "," : "") + entry(std::to_string(i), "[0]", "[0,0]");
  }
  EXPECT_EQ(refusal(many + "}", 0), "the file has too many tensors");
  std::string keys = "{\"__metadata__\":{";
  for (int i = 0; i < 200001; ++i) keys += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"\"";
  EXPECT_EQ(refusal(keys + "}}", 0), "the metadata has too many keys");
}

TEST(Safetensors, ListsTypesThatItCannotRead) {
  const SafetensorsReader reader =
      open(file_of("{" + entry("a", "[3]", "[0,6]", "\"BF16\"") + "}", 6));
  EXPECT_EQ(reader.entries()[0].dtype_name, "BF16");
  EXPECT_EQ(message_of([&] { reader.read("a"); }),
            "tensor 'a' has the dtype BF16\n"
            "  file     m.safetensors\n"
            "  needed   F32, F64, I32 or U8\n"
            "  to fix   convert the file to float32");
}

TEST(Safetensors, NamesTheNearestTensor) {
  EXPECT_EQ(message_of([] { open(written(all)).read("dense/kernal"); }),
            "the file has no tensor 'dense/kernal'\n"
            "  file     m.safetensors   5 tensors\n"
            "  to fix   did you mean 'dense/kernel'?");
}

}  // namespace
}  // namespace sloy
