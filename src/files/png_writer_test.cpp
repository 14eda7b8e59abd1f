#include <gtest/gtest.h>
#include <sloy/error.h>
#include <sloy/image_files.h>
#include <sloy/io.h>

#include <numeric>

#include "files/png.h"
#include "harness/memory_files.h"
#include "harness/messages.h"
#include "harness/process.h"

namespace sloy {
namespace {

Tensor picture(std::int64_t channels) {
  Tensor image(DType::uint8, {5, 7, channels});
  auto pixels = image.mutable_values<std::uint8_t>();
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{3});
  return image;
}

TEST(PngWriter, WritesWhatIsReadBack) {
  const harness::TemporaryDirectory directory;
  for (const std::int64_t channels : {1, 3}) {
    const Tensor image = picture(channels);
    write_png(directory / "a.png", image);
    const Tensor read = read_tensor(directory / "a.png");
    EXPECT_EQ(read.type(), image.type());
    EXPECT_TRUE(std::ranges::equal(read.values<std::uint8_t>(), image.values<std::uint8_t>()));
  }
}

TEST(PngWriter, LeavesTheOldFileWhereTheNewOneCannotBeWritten) {
  const std::vector<std::byte> before = harness::bytes_of("old"), after = encode_png(picture(1));
  int refused = 0;
  for (int call = 0;; ++call) {
    harness::MemoryFiles files;
    files.put("a.png", before);
    files.fail_after = call;
    try {
      write_png("a.png", picture(1), files);
      EXPECT_EQ(files.get("a.png"), after);
      break;
    } catch (const FileError&) {
      ++refused;
    }
    EXPECT_EQ(files.names(), std::vector<std::string>{"a.png"});
    EXPECT_TRUE(files.get("a.png") == before || files.get("a.png") == after) << call;
  }
  EXPECT_GT(refused, 2);
}

TEST(PngWriter, RefusesWhatIsNoImage) {
  EXPECT_EQ(harness::message_of([] {
              write_png("a.png", Tensor(DType::float32, {5, 7, 3}));
            }),
            "this is no image to be written\n"
            "  given    float32 (5, 7, 3)\n"
            "  needed   uint8 (height, width, 1) or (height, width, 3)   at most 16384 pixels a "
            "side\n"
            "  to fix   give the pixels of an image as bytes");
  EXPECT_THROW(encode_png(Tensor(DType::uint8, {5, 7, 2})), ShapeError);
  EXPECT_THROW(encode_png(Tensor(DType::uint8, {0, 7, 3})), ShapeError);
}

}  // namespace
}  // namespace sloy
