#include "backends/cpu/simd/narrow_convolution.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

using Floats = std::vector<float>;

Axis axis(std::int64_t input, std::int64_t taps, std::int64_t stride = 1, std::int64_t low = 0,
          std::int64_t high = 0, std::int64_t dilation = 1) {
  const std::int64_t output = (input + low + high - (taps - 1) * dilation - 1) / stride + 1;
  return {input, output, taps, stride, dilation, low};
}

const Windows windows_of_all_kinds[] = {
    {.height = axis(7, 3, 1, 1, 1), .width = axis(9, 3, 1, 1, 1)},
    {.height = axis(5, 3), .width = axis(12, 3)},
    {.height = axis(6, 1), .width = axis(6, 1)},
    {.height = axis(9, 3, 2, 1, 1), .width = axis(8, 2, 3, 0, 1)},
    {.height = axis(9, 3, 1, 2, 2, 2), .width = axis(11, 3, 1, 1, 2, 3)},
    {.height = axis(3, 5, 1, 4, 4), .width = axis(2, 4, 1, 3, 3)},
    {.height = axis(4, 2, 4), .width = axis(13, 2, 4)},
    {.width = axis(20, 5, 1, 2, 2)},
    {.depth = axis(4, 2, 1, 1, 0), .height = axis(5, 3, 1, 1, 1), .width = axis(6, 3)},
};

Floats small_integers(std::int64_t size, unsigned seed) {
  std::mt19937 random(seed);
  Floats values(static_cast<std::size_t>(size));
  for (float& value : values) value = static_cast<float>(static_cast<int>(random() % 7) - 3);
  return values;
}

/// Calls f(x index, kernel index, y index) for every product, as the definition says.
template <class F>
void for_each_product(const NarrowConvolution& s, const F& f) {
  const auto& [depth, height, width] = s.windows;
  const auto under = [](const Axis& a, std::int64_t o, std::int64_t t) {
    return o * a.stride + t * a.dilation - a.low;
  };
  for (std::int64_t n = 0; n < s.batch; ++n) {
    for (std::int64_t o = 0; o < s.windows.output_size(); ++o) {
      for (std::int64_t t = 0; t < s.windows.taps(); ++t) {
        const std::int64_t d =
            under(depth, o / (height.output * width.output), t / (height.taps * width.taps));
        const std::int64_t h =
            under(height, o / width.output % height.output, t / width.taps % height.taps);
        const std::int64_t w = under(width, o % width.output, t % width.taps);
        if (d < 0 || d >= depth.input || h < 0 || h >= height.input || w < 0 || w >= width.input) {
          continue;
        }
        for (std::int64_t c = 0; c < s.channels; ++c) {
          for (std::int64_t k = 0; k < s.filters; ++k) {
            f((n * s.windows.input_size() + s.windows.position(d, h, w)) * s.channels + c,
              (t * s.channels + c) * s.filters + k,
              (n * s.windows.output_size() + o) * s.filters + k);
          }
        }
      }
    }
  }
}

template <class Check>
void on_each_shape(const Check& check) {
  for (const Windows& windows : windows_of_all_kinds) {
    for (std::int64_t channels : {1, 7, 8, 15, 16, 17, 33, 48}) {
      for (std::int64_t filters : {1, 3}) {
        check(NarrowConvolution{
            .batch = 3, .channels = channels, .filters = filters, .windows = windows});
      }
    }
  }
}

struct Sizes {
  explicit Sizes(const NarrowConvolution& s)
      : x(s.batch * s.windows.input_size() * s.channels),
        kernel(s.windows.taps() * s.channels * s.filters),
        y(s.batch * s.windows.output_size() * s.filters) {}
  std::int64_t x, kernel, y;
};

/// What a kernel does not write stays not-a-number.
Floats unwritten(std::size_t size) { return Floats(size, std::numeric_limits<float>::quiet_NaN()); }

TEST(NarrowConvolution, IsExactOnSmallIntegers) {
  on_each_target([] {
    on_each_shape([](const NarrowConvolution& shape) {
      const Sizes sizes(shape);
      const Floats x = small_integers(sizes.x, 1), kernel = small_integers(sizes.kernel, 2);
      Floats expected(static_cast<std::size_t>(sizes.y));
      for_each_product(shape,
                       [&](auto xi, auto ki, auto yi) { expected[yi] += x[xi] * kernel[ki]; });
      Floats y = unwritten(expected.size());
      Floats scratch = unwritten(narrow_convolution_scratch(shape) / sizeof(float));
      narrow_convolution(shape, x.data(), kernel.data(), {}, y.data(), scratch.data());
      ASSERT_EQ(y, expected) << shape.channels << " channels";
    });
  });
}

TEST(NarrowConvolution, AddsBiasAndKeepsNotANumberThroughReLU) {
  const NarrowConvolution shape{
      .batch = 1, .channels = 8, .filters = 2, .windows = {.width = axis(3, 1)}};
  Floats x(24, 1.0f);
  x[16] = std::numeric_limits<float>::quiet_NaN();
  const Floats kernel(16, 1.0f), bias{-10.0f, 1.0f};
  Floats y(6), scratch(narrow_convolution_scratch(shape) / sizeof(float));
  narrow_convolution(shape, x.data(), kernel.data(), {bias.data(), true}, y.data(), scratch.data());
  EXPECT_EQ(Floats(y.begin(), y.begin() + 4), (Floats{0.0f, 9.0f, 0.0f, 9.0f}));
  EXPECT_NE(y[4], y[4]);
  EXPECT_NE(y[5], y[5]);
}

TEST(NarrowConvolution, KernelGradientIsExactOnSmallIntegers) {
  on_each_target([] {
    on_each_shape([](NarrowConvolution shape) {
      for (std::int64_t batch : {1, 35}) {
        if (batch > 1 && shape.channels != 17) continue;
        shape.batch = batch;
        const Sizes sizes(shape);
        const Floats x = small_integers(sizes.x, 1), dy = small_integers(sizes.y, 2);
        Floats expected(static_cast<std::size_t>(sizes.kernel));
        for_each_product(shape, [&](auto xi, auto ki, auto yi) { expected[ki] += x[xi] * dy[yi]; });
        Floats dkernel = unwritten(expected.size());
        Floats scratch = unwritten(narrow_kernel_gradient_scratch(shape) / sizeof(float));
        narrow_kernel_gradient(shape, x.data(), dy.data(), dkernel.data(), scratch.data());
        ASSERT_EQ(dkernel, expected) << shape.channels << " channels";
      }
    });
  });
}

}  // namespace
}  // namespace sloy::cpu
