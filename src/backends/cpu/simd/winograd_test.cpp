#include "backends/cpu/simd/winograd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "backends/cpu/simd/winograd_testing.h"
#include "harness/convolution_by_definition.h"
#include "harness/drawing.h"
#include "harness/each_target.h"
#include "tensor/bfloat16.h"

namespace sloy::cpu {
namespace {

using namespace winograd_testing;

/// Maps that fill their tiles and that don't, single pixels and rows, paddings on one side and
/// wider than the kernel, one block of channels and odd numbers of blocks, one tile and so many
/// that pieces, chunks and slabs are several; so many channels that pixels are kept for parts of
/// the kernel, in one round and in several.
constexpr Sizes sizes[] = {
    {1, 4, 4, 16, 16, 1, 1, 1, 1},
    {2, 8, 8, 32, 32, 1, 1, 1, 1},
    {1, 3, 3, 16, 16},
    {3, 5, 7, 48, 16, 1, 1, 1, 1},
    {1, 1, 1, 16, 32, 1, 1, 1, 1},
    {2, 1, 9, 16, 16, 1, 1, 0, 0},
    {1, 9, 6, 32, 48, 0, 2, 2, 0},
    {2, 6, 10, 16, 80, 2, 2, 2, 2},
    {1, 4, 4, 16, 16, 5, 4, 0, 6},
    {1, 6, 6, 16, 16},
    {2, 13, 13, 16, 16},
    {5, 13, 11, 32, 16, 1, 1, 1, 1},
    {1, 30, 29, 16, 32, 1, 1, 1, 1},
    {1, 8, 8, 160, 16, 1, 1, 1, 1},
    {1, 4, 4, 16, 304, 1, 1, 1, 1},
    {40, 16, 16, 16, 16, 1, 1, 1, 1},
    {1, 5, 4, 320, 336, 1, 1, 1, 1},
    {200, 1, 1, 272, 352, 1, 1, 1, 1},
};

TEST(Winograd, IsFloatGradeOnSmallIntegersAndNormals) {
  on_each_target([] {
    for (const Sizes& size : sizes) {
      const ConvolutionGeometry g = geometry_of(size);
      for (const ConvolutionPass pass : passes) {
        SCOPED_TRACE(name_of(g, pass));
        harness::Drawing draw;
        for (const bool normal : {false, true}) {
          const auto [first, second] = operands(g, pass, [&](std::int64_t count) {
            return normal ? draw.normals(count) : draw.integers(count);
          });
          expect_close(run(g, pass, 2, first, second),
                       harness::convolve_by_definition(g, pass, first, second));
        }
      }
    }
  });
}

// As deep as networks are: the sums of products must not lose more the longer they are.
TEST(Winograd, ErrorDoesNotGrowWithTheNumberOfChannels) {
  harness::Drawing draw;
  const ConvolutionGeometry g = geometry_of({1, 8, 8, 1024, 32, 1, 1, 1, 1});
  for (const ConvolutionPass pass : passes) {
    SCOPED_TRACE(name_of(g, pass));
    const auto [first, second] =
        operands(g, pass, [&](std::int64_t count) { return draw.normals(count); });
    expect_close(run(g, pass, 1, first, second),
                 harness::convolve_by_definition(g, pass, first, second));
  }
}

TEST(Winograd, AddsBiasThenRectifies) {
  on_each_target([] {
    harness::Drawing draw;
    const ConvolutionGeometry g = geometry_of({2, 7, 6, 16, 48, 1, 1, 1, 1});
    const Floats x = draw.integers(g.input_shape().size());
    const Floats kernel = draw.integers(g.kernel_shape().size());
    const Floats bias = draw.integers(g.filters);
    auto expected = harness::convolve_by_definition(g, ConvolutionPass::forward, x, kernel);
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += bias[i % 48];
    expect_close(run(g, ConvolutionPass::forward, 2, x, kernel, {.bias = bias}), expected);
    for (double& value : expected) value = std::max(value, 0.0);
    expect_close(run(g, ConvolutionPass::forward, 2, x, kernel, {.bias = bias, .rectify = true}),
                 expected);
  });
}

// A run's guard must see that training has diverged.
TEST(Winograd, NotANumberReachesWhateverSeesIt) {
  on_each_target([] {
    const ConvolutionGeometry g = geometry_of({1, 12, 13, 16, 16, 1, 1, 1, 1});
    Floats x(static_cast<std::size_t>(g.input_shape().size()), 1.0f);
    const Floats kernel(static_cast<std::size_t>(g.kernel_shape().size()), -1.0f);
    x[(5 * 13 + 7) * 16 + 3] = std::numeric_limits<float>::quiet_NaN();
    const Floats y = run(g, ConvolutionPass::forward, 2, x, kernel, {.rectify = true});
    for (std::int64_t row = 4; row <= 6; ++row) {
      for (std::int64_t column = 6; column <= 8; ++column) {
        for (std::int64_t f = 0; f < 16; ++f) {
          EXPECT_TRUE(std::isnan(y[static_cast<std::size_t>((row * 13 + column) * 16 + f)]));
        }
      }
    }
    EXPECT_EQ(y[0], 0.0f);
    const Floats dy(static_cast<std::size_t>(g.output_shape().size()), 1.0f);
    const Floats gradient = run(g, ConvolutionPass::kernel_gradient, 2, x, dy);
    for (std::size_t tap = 0; tap < 9; ++tap) {
      for (std::size_t f = 0; f < 16; ++f) {
        EXPECT_TRUE(std::isnan(gradient[(tap * 16 + 3) * 16 + f]));
        EXPECT_FALSE(std::isnan(gradient[(tap * 16 + 4) * 16 + f]));
      }
    }
  });
}

Floats rounded(Floats values) {
  std::transform(values.begin(), values.end(), values.begin(), rounded_to_bfloat16);
  return values;
}

// What is read has no more digits than it has, and what is written is rounded once, at the end.
TEST(Winograd, OfBfloat16ItGivesWhatItGivesOfTheSameNumbersAsFloats) {
  on_each_target([] {
    for (const Sizes& size : sizes) {
      const ConvolutionGeometry g = geometry_of(size);
      for (const ConvolutionPass pass : passes) {
        SCOPED_TRACE(name_of(g, pass));
        harness::Drawing draw;
        const auto [first, second] =
            operands(g, pass, [&](std::int64_t count) { return rounded(draw.normals(count)); });
        const Floats expected = run(g, pass, 2, first, second);
        EXPECT_EQ(run(g, pass, 2, first, second, {.bfloat16 = true}), expected);
        if (pass == ConvolutionPass::kernel_gradient) continue;
        const Floats stored =
            run(g, pass, 2, first, second, {.bfloat16 = true, .bfloat16_result = true});
        EXPECT_EQ(stored, rounded(expected));
        const auto exact = harness::convolve_by_definition(g, pass, first, second);
        for (std::size_t i = 0; i < exact.size(); ++i) {
          ASSERT_NEAR(stored[i], exact[i], 0x1p-8 * std::abs(exact[i]) + 1e-3) << i;
        }
      }
    }
  });
}

// As large as what goes past the caches.
TEST(Winograd, LargeResultsOfBfloat16AreRoundedToo) {
  harness::Drawing draw;
  const ConvolutionGeometry g = geometry_of({80, 33, 31, 16, 64, 1, 1, 1, 1});
  const Floats x = rounded(draw.normals(g.input_shape().size()));
  const Floats kernel = rounded(draw.normals(g.kernel_shape().size()));
  const Floats bias = draw.normals(g.filters);
  const ConvolutionPass pass = ConvolutionPass::forward;
  const Floats stored =
      run(g, pass, 2, x, kernel,
          {.bias = bias, .rectify = true, .bfloat16 = true, .bfloat16_result = true});
  EXPECT_EQ(stored, rounded(run(g, pass, 2, x, kernel, {.bias = bias, .rectify = true})));
}

TEST(Winograd, GivesTheSameBitsForEveryNumberOfThreads) {
  const int before = this_machine().threads;
  for (const Sizes& size : sizes) {
    const ConvolutionGeometry g = geometry_of(size);
    for (const ConvolutionPass pass : passes) {
      SCOPED_TRACE(name_of(g, pass));
      harness::Drawing draw;
      const auto [first, second] =
          operands(g, pass, [&](std::int64_t count) { return draw.normals(count); });
      set_threads(1);
      const Floats alone = run(g, pass, 1, first, second);
      for (const int threads : {2, 3, 8}) {
        set_threads(threads);
        EXPECT_EQ(run(g, pass, threads, first, second), alone) << threads << " threads";
      }
      // Planned for more threads than there are then.
      set_threads(2);
      EXPECT_EQ(run(g, pass, 5, first, second), alone);
    }
  }
  set_threads(before);
}

TEST(Winograd, GivesTheSameBitsOnAvx2AndAvx512) {
  for (const Sizes& size : sizes) {
    const ConvolutionGeometry g = geometry_of(size);
    for (const ConvolutionPass pass : passes) {
      SCOPED_TRACE(name_of(g, pass));
      harness::Drawing draw;
      const auto both = operands(g, pass, [&](std::int64_t count) { return draw.normals(count); });
      std::vector<Floats> seen;
      on_each_target([&] {
        if (hwy::SupportedTargets() == HWY_STATIC_TARGET) return;
        seen.push_back(run(g, pass, 2, both.first, both.second));
      });
      for (const Floats& other : seen) EXPECT_EQ(other, seen.front());
    }
  }
}

}  // namespace
}  // namespace sloy::cpu
