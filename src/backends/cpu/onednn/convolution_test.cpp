#include "backends/cpu/onednn/convolution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "backends/cpu/machine.h"
#include "backends/cpu/onednn/testing.h"
#include "harness/convolution_by_definition.h"

namespace sloy::onednn {
namespace {

using Sizes = std::vector<std::int64_t>;

/// A square convolution; the rest is set by hand.
ConvolutionGeometry square(std::int64_t batch, std::int64_t size, std::int64_t kernel,
                           std::int64_t input_channels, std::int64_t filters,
                           std::int64_t padding = 0) {
  return {.batch = batch,
          .input = {size, size},
          .kernel = {kernel, kernel},
          .input_channels = input_channels,
          .filters = filters,
          .strides = {1, 1},
          .dilations = {1, 1},
          .padding_before = {padding, padding},
          .padding_after = {padding, padding}};
}

std::vector<ConvolutionGeometry> edge_geometries() {
  std::vector<ConvolutionGeometry> all;
  for (std::int64_t channels : {1, 15, 16, 17, 33}) {
    all.push_back(square(2, 6, 3, channels, 16, 1));
    all.push_back(square(2, 6, 3, 16, channels, 1));
    all.push_back(square(1, 5, 1, channels, channels));
  }
  all.push_back(square(1, 8, 3, 64, 64, 1));
  all.push_back(square(2, 8, 3, 64, 128, 1));
  all.push_back(square(1, 14, 3, 128, 64, 1));
  all.push_back(square(3, 9, 3, 3, 10));
  all.push_back(square(2, 1, 1, 1, 1));
  all.push_back(square(2, 3, 3, 32, 32));

  auto strided = square(2, 11, 3, 32, 16, 1);
  strided.strides = {2, 3};
  all.push_back(strided);
  auto skipping = square(2, 9, 2, 16, 32);
  skipping.strides = {3, 4};
  all.push_back(skipping);
  auto pointwise_strided = square(2, 8, 1, 32, 64);
  pointwise_strided.strides = {2, 2};
  all.push_back(pointwise_strided);
  auto dilated = square(2, 9, 3, 16, 16, 2);
  dilated.dilations = {2, 3};
  all.push_back(dilated);
  auto grouped = square(2, 7, 3, 32, 64, 1);
  grouped.groups = 2;
  all.push_back(grouped);
  auto small_groups = square(2, 7, 3, 32, 32, 1);
  small_groups.groups = 4;
  all.push_back(small_groups);
  auto odd_groups = square(2, 7, 3, 6, 9, 1);
  odd_groups.groups = 3;
  all.push_back(odd_groups);
  for (std::int64_t channels : {16, 24, 32}) {
    auto depthwise = square(2, 7, 3, channels, channels, 1);
    depthwise.groups = channels;
    all.push_back(depthwise);
  }
  auto asymmetric = square(2, 8, 3, 16, 16);
  asymmetric.padding_before = {0, 1};
  asymmetric.padding_after = {2, 0};
  all.push_back(asymmetric);
  auto oblong = square(2, 8, 3, 16, 16);
  oblong.input = {5, 12};
  oblong.kernel = {1, 5};
  oblong.padding_before = oblong.padding_after = {0, 2};
  all.push_back(oblong);
  all.push_back({.batch = 2,
                 .input = {20},
                 .kernel = {5},
                 .input_channels = 16,
                 .filters = 32,
                 .strides = {2},
                 .dilations = {1},
                 .padding_before = {2},
                 .padding_after = {1}});
  all.push_back({.batch = 1,
                 .input = {5, 6, 4},
                 .kernel = {3, 2, 3},
                 .input_channels = 16,
                 .filters = 16,
                 .strides = {1, 2, 1},
                 .dilations = {1, 1, 1},
                 .padding_before = {1, 0, 1},
                 .padding_after = {1, 0, 1}});
  return all;
}

std::string describe(const ConvolutionGeometry& g, ConvolutionPass pass) {
  std::string text = std::string(to_string(pass)) + ": x " + to_string(g.input_shape()) +
                     " kernel " + to_string(g.kernel_shape()) + " y " +
                     to_string(g.output_shape()) + " groups " + std::to_string(g.groups);
  return text;
}

constexpr ConvolutionPass passes[] = {ConvolutionPass::forward, ConvolutionPass::input_gradient,
                                      ConvolutionPass::kernel_gradient};

std::pair<Shape, Shape> operand_shapes(const ConvolutionGeometry& g, ConvolutionPass pass) {
  switch (pass) {
    case ConvolutionPass::forward: return {g.input_shape(), g.kernel_shape()};
    case ConvolutionPass::input_gradient: return {g.output_shape(), g.kernel_shape()};
    case ConvolutionPass::kernel_gradient: return {g.input_shape(), g.output_shape()};
  }
  return {};
}

/// Layouts a program asks for: oneDNN's own choice, plain, and channels blocked where they divide.
std::vector<ConvolutionLayouts> asked_layouts(const ConvolutionGeometry& g) {
  std::vector<ConvolutionLayouts> all{{}, {.input = Layout{}, .output = Layout{}}};
  const int block = cpu::this_machine().channel_block();
  const Layout blocked = channels_blocked(g.spatial_rank() + 2, block);
  const bool blocks_input = g.input_channels % block == 0;
  const bool blocks_output = g.filters % block == 0;
  if (blocks_input && blocks_output) all.push_back({.input = blocked, .output = blocked});
  if (blocks_input && !blocks_output) all.push_back({.input = blocked});
  if (!blocks_input && blocks_output) all.push_back({.output = blocked});
  return all;
}

TEST(Convolution, DirectIsExactOnSmallIntegers) {
  for (const ConvolutionGeometry& geometry : edge_geometries()) {
    for (ConvolutionPass pass : passes) {
      SCOPED_TRACE(describe(geometry, pass));
      const auto [first_shape, second_shape] = operand_shapes(geometry, pass);
      const auto first = small_integers(first_shape.size(), 1);
      const auto second = small_integers(second_shape.size(), 2);
      const auto expected = harness::convolve_by_definition(geometry, pass, first, second);
      const std::vector<float> exact(expected.begin(), expected.end());
      int prepared = 0;
      for (const ConvolutionLayouts& layouts : asked_layouts(geometry)) {
        const Preparation result = prepare_convolution(geometry, pass, {}, layouts);
        if (!result) {
          EXPECT_FALSE(result.refusal.empty());
          continue;
        }
        ++prepared;
        EXPECT_EQ(run_plain(*result.kernel, {first, second})[0], exact)
            << result.kernel->implementation();
      }
      EXPECT_GT(prepared, 0);
    }
  }
}

TEST(Convolution, WinogradIsFloatGrade) {
  if (cpu::this_machine().instructions != cpu::InstructionSet::avx512) {
    const auto result = prepare_convolution(square(2, 8, 3, 64, 64, 1), ConvolutionPass::forward,
                                            {.algorithm = ConvolutionAlgorithm::winograd});
    EXPECT_FALSE(result);
    return;
  }
  const Layout blocked = channels_blocked(4, 16);
  for (const ConvolutionGeometry& geometry :
       {square(2, 8, 3, 64, 64, 1), square(1, 14, 3, 128, 64, 1), square(3, 13, 3, 32, 64),
        square(1, 4, 3, 128, 128, 1), square(2, 9, 3, 16, 48, 1)}) {
    for (ConvolutionPass pass : passes) {
      SCOPED_TRACE(describe(geometry, pass));
      const auto [first_shape, second_shape] = operand_shapes(geometry, pass);
      const auto first = uniform(first_shape.size(), 1);
      const auto second = uniform(second_shape.size(), 2);
      const auto expected = harness::convolve_by_definition(geometry, pass, first, second);
      const Preparation result =
          prepare_convolution(geometry, pass, {.algorithm = ConvolutionAlgorithm::winograd},
                              {.input = blocked, .output = blocked});
      ASSERT_TRUE(result) << result.refusal;
      EXPECT_NE(result.kernel->implementation().find("wino"), std::string::npos);
      const auto got = run_plain(*result.kernel, {first, second})[0];
      double squares = 0.0, worst = 0.0;
      for (std::size_t i = 0; i < got.size(); ++i) {
        squares += expected[i] * expected[i];
        worst = std::max(worst, std::abs(got[i] - expected[i]));
      }
      EXPECT_LE(worst, 2e-5 * std::sqrt(squares / static_cast<double>(got.size())));
    }
  }
}

TEST(Convolution, AddsBiasThenClampsAtZero) {
  const int block = cpu::this_machine().channel_block();
  for (ConvolutionAlgorithm algorithm :
       {ConvolutionAlgorithm::direct, ConvolutionAlgorithm::winograd}) {
    const auto geometry = square(2, 8, 3, 32, 32, 1);
    const auto x = small_integers(geometry.input_shape().size(), 1);
    const auto kernel = small_integers(geometry.kernel_shape().size(), 2);
    const auto bias = small_integers(32, 3);
    auto expected = harness::convolve_by_definition(geometry, ConvolutionPass::forward, x, kernel);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expected[i] = std::max(expected[i] + bias[i % 32], 0.0);
    }
    const Layout blocked = channels_blocked(4, block);
    const Preparation result = prepare_convolution(
        geometry, ConvolutionPass::forward, {.algorithm = algorithm, .bias = true, .relu = true},
        {.input = blocked, .output = blocked});
    if (algorithm == ConvolutionAlgorithm::winograd && block != 16) {
      EXPECT_FALSE(result);
      continue;
    }
    ASSERT_TRUE(result) << result.refusal;
    const auto got = run_plain(*result.kernel, {x, kernel, bias})[0];
    const double tolerance = algorithm == ConvolutionAlgorithm::direct ? 0.0 : 1e-3;
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], tolerance);
  }
}

TEST(Convolution, KernelGradientGivesTheBiasGradientToo) {
  const auto geometry = square(2, 6, 3, 16, 32, 1);
  const auto x = small_integers(geometry.input_shape().size(), 1);
  const auto dy = small_integers(geometry.output_shape().size(), 2);
  const Preparation result =
      prepare_convolution(geometry, ConvolutionPass::kernel_gradient, {.bias = true});
  ASSERT_TRUE(result) << result.refusal;
  std::vector<float> expected(32);
  for (std::size_t i = 0; i < dy.size(); ++i) expected[i % 32] += dy[i];
  EXPECT_EQ(run_plain(*result.kernel, {x, dy})[1], expected);
}

// A program asks again with the layouts it was told, and must get a kernel for them.
TEST(Convolution, TakesTheLayoutsItAskedFor) {
  for (const ConvolutionGeometry& geometry : edge_geometries()) {
    for (ConvolutionPass pass : passes) {
      for (const ConvolutionLayouts& layouts : asked_layouts(geometry)) {
        SCOPED_TRACE(describe(geometry, pass));
        const Preparation first = prepare_convolution(geometry, pass, {}, layouts);
        if (!first) continue;
        const std::vector<Operand>& in = first.kernel->inputs();
        const Operand& out = first.kernel->outputs()[0];
        ConvolutionLayouts said;
        switch (pass) {
          case ConvolutionPass::forward: said = {in[0].layout, in[1].layout, out.layout}; break;
          case ConvolutionPass::input_gradient:
            said = {out.layout, in[1].layout, in[0].layout};
            break;
          case ConvolutionPass::kernel_gradient:
            said = {in[0].layout, out.layout, in[1].layout};
            break;
        }
        EXPECT_EQ(layouts.input.value_or(*said.input), *said.input);
        EXPECT_EQ(layouts.output.value_or(*said.output), *said.output);
        const Preparation second = prepare_convolution(geometry, pass, {}, said);
        ASSERT_TRUE(second) << second.refusal << ' ' << to_string(*said.input) << ' '
                            << to_string(*said.kernel) << ' ' << to_string(*said.output);
        const auto [first_shape, second_shape] = operand_shapes(geometry, pass);
        const auto a = small_integers(first_shape.size(), 1);
        const auto b = small_integers(second_shape.size(), 2);
        EXPECT_EQ(run_plain(*first.kernel, {a, b}), run_plain(*second.kernel, {a, b}));
      }
    }
  }
}

TEST(Convolution, RunsAgainOnOtherMemory) {
  const auto geometry = square(2, 6, 3, 16, 16, 1);
  const Preparation result = prepare_convolution(geometry, ConvolutionPass::forward);
  ASSERT_TRUE(result);
  for (unsigned seed : {1u, 5u, 9u}) {
    const auto x = small_integers(geometry.input_shape().size(), seed);
    const auto kernel = small_integers(geometry.kernel_shape().size(), seed + 1);
    const auto expected =
        harness::convolve_by_definition(geometry, ConvolutionPass::forward, x, kernel);
    EXPECT_EQ(run_plain(*result.kernel, {x, kernel})[0],
              std::vector<float>(expected.begin(), expected.end()));
  }
}

TEST(Convolution, RefusesWhatOnlyTheReferenceCouldDo) {
  const auto geometry = square(2, 6, 3, 16, 16, 1);
  const Layout width_first{.order = {0, 2, 1, 3}};
  const Preparation result = prepare_convolution(geometry, ConvolutionPass::forward, {},
                                                 {.input = width_first, .output = width_first});
  EXPECT_FALSE(result);
  EXPECT_EQ(result.refusal, "oneDNN has only its reference implementation");

  auto wide_padding = square(2, 6, 3, 16, 16, 3);
  EXPECT_EQ(prepare_convolution(wide_padding, ConvolutionPass::forward).refusal,
            "the padding is as wide as the kernel");

  auto grouped = square(2, 6, 3, 16, 16, 1);
  grouped.groups = 4;
  EXPECT_EQ(prepare_convolution(grouped, ConvolutionPass::forward, {},
                                {.kernel = Layout{.order = {3, 2, 0, 1}, .blocks = {{3, 16}}}})
                .refusal,
            "the kernel's layout blocks filters across groups");
}

}  // namespace
}  // namespace sloy::onednn
