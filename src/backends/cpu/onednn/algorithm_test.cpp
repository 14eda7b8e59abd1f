#include "backends/cpu/onednn/algorithm.h"

#include <gtest/gtest.h>

namespace sloy::onednn {
namespace {

constexpr cpu::Machine avx512{.instructions = cpu::InstructionSet::avx512, .threads = 2};

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
                 ConvolutionPass pass = ConvolutionPass::forward,
                 const cpu::Machine& machine = avx512) {
  return choose_algorithm(geometry, pass, machine) == ConvolutionAlgorithm::winograd;
}

// Each line was measured: docs/design/convolution.md.
TEST(ChooseAlgorithm, TakesWinogradWhereItWasFaster) {
  EXPECT_TRUE(is_winograd(same_3x3(128, 32, 64, 64)));
  EXPECT_TRUE(is_winograd(same_3x3(128, 8, 256, 256)));
  EXPECT_TRUE(is_winograd(same_3x3(64, 4, 512, 512)));
  EXPECT_TRUE(is_winograd(same_3x3(32, 13, 192, 384)));
  EXPECT_TRUE(is_winograd(same_3x3(32, 14, 32, 32)));
  EXPECT_TRUE(is_winograd(same_3x3(1, 28, 64, 64)));
  EXPECT_FALSE(is_winograd(same_3x3(1, 14, 256, 256)));
  EXPECT_FALSE(is_winograd(same_3x3(32, 2, 512, 512)));
  EXPECT_FALSE(is_winograd(same_3x3(128, 14, 16, 16)));
  EXPECT_FALSE(is_winograd(same_3x3(128, 32, 3, 64)));
}

TEST(ChooseAlgorithm, PassesAreChosenApart) {
  auto narrow = same_3x3(128, 13, 32, 64);
  narrow.padding_before = narrow.padding_after = {0, 0};
  EXPECT_TRUE(is_winograd(narrow, ConvolutionPass::forward));
  EXPECT_FALSE(is_winograd(narrow, ConvolutionPass::input_gradient));
  EXPECT_TRUE(is_winograd(narrow, ConvolutionPass::kernel_gradient));
}

TEST(ChooseAlgorithm, IsDirectWhereThereIsNoWinograd) {
  const auto geometry = same_3x3(128, 32, 64, 64);
  EXPECT_FALSE(is_winograd(geometry, ConvolutionPass::forward,
                           {.instructions = cpu::InstructionSet::avx2, .threads = 2}));
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
  large.kernel = {5, 5};
  EXPECT_FALSE(is_winograd(large));
  auto one_dimensional = geometry;
  for (auto* sizes : {&one_dimensional.input, &one_dimensional.kernel, &one_dimensional.strides,
                      &one_dimensional.dilations, &one_dimensional.padding_before,
                      &one_dimensional.padding_after}) {
    sizes->resize(1);
  }
  EXPECT_FALSE(is_winograd(one_dimensional));
}

// The rule must not choose what oneDNN does not have.
TEST(ChooseAlgorithm, WhatItChoosesCanBePrepared) {
  const cpu::Machine machine = cpu::this_machine();
  const Layout blocked = channels_blocked(4, machine.channel_block());
  for (std::int64_t size : {8, 9, 14}) {
    for (std::int64_t channels : {32, 48, 64, 96}) {
      for (auto pass : {ConvolutionPass::forward, ConvolutionPass::input_gradient,
                        ConvolutionPass::kernel_gradient}) {
        const auto geometry = same_3x3(8, size, channels, 64);
        const Preparation result = prepare_convolution(
            geometry, pass, {.algorithm = choose_algorithm(geometry, pass, machine)},
            {.input = blocked, .output = blocked});
        EXPECT_TRUE(result) << result.refusal;
      }
    }
  }
}

}  // namespace
}  // namespace sloy::onednn
