#include "backends/cpu/simd/winograd.h"

#include <gtest/gtest.h>
#include <sloy/inspect.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "harness/convolution_by_definition.h"
#include "harness/drawing.h"
#include "harness/each_target.h"
#include "tensor/bfloat16.h"
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
  std::int64_t low_height = 0, high_height = 0, low_width = 0, high_width = 0;
};

ConvolutionGeometry geometry_of(const Sizes& s) {
  return {.batch = s.batch,
          .input = {s.height, s.width},
          .kernel = {3, 3},
          .input_channels = s.channels,
          .filters = s.filters,
          .strides = {1, 1},
          .dilations = {1, 1},
          .padding_before = {s.low_height, s.low_width},
          .padding_after = {s.high_height, s.high_width}};
}

struct Options {
  Floats bias = {};
  bool rectify = false;
  bool bfloat16 = false;         ///< operands
  bool bfloat16_result = false;  ///< else float32
};

WinogradShape shape_of(const ConvolutionGeometry& g, const Options& options) {
  const auto axis = [&](int dim) {
    return Axis{g.input[dim], g.output(dim), 3, 1, 1, g.padding_before[dim]};
  };
  return {.batch = g.batch,
          .channels = g.input_channels,
          .filters = g.filters,
          .height = axis(0),
          .width = axis(1),
          .rectify = options.rectify,
          .bfloat16 = options.bfloat16,
          .bfloat16_result = options.bfloat16_result};
}

/// Floats or bfloat16 on a cache line's edge, not-a-number until they are written, between lines
/// that stay.
class Aligned {
 public:
  explicit Aligned(std::int64_t size, bool bfloat16 = false)
      : size_(size), bytes_(bfloat16 ? 2 : 4), lines_((size * bytes_ + 63) / 64 + 2) {
    for (Line& line : lines_) std::fill_n(line.bytes, 64, untouched);
  }
  void* data() { return lines_[1].bytes; }
  bool intact() const {
    const auto kept = [](unsigned char byte) { return byte == untouched; };
    const unsigned char* first = lines_[0].bytes;
    return std::all_of(first, first + 64, kept) &&
           std::all_of(first + 64 + size_ * bytes_, first + 64 * lines_.size(), kept);
  }
  /// Takes plain numbers, rounded where need be.
  void put(const Floats& from, const Shape& shape, const Layout& layout) {
    relayout(shape, sizeof(float), {}, from.data(), layout.stored(bytes_ == 2), data());
  }
  Floats get(const Shape& shape, const Layout& layout) {
    Floats values(static_cast<std::size_t>(size_));
    relayout(shape, sizeof(float), layout.stored(bytes_ == 2), data(), {}, values.data());
    return values;
  }

 private:
  static constexpr unsigned char untouched = 0xff;  ///< not-a-number in either type
  struct alignas(64) Line {
    unsigned char bytes[64];
  };
  std::int64_t size_;
  std::int64_t bytes_;
  std::vector<Line> lines_;
};

Layout blocked() { return channels_blocked(4, static_cast<int>(winograd_block())); }
Layout packed() {
  const auto block = static_cast<std::uint16_t>(winograd_block());
  return {.order = {3, 2, 0, 1}, .blocks = {{2, block}, {3, block}}};
}

/// One pass on plain operands.
Floats run(const ConvolutionGeometry& g, ConvolutionPass pass, int threads, const Floats& first,
           const Floats& second, const Options& options = {}) {
  const WinogradShape shape = shape_of(g, options);
  const bool forward = pass == ConvolutionPass::forward;
  const bool backward = pass == ConvolutionPass::input_gradient;
  const Shape of_first = backward ? g.output_shape() : g.input_shape();
  const Shape of_second = forward || backward ? g.kernel_shape() : g.output_shape();
  const Shape of_result = forward    ? g.output_shape()
                          : backward ? g.input_shape()
                                     : g.kernel_shape();
  const std::size_t scratch_bytes = forward ? winograd_convolution_scratch_bytes(shape, threads)
                                    : backward
                                        ? winograd_input_gradient_scratch_bytes(shape, threads)
                                        : winograd_kernel_gradient_scratch_bytes(shape, threads);
  Aligned a(of_first.size(), options.bfloat16), b(of_second.size(), options.bfloat16);
  Aligned result(of_result.size(), options.bfloat16_result);
  Aligned scratch_memory(static_cast<std::int64_t>(scratch_bytes / sizeof(float)));
  auto* scratch = static_cast<float*>(scratch_memory.data());
  a.put(first, of_first, blocked());
  b.put(second, of_second, forward || backward ? packed() : blocked());
  switch (pass) {
    case ConvolutionPass::forward:
      winograd_convolution(shape, threads, a.data(), b.data(),
                           options.bias.empty() ? nullptr : options.bias.data(), result.data(),
                           scratch);
      break;
    case ConvolutionPass::input_gradient:
      winograd_input_gradient(shape, threads, a.data(), b.data(), result.data(), scratch);
      break;
    case ConvolutionPass::kernel_gradient:
      winograd_kernel_gradient(shape, threads, a.data(), b.data(),
                               static_cast<float*>(result.data()), scratch);
      break;
  }
  EXPECT_TRUE(result.intact()) << "wrote outside the result";
  EXPECT_TRUE(scratch_memory.intact()) << "wrote outside the scratch";
  return result.get(of_result, forward || backward ? blocked() : packed());
}

/// The two operands of a pass.
std::pair<Floats, Floats> operands(const ConvolutionGeometry& g, ConvolutionPass pass,
                                   const std::function<Floats(std::int64_t)>& draw) {
  const std::int64_t x = g.input_shape().size(), y = g.output_shape().size();
  const std::int64_t kernel = g.kernel_shape().size();
  Floats first = draw(pass == ConvolutionPass::input_gradient ? y : x);
  return {std::move(first), draw(pass == ConvolutionPass::kernel_gradient ? y : kernel)};
}

std::string name_of(const ConvolutionGeometry& g, ConvolutionPass pass) {
  return std::string(to_string(pass)) + ' ' + to_string(g.input_shape()) + " to " +
         std::to_string(g.filters) + " filters, padded " + std::to_string(g.padding_before[0]) +
         ", " + std::to_string(g.padding_before[1]);
}

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

void expect_close(const Floats& got, const std::vector<double>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  double squares = 0, errors = 0, worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_FALSE(std::isnan(got[i])) << "not written: " << i;
    const double error = got[i] - expected[i];
    squares += expected[i] * expected[i];
    errors += error * error;
    worst = std::max(worst, std::abs(error));
  }
  EXPECT_LE(std::sqrt(errors), 1.5e-6 * std::sqrt(squares));
  EXPECT_LE(worst, 2e-5 * std::sqrt(squares / static_cast<double>(got.size())));
}

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
