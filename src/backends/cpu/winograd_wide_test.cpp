// Convolutions with 5×5 kernels by Winograd's algorithm, and the 4 to 6 taps that its kernels take.
#include "backends/cpu/simd/winograd_wide.h"

#include <gtest/gtest.h>
#include <sloy/inspect.h>

#include <cmath>
#include <limits>

#include "backends/cpu/winograd.h"
#include "harness/convolution_by_definition.h"
#include "harness/drawing.h"
#include "harness/each_target.h"
#include "tensor/layout.h"

namespace sloy::cpu {
namespace {

using onednn::ConvolutionGeometry;
using onednn::ConvolutionPass;
using Floats = std::vector<float>;

constexpr ConvolutionPass passes[] = {ConvolutionPass::forward, ConvolutionPass::input_gradient,
                                      ConvolutionPass::kernel_gradient};

struct Sizes {
  std::int64_t batch, height, width, channels, filters;
  std::int64_t taps_down = 5, taps_across = 5;
  std::int64_t low_height = 2, high_height = 2, low_width = 2, high_width = 2;
};

ConvolutionGeometry geometry_of(const Sizes& s) {
  return {.batch = s.batch,
          .input = {s.height, s.width},
          .kernel = {s.taps_down, s.taps_across},
          .input_channels = s.channels,
          .filters = s.filters,
          .strides = {1, 1},
          .dilations = {1, 1},
          .padding_before = {s.low_height, s.low_width},
          .padding_after = {s.high_height, s.high_width}};
}

/// A buffer on a cache line's edge that is not-a-number until it is written.
struct alignas(64) Line {
  float floats[16];
};
std::vector<Line> lines(std::int64_t floats) {
  Line line;
  std::fill_n(line.floats, 16, std::numeric_limits<float>::quiet_NaN());
  return std::vector<Line>(static_cast<std::size_t>(floats / 16 + 2), line);
}

/// One pass on plain operands.
Floats run(const ConvolutionGeometry& g, ConvolutionPass pass, int threads, const Floats& first,
           const Floats& second) {
  const auto block = static_cast<std::uint16_t>(winograd_block());
  const Layout images = channels_blocked(4, block);
  const Layout kernel = {.order = {3, 2, 0, 1}, .blocks = {{2, block}, {3, block}}};
  const bool forward = pass == ConvolutionPass::forward;
  const bool backward = pass == ConvolutionPass::input_gradient;
  const Shape of_first = backward ? g.output_shape() : g.input_shape();
  const Shape of_second = forward || backward ? g.kernel_shape() : g.output_shape();
  const Shape of_result = forward    ? g.output_shape()
                          : backward ? g.input_shape()
                                     : g.kernel_shape();
  const auto axis = [&](int dim) {
    return Axis{g.input[dim], g.output(dim), g.kernel[dim], 1, 1, g.padding_before[dim]};
  };
  const WinogradShape shape = {g.batch, g.input_channels, g.filters, axis(0), axis(1)};
  auto a = lines(of_first.size()), b = lines(of_second.size()), result = lines(of_result.size());
  relayout(of_first, sizeof(float), {}, first.data(), images, a[0].floats);
  relayout(of_second, sizeof(float), {}, second.data(), forward || backward ? kernel : images,
           b[0].floats);
  const std::size_t bytes = forward ? winograd_wide_convolution_scratch_bytes(shape, threads)
                            : backward
                                ? winograd_wide_input_gradient_scratch_bytes(shape, threads)
                                : winograd_wide_kernel_gradient_scratch_bytes(shape, threads);
  const auto floats = static_cast<std::int64_t>(bytes / sizeof(float));
  auto scratch = lines(floats);
  float *x = a[0].floats, *w = b[0].floats, *to = result[0].floats, *room = scratch[0].floats;
  switch (pass) {
    case ConvolutionPass::forward:
      winograd_wide_convolution(shape, threads, x, w, nullptr, to, room);
      break;
    case ConvolutionPass::input_gradient:
      winograd_wide_input_gradient(shape, threads, x, w, to, room);
      break;
    case ConvolutionPass::kernel_gradient:
      winograd_wide_kernel_gradient(shape, threads, x, w, to, room);
      break;
  }
  EXPECT_TRUE(std::isnan(to[of_result.size()])) << "wrote beyond the result";
  EXPECT_TRUE(std::isnan(room[floats])) << "wrote beyond the scratch";
  Floats values(static_cast<std::size_t>(of_result.size()));
  relayout(of_result, sizeof(float), forward || backward ? images : kernel, result[0].floats, {},
           values.data());
  return values;
}

std::pair<Floats, Floats> operands(const ConvolutionGeometry& g, ConvolutionPass pass) {
  harness::Drawing draw;
  const std::int64_t x = g.input_shape().size(), y = g.output_shape().size();
  const std::int64_t kernel = g.kernel_shape().size();
  Floats first = draw.normals(pass == ConvolutionPass::input_gradient ? y : x);
  return {std::move(first), draw.normals(pass == ConvolutionPass::kernel_gradient ? y : kernel)};
}

/// Maps of all remainders, with and without padding, wider than the kernel on one side, smaller
/// than the kernel; kernels of 4, 5 and 6 taps; and images that make several rounds.
constexpr Sizes sizes[] = {
    {1, 8, 8, 16, 16},
    {2, 9, 11, 32, 48},
    {3, 5, 6, 16, 32, 5, 5, 0, 0, 0, 0},
    {1, 2, 3, 48, 16},
    {1, 10, 7, 16, 16, 4, 6, 1, 2, 0, 3},
    {2, 7, 9, 16, 16, 6, 4, 4, 0, 3, 2},
    {1, 1, 1, 16, 16, 5, 5, 6, 1, 2, 5},
    {120, 20, 19, 16, 16},
};

TEST(WinogradWide, IsFloatGrade) {
  on_each_target([] {
    for (const Sizes& size : sizes) {
      const ConvolutionGeometry g = geometry_of(size);
      for (const ConvolutionPass pass : passes) {
        SCOPED_TRACE(std::string(to_string(pass)) + ' ' + to_string(g.input_shape()) + " by " +
                     to_string(g.kernel_shape()));
        const auto [first, second] = operands(g, pass);
        const Floats got = run(g, pass, 2, first, second);
        const auto expected = harness::convolve_by_definition(g, pass, first, second);
        double squares = 0, errors = 0;
        for (std::size_t i = 0; i < got.size(); ++i) {
          ASSERT_FALSE(std::isnan(got[i])) << "not written: " << i;
          squares += expected[i] * expected[i];
          errors += (got[i] - expected[i]) * (got[i] - expected[i]);
        }
        EXPECT_LE(std::sqrt(errors), 1.5e-6 * std::sqrt(squares));
      }
    }
  });
}

TEST(WinogradWide, BitsDoNotDependOnThreads) {
  const ConvolutionGeometry g = geometry_of({5, 13, 14, 32, 48});
  for (const ConvolutionPass pass : passes) {
    const auto [first, second] = operands(g, pass);
    const Floats alone = run(g, pass, 1, first, second);
    for (const int threads : {2, 3, 5}) EXPECT_EQ(run(g, pass, threads, first, second), alone);
  }
}

// AlexNet's second convolution: docs/design/convolution.md.
TEST(WinogradWide, IsTakenWhereItWasFaster) {
  constexpr Machine machine{.instructions = InstructionSet::avx512, .threads = 2};
  const auto takes = [&](const Sizes& size, ConvolutionPass pass) {
    return takes_winograd(geometry_of(size), pass, machine);
  };
  for (const ConvolutionPass pass : passes) {
    EXPECT_TRUE(takes({32, 27, 27, 64, 192}, pass));
    EXPECT_FALSE(takes({1, 27, 27, 64, 192}, pass));
    EXPECT_FALSE(takes({32, 27, 27, 32, 192}, pass));
    EXPECT_FALSE(takes({32, 27, 27, 64, 192, 5, 3}, pass));
    EXPECT_FALSE(takes({32, 27, 27, 64, 192, 7, 7, 3, 3, 3, 3}, pass));
  }
}

}  // namespace
}  // namespace sloy::cpu
