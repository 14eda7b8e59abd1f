#include "backends/cpu/winograd.h"

#include <gtest/gtest.h>

namespace sloy::cpu {
namespace {

using onednn::ConvolutionGeometry;
using onednn::ConvolutionPass;

constexpr Machine avx512{.instructions = InstructionSet::avx512, .threads = 2};

ConvolutionGeometry same_3x3(std::int64_t batch, std::int64_t size, std::int64_t input_channels,
                             std::int64_t filters) {
  return {.batch = batch,
          .input = {size, size},
          .kernel = {3, 3},
          .input_channels = input_channels,
          .filters = filters,
          .strides = {1, 1},
          .dilations = {1, 1},
          .padding_before = {1, 1},
          .padding_after = {1, 1}};
}

bool is_winograd(const ConvolutionGeometry& geometry,
                 ConvolutionPass pass = ConvolutionPass::forward, const Machine& machine = avx512) {
  return takes_winograd(geometry, pass, machine);
}

// Each line was measured: docs/design/convolution.md.
TEST(TakesWinograd, WhereItWasFaster) {
  EXPECT_TRUE(is_winograd(same_3x3(128, 32, 64, 64)));
  EXPECT_TRUE(is_winograd(same_3x3(128, 8, 256, 256)));
  EXPECT_TRUE(is_winograd(same_3x3(64, 4, 512, 512)));
  EXPECT_TRUE(is_winograd(same_3x3(32, 13, 192, 384)));
  EXPECT_TRUE(is_winograd(same_3x3(32, 14, 32, 32)));
  EXPECT_TRUE(is_winograd(same_3x3(1, 28, 64, 64)));
  EXPECT_TRUE(is_winograd(same_3x3(1, 16, 128, 128)));
  EXPECT_TRUE(is_winograd(same_3x3(1, 11, 32, 64)));
  EXPECT_FALSE(is_winograd(same_3x3(1, 8, 128, 128)));
  EXPECT_FALSE(is_winograd(same_3x3(1, 14, 256, 256)));
  EXPECT_FALSE(is_winograd(same_3x3(32, 2, 512, 512)));
  EXPECT_FALSE(is_winograd(same_3x3(128, 14, 16, 16)));
  EXPECT_FALSE(is_winograd(same_3x3(128, 32, 3, 64)));
}

TEST(TakesWinograd, PassesAreChosenApart) {
  auto narrow = same_3x3(128, 13, 32, 64);
  narrow.padding_before = narrow.padding_after = {0, 0};
  EXPECT_TRUE(is_winograd(narrow, ConvolutionPass::forward));
  EXPECT_TRUE(is_winograd(narrow, ConvolutionPass::input_gradient));
  EXPECT_TRUE(is_winograd(narrow, ConvolutionPass::kernel_gradient));
  // 9×9 pixels of dx fill 56 % of nine tiles, 7×7 of y 77 % of four.
  narrow.input = {9, 9};
  EXPECT_TRUE(is_winograd(narrow, ConvolutionPass::forward));
  EXPECT_FALSE(is_winograd(narrow, ConvolutionPass::input_gradient));
  const auto one = same_3x3(1, 16, 128, 128);
  EXPECT_FALSE(is_winograd(one, ConvolutionPass::input_gradient));
  EXPECT_FALSE(is_winograd(one, ConvolutionPass::kernel_gradient));
}

TEST(TakesWinograd, BlocksOfChannelsAreAsWideAsVectors) {
  constexpr Machine avx2{.instructions = InstructionSet::avx2, .threads = 2};
  EXPECT_TRUE(is_winograd(same_3x3(128, 32, 64, 64), ConvolutionPass::forward, avx2));
  EXPECT_TRUE(is_winograd(same_3x3(128, 32, 72, 72), ConvolutionPass::forward, avx2));
  EXPECT_FALSE(is_winograd(same_3x3(128, 32, 72, 72)));
  EXPECT_FALSE(is_winograd(same_3x3(128, 32, 68, 68), ConvolutionPass::forward, avx2));
}

TEST(TakesWinograd, OfBfloat16WhereItIsFasterThanProductsOfBfloat16) {
  Machine machine = avx512;
  machine.bfloat16 = true;
  const auto takes = [&](const ConvolutionGeometry& geometry, ConvolutionPass pass) {
    return takes_winograd(geometry, pass, machine, true);
  };
  for (const ConvolutionPass pass : {ConvolutionPass::forward, ConvolutionPass::input_gradient,
                                     ConvolutionPass::kernel_gradient}) {
    EXPECT_TRUE(takes(same_3x3(128, 32, 64, 64), pass));
    EXPECT_TRUE(takes(same_3x3(128, 8, 256, 256), pass));
    EXPECT_TRUE(takes(same_3x3(8, 14, 512, 512), pass));
    EXPECT_EQ(takes(same_3x3(64, 4, 512, 512), pass), pass == ConvolutionPass::kernel_gradient);
  }
  machine.amx = true;
  EXPECT_FALSE(takes(same_3x3(128, 32, 64, 64), ConvolutionPass::forward));
  EXPECT_TRUE(is_winograd(same_3x3(128, 32, 64, 64), ConvolutionPass::forward, machine));
}

TEST(TakesWinograd, IsDirectWhereThereIsNoWinograd) {
  const auto geometry = same_3x3(128, 32, 64, 64);
  EXPECT_FALSE(is_winograd(geometry, ConvolutionPass::forward,
                           {.instructions = InstructionSet::baseline, .threads = 2}));
  auto strided = geometry;
  strided.strides = {2, 2};
  EXPECT_FALSE(is_winograd(strided));
  auto dilated = geometry;
  dilated.dilations = {2, 2};
  EXPECT_FALSE(is_winograd(dilated));
  auto grouped = geometry;
  grouped.groups = 2;
  EXPECT_FALSE(is_winograd(grouped));
  auto large = geometry;
  large.kernel = {7, 7};
  EXPECT_FALSE(is_winograd(large));
  auto one_dimensional = geometry;
  for (auto* sizes : {&one_dimensional.input, &one_dimensional.kernel, &one_dimensional.strides,
                      &one_dimensional.dilations, &one_dimensional.padding_before,
                      &one_dimensional.padding_after}) {
    sizes->resize(1);
  }
  EXPECT_FALSE(is_winograd(one_dimensional));
}

}  // namespace
}  // namespace sloy::cpu
