#include "backends/cpu/simd/convolution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "harness/drawing.h"
#include "harness/each_tap.h"
#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

using Floats = std::vector<float>;

const Windows windows_of_all_kinds[] = {
    {.height = axis(5, 3), .width = axis(14, 3)},
    {.height = axis(6, 3, 1, 1, 1), .width = axis(21, 3, 1, 1, 1)},
    {.height = axis(7, 1), .width = axis(9, 1)},
    {.height = axis(9, 3, 2, 0, 1), .width = axis(20, 3, 2, 0, 1)},
    {.height = axis(8, 2, 2), .width = axis(19, 2, 2)},
    {.height = axis(11, 5, 3, 2, 2), .width = axis(23, 5, 3, 2, 2)},
    {.height = axis(7, 1, 2), .width = axis(9, 1, 3)},
    {.height = axis(9, 3, 1, 2, 2, 2), .width = axis(25, 3, 1, 2, 2, 2)},
    {.height = axis(9, 3, 2, 2, 2, 3), .width = axis(25, 3, 4, 3, 3, 2)},
    {.height = axis(9, 2, 2, 0, 0, 2), .width = axis(26, 3, 2, 0, 0, 4)},
    {.height = axis(3, 7, 1, 6, 6), .width = axis(2, 5, 1, 4, 4)},
    {.width = axis(40, 4, 3, 1, 2)},
    {.depth = axis(4, 2, 2), .height = axis(5, 3, 1, 1, 1), .width = axis(6, 3, 1, 1, 1)},
};

std::vector<ConvolutionShape> shapes() {
  std::vector<ConvolutionShape> all;
  struct Channels {
    std::int64_t groups, channels, filters;
  };
  const Channels counts[] = {{1, 1, 1}, {1, 1, 32}, {1, 16, 1}, {1, 3, 17}, {1, 17, 3},
                             {1, 2, 2}, {1, 33, 7}, {1, 8, 8},  {1, 8, 1},  {1, 48, 3},
                             {3, 2, 5}, {2, 16, 3}, {2, 3, 16}, {4, 1, 1}};
  for (const Windows& windows : windows_of_all_kinds) {
    for (const auto& [groups, channels, filters] : counts) {
      all.push_back({2, groups, channels, filters, windows, filters % 2 == 1});
    }
  }
  // Long enough for several slabs of the kernel gradient and for several threads.
  all.push_back({20, 1, 1, 32, {.height = axis(28, 3), .width = axis(28, 3)}, true});
  all.push_back({20, 1, 16, 1, {.height = axis(28, 3, 1, 1, 1), .width = axis(28, 3, 1, 1, 1)}});
  all.push_back({20, 1, 16, 2, {.height = axis(28, 3, 1, 1, 1), .width = axis(28, 3, 1, 1, 1)}});
  return all;
}

std::int64_t x_size(const ConvolutionShape& s) {
  return s.batch * s.windows.input_size() * s.x_channels();
}
std::int64_t y_size(const ConvolutionShape& s) {
  return s.batch * s.windows.output_size() * s.y_channels();
}

/// Calls body(place in x, place in the kernel, place in y) for every product, by the definition.
template <class Body>
void for_each_product(const ConvolutionShape& s, const Body& body) {
  const auto under_tap = [&](std::int64_t output, std::int64_t image, std::int64_t position,
                             std::int64_t tap) {
    const std::int64_t input = image * s.windows.input_size() + position;
    for (std::int64_t f = 0; f < s.y_channels(); ++f)
      for (std::int64_t channel = 0; channel < s.channels; ++channel)
        body(input * s.x_channels() + f / s.filters * s.channels + channel,
             (tap * s.channels + channel) * s.y_channels() + f, output * s.y_channels() + f);
  };
  for_each_tap(s.windows, s.batch, under_tap);
}

/// What a kernel does not write stays not-a-number.
Floats unwritten(std::size_t bytes) {
  return Floats(bytes / sizeof(float), std::numeric_limits<float>::quiet_NaN());
}

Floats convolve(const ConvolutionShape& s, const Floats& x, const Floats& kernel,
                const Floats& bias) {
  Floats y = unwritten(y_size(s) * 4), scratch = unwritten(convolution_scratch_bytes(s));
  convolution(s, x.data(), kernel.data(), bias.empty() ? nullptr : bias.data(), y.data(),
              scratch.data());
  return y;
}
Floats input_gradient(const ConvolutionShape& s, const Floats& dy, const Floats& kernel) {
  Floats dx = unwritten(x_size(s) * 4);
  Floats scratch = unwritten(convolution_input_gradient_scratch_bytes(s));
  convolution_input_gradient(s, dy.data(), kernel.data(), dx.data(), scratch.data());
  return dx;
}
Floats kernel_gradient(const ConvolutionShape& s, const Floats& x, const Floats& dy) {
  Floats dkernel = unwritten(s.kernel_size() * 4);
  Floats scratch = unwritten(convolution_kernel_gradient_scratch_bytes(s));
  convolution_kernel_gradient(s, x.data(), dy.data(), dkernel.data(), scratch.data());
  return dkernel;
}

std::string name_of(const ConvolutionShape& s) {
  const auto& w = s.windows.width;
  return std::to_string(s.groups) + " x (" + std::to_string(s.channels) + " -> " +
         std::to_string(s.filters) + "), width " + std::to_string(w.input) + " taps " +
         std::to_string(w.taps) + " stride " + std::to_string(w.stride) + " dilation " +
         std::to_string(w.dilation);
}

TEST(DirectConvolution, IsExactOnSmallIntegers) {
  on_each_target([] {
    harness::Drawing draw;
    for (const ConvolutionShape& s : shapes()) {
      const Floats x = draw.integers(x_size(s));
      const Floats kernel = draw.integers(s.kernel_size());
      const Floats bias = draw.integers(s.batch == 2 ? s.y_channels() : 0);
      Floats expected(y_size(s));
      for_each_product(s, [&](std::int64_t a, std::int64_t k, std::int64_t b) {
        expected[b] += x[a] * kernel[k];
      });
      for (std::size_t i = 0; i < expected.size(); ++i) {
        if (!bias.empty()) expected[i] += bias[i % s.y_channels()];
        if (s.rectify) expected[i] = std::max(expected[i], 0.0f);
      }
      ASSERT_EQ(convolve(s, x, kernel, bias), expected) << name_of(s);
    }
  });
}

TEST(DirectConvolution, KeepsNotANumberThroughReLU) {
  on_each_target([] {
    for (const std::int64_t filters : {2, 32}) {
      const ConvolutionShape s{
          .channels = 8, .filters = filters, .windows = {.width = axis(3, 1)}, .rectify = true};
      Floats x(24, 1.0f), bias(filters, 1.0f);
      x[16] = std::numeric_limits<float>::quiet_NaN();
      bias[0] = -10.0f;
      const Floats y = convolve(s, x, Floats(s.kernel_size(), 1.0f), bias);
      EXPECT_EQ(y[0], 0.0f);
      EXPECT_EQ(y[filters + 1], 9.0f);
      for (std::int64_t f = 0; f < filters; ++f) EXPECT_TRUE(std::isnan(y[2 * filters + f]));
    }
  });
}

TEST(DirectConvolution, InputGradientIsExactOnSmallIntegers) {
  on_each_target([] {
    harness::Drawing draw;
    for (const ConvolutionShape& s : shapes()) {
      const Floats dy = draw.integers(y_size(s));
      const Floats kernel = draw.integers(s.kernel_size());
      Floats expected(x_size(s));
      for_each_product(s, [&](std::int64_t a, std::int64_t k, std::int64_t b) {
        expected[a] += dy[b] * kernel[k];
      });
      ASSERT_EQ(input_gradient(s, dy, kernel), expected) << name_of(s);
    }
  });
}

TEST(DirectConvolution, KernelGradientIsExactOnSmallIntegers) {
  on_each_target([] {
    harness::Drawing draw;
    for (const ConvolutionShape& s : shapes()) {
      const Floats x = draw.integers(x_size(s));
      const Floats dy = draw.integers(y_size(s));
      Floats expected(s.kernel_size());
      for_each_product(
          s, [&](std::int64_t a, std::int64_t k, std::int64_t b) { expected[k] += x[a] * dy[b]; });
      ASSERT_EQ(kernel_gradient(s, x, dy), expected) << name_of(s);
    }
  });
}

TEST(DirectConvolution, GivesTheSameBitsOnAvx2AndAvx512) {
  for (const ConvolutionShape& s : shapes()) {
    harness::Drawing draw;
    const Floats x = draw.normals(x_size(s));
    const Floats dy = draw.normals(y_size(s));
    const Floats kernel = draw.normals(s.kernel_size());
    std::vector<Floats> first;
    on_each_target([&] {
      if (hwy::SupportedTargets() == HWY_STATIC_TARGET) return;
      const std::vector<Floats> seen = {convolve(s, x, kernel, {}), input_gradient(s, dy, kernel),
                                        kernel_gradient(s, x, dy)};
      if (first.empty()) first = seen;
      for (int pass = 0; pass < 3; ++pass) {
        for (std::size_t i = 0; i < seen[pass].size(); ++i) {
          ASSERT_EQ(std::bit_cast<int>(seen[pass][i]), std::bit_cast<int>(first[pass][i]))
              << pass << ' ' << name_of(s);
        }
      }
    });
  }
}

}  // namespace
}  // namespace sloy::cpu
