// Convolutions with 5×5 kernels by Winograd's algorithm, and the 4 to 6 taps that its kernels take.
#include "backends/cpu/simd/winograd_wide.h"

#include <gtest/gtest.h>

#include "backends/cpu/simd/winograd_testing.h"
#include "backends/cpu/winograd.h"
#include "harness/convolution_by_definition.h"
#include "harness/drawing.h"
#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

using namespace winograd_testing;

/// Maps of all remainders, with and without padding, wider than the kernel on one side, smaller
/// than the kernel; kernels of 4, 5 and 6 taps; and images that make several rounds.
constexpr Sizes sizes[] = {
    {1, 8, 8, 16, 16, 2, 2, 2, 2, 5, 5},  {2, 9, 11, 32, 48, 2, 2, 2, 2, 5, 5},
    {3, 5, 6, 16, 32, 0, 0, 0, 0, 5, 5},  {1, 2, 3, 48, 16, 2, 2, 2, 2, 5, 5},
    {1, 10, 7, 16, 16, 1, 2, 0, 3, 4, 6}, {2, 7, 9, 16, 16, 4, 0, 3, 2, 6, 4},
    {1, 1, 1, 16, 16, 6, 1, 2, 5, 5, 5},  {120, 20, 19, 16, 16, 2, 2, 2, 2, 5, 5},
};

std::pair<Floats, Floats> normals(const ConvolutionGeometry& g, ConvolutionPass pass) {
  harness::Drawing draw;
  return operands(g, pass, [&](std::int64_t count) { return draw.normals(count); });
}

TEST(WinogradWide, IsFloatGrade) {
  on_each_target([] {
    for (const Sizes& size : sizes) {
      const ConvolutionGeometry g = geometry_of(size);
      for (const ConvolutionPass pass : passes) {
        SCOPED_TRACE(name_of(g, pass));
        const auto [first, second] = normals(g, pass);
        expect_close(run(g, pass, 2, first, second),
                     harness::convolve_by_definition(g, pass, first, second));
      }
    }
  });
}

TEST(WinogradWide, BitsDoNotDependOnThreads) {
  const ConvolutionGeometry g = geometry_of({5, 13, 14, 32, 48, 2, 2, 2, 2, 5, 5});
  for (const ConvolutionPass pass : passes) {
    const auto [first, second] = normals(g, pass);
    const Floats alone = run(g, pass, 1, first, second);
    for (const int threads : {2, 3, 5}) EXPECT_EQ(run(g, pass, threads, first, second), alone);
  }
}

// AlexNet's second convolution: docs/design/convolution.md.
TEST(WinogradWide, IsTakenWhereItWasFaster) {
  constexpr Machine machine{.instructions = InstructionSet::avx512, .threads = 2};
  const auto takes = [&](std::int64_t batch, std::int64_t channels, std::int64_t down,
                         std::int64_t across, ConvolutionPass pass) {
    const std::int64_t low = down / 2, left = across / 2;
    const Sizes size = {batch, 27, 27, channels, 192, low, low, left, left, down, across};
    return takes_winograd(geometry_of(size), pass, machine);
  };
  for (const ConvolutionPass pass : passes) {
    EXPECT_TRUE(takes(32, 64, 5, 5, pass));
    EXPECT_FALSE(takes(1, 64, 5, 5, pass));
    EXPECT_FALSE(takes(32, 32, 5, 5, pass));
    EXPECT_FALSE(takes(32, 64, 5, 3, pass));
    EXPECT_FALSE(takes(32, 64, 7, 7, pass));
  }
}

}  // namespace
}  // namespace sloy::cpu
