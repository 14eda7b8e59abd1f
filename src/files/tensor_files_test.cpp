#include <gtest/gtest.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <sstream>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy {
namespace {

using harness::message_of;

constexpr const char* image = "examples/fashion-mnist/bag.png";
constexpr const char* archive = "tests/fuzz/corpus/idx/images.gz";
constexpr const char* array = "tests/fuzz/corpus/npy/float32";

Tensor from_stream(const std::string& bytes) {
  std::istringstream stream(bytes);
  return read_tensor(stream, "standard input");
}

TEST(ReadTensor, TellsFilesByTheirFirstBytes) {
  EXPECT_EQ(read_tensor(image).shape(), (Shape{28, 28, 1}));
  EXPECT_EQ(message_of([] { read_tensor("README.md"); }),
            "the file is of no kind known here\n"
            "  file     README.md\n"
            "  to fix   give an npy array, an IDX array, a PNG or a JPEG image");
  EXPECT_THROW(read_tensor("no/such/file.png"), FileError);
}

TEST(ReadTensor, ReadsStreamsAsFiles) {
  for (const char* path : {image, archive, array}) {
    EXPECT_EQ(from_stream(harness::bytes_of_file(path)), read_tensor(path)) << path;
  }
}

TEST(ReadTensor, NamesTheStream) {
  EXPECT_EQ(message_of([] { from_stream(""); }),
            "there is nothing to read\n"
            "  file     standard input\n"
            "  to fix   give an npy array, an IDX array, a PNG or a JPEG image");
  const std::string whole = harness::bytes_of_file(array);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string message = message_of([&] { from_stream(whole.substr(0, length)); });
    EXPECT_NE(message.find("standard input"), std::string::npos) << length << message;
  }
}

/// Zeros without an end.
struct Endless : std::streambuf {
  char zeros[4096] = {};
  int_type underflow() override {
    setg(zeros, zeros, zeros + sizeof zeros);
    return traits_type::to_int_type(zeros[0]);
  }
};

TEST(ReadTensor, ReadsNoMoreThanItsLimit) {
  Endless zeros;
  std::istream stream(&zeros);
  EXPECT_EQ(message_of([&] { read_tensor(stream, "standard input"); }),
            "the file is too large\n"
            "  file     standard input\n"
            "  needed   at most 268435456 bytes\n"
            "  to fix   give it as a file, or in parts");
}

}  // namespace
}  // namespace sloy
