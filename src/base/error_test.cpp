#include <gtest/gtest.h>
#include <sloy/error.h>

namespace sloy {
namespace {

TEST(Error, ReadsAsASentenceThenAlignedNotesThenTheFix) {
  Error error("conv2d: the input has 3 channels, the kernel expects 4",
              {{"input", "(32, 28, 28, 3)", "batch, height, width, channels"},
               {"kernel", "(3, 3, 4, 64)", "height, width, channels, filters"}},
              "feed 4 channels");
  error.add({"layer", "encoder/conv1", "recipe.toml:14"});
  EXPECT_STREQ(error.what(),
               "conv2d: the input has 3 channels, the kernel expects 4\n"
               "  input    (32, 28, 28, 3)   batch, height, width, channels\n"
               "  kernel   (3, 3, 4, 64)     height, width, channels, filters\n"
               "  layer    encoder/conv1     recipe.toml:14\n"
               "  to fix   feed 4 channels");
}

TEST(Error, KeepsTheInnermostPlace) {
  Error error("wrong", {{"layer", "a/b"}});
  error.add({"layer", "a"});
  EXPECT_EQ(error.notes().size(), 1u);
  EXPECT_EQ(error.notes()[0].value, "a/b");
}

}  // namespace
}  // namespace sloy
