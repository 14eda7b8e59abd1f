#include "backends/cpu/simd/few_results.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "backends/cpu/simd/convolution.h"
#include "harness/drawing.h"
#include "harness/each_tap.h"
#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

using Floats = std::vector<float>;

struct Image {
  Axis height, width;
};
const Image images[] = {
    {axis(6, 3, 1, 1, 1), axis(14, 3, 1, 1, 1)},
    {axis(5, 3), axis(19, 2)},
    {axis(7, 1), axis(33, 1)},
    {axis(1, 1), axis(40, 5, 1, 4, 0)},
    {axis(4, 2, 1, 1, 1), axis(3, 2, 1, 1, 1)},
    {axis(2, 2, 1, 3, 4), axis(1, 1, 1, 2, 1)},  // windows over nothing but padding
    {axis(9, 7, 1, 3, 3), axis(16, 4, 1, 0, 3)},
};

/// `few` results going forward; backward it is the channels that are few.
std::vector<FewResults> shapes(bool few_filters) {
  std::vector<FewResults> all;
  std::int64_t many = 1;
  for (const Image& image : images) {
    for (std::int64_t few = 1; few <= most_results; ++few) {
      many = many % 35 + 2;
      all.push_back({.batch = 2,
                     .channels = few_filters ? many : few,
                     .filters = few_filters ? few : many,
                     .height = image.height,
                     .width = image.width,
                     .rectify = few % 2 == 1,
                     .threads = 2});
    }
  }
  // Images in bands, and enough for several slabs of the kernel gradient.
  const Image large = {axis(20, 3, 1, 1, 1), axis(150, 3, 1, 1, 1)};
  all.push_back(
      {1, few_filters ? 90 : 2, few_filters ? 2 : 90, large.height, large.width, true, 2});
  const Image digit = {axis(28, 3, 1, 1, 1), axis(28, 3, 1, 1, 1)};
  all.push_back(
      {21, few_filters ? 16 : 3, few_filters ? 3 : 16, digit.height, digit.width, true, 3});
  return all;
}

/// The same for the kernels that take any window.
ConvolutionShape general(const FewResults& s) {
  return {.batch = s.batch,
          .channels = s.channels,
          .filters = s.filters,
          .windows = {.height = s.height, .width = s.width},
          .rectify = s.rectify};
}
std::int64_t x_size(const FewResults& s) {
  return s.batch * s.height.input * s.width.input * s.channels;
}
std::int64_t y_size(const FewResults& s) {
  return s.batch * s.height.output * s.width.output * s.filters;
}
std::int64_t kernel_size(const FewResults& s) { return s.taps() * s.channels * s.filters; }

/// What a kernel does not write stays not-a-number.
Floats unwritten(std::int64_t size) {
  return Floats(static_cast<std::size_t>(size), std::numeric_limits<float>::quiet_NaN());
}
Floats scratch_of(std::size_t bytes) {
  return unwritten(static_cast<std::int64_t>(bytes / sizeof(float)));
}

Floats forward(const FewResults& s, const Floats& x, const Floats& kernel, const Floats& bias) {
  Floats y = unwritten(y_size(s)), scratch = scratch_of(convolve_to_few_scratch_bytes(s));
  convolve_to_few(s, x.data(), kernel.data(), bias.empty() ? nullptr : bias.data(), y.data(),
                  scratch.data());
  return y;
}
Floats input_gradient(const FewResults& s, const Floats& dy, const Floats& kernel) {
  Floats dx = unwritten(x_size(s)), scratch = scratch_of(input_gradient_of_few_scratch_bytes(s));
  input_gradient_of_few(s, dy.data(), kernel.data(), dx.data(), scratch.data());
  return dx;
}
Floats kernel_gradient(const FewResults& s, const Floats& x, const Floats& dy) {
  Floats dkernel = unwritten(kernel_size(s));
  Floats scratch = scratch_of(kernel_gradient_of_few_scratch_bytes(s));
  kernel_gradient_of_few(s, x.data(), dy.data(), dkernel.data(), scratch.data());
  return dkernel;
}

std::string name_of(const FewResults& s) {
  return std::to_string(s.channels) + " -> " + std::to_string(s.filters) + ", " +
         std::to_string(s.height.input) + "x" + std::to_string(s.width.input) + " taps " +
         std::to_string(s.height.taps) + "x" + std::to_string(s.width.taps);
}

TEST(FewResults, AreExactOnSmallIntegers) {
  on_each_target([] {
    harness::Drawing draw;
    for (const FewResults& s : shapes(true)) {
      const ConvolutionShape any = general(s);
      const Floats x = draw.integers(x_size(s)), kernel = draw.integers(kernel_size(s));
      const Floats bias = draw.integers(s.filters % 3 == 0 ? 0 : s.filters);
      Floats expected(static_cast<std::size_t>(y_size(s)));
      Floats scratch(convolution_scratch_bytes(any) / sizeof(float));
      convolution(any, x.data(), kernel.data(), bias.empty() ? nullptr : bias.data(),
                  expected.data(), scratch.data());
      ASSERT_EQ(forward(s, x, kernel, bias), expected) << name_of(s);
    }
  });
}

TEST(FewResults, InputGradientIsExactOnSmallIntegers) {
  on_each_target([] {
    harness::Drawing draw;
    for (const FewResults& s : shapes(false)) {
      const ConvolutionShape any = general(s);
      const Floats dy = draw.integers(y_size(s)), kernel = draw.integers(kernel_size(s));
      Floats expected(static_cast<std::size_t>(x_size(s)));
      Floats scratch(convolution_input_gradient_scratch_bytes(any) / sizeof(float));
      convolution_input_gradient(any, dy.data(), kernel.data(), expected.data(), scratch.data());
      ASSERT_EQ(input_gradient(s, dy, kernel), expected) << name_of(s);
    }
  });
}

TEST(FewResults, KernelGradientIsExactOnSmallIntegers) {
  on_each_target([] {
    harness::Drawing draw;
    for (const FewResults& s : shapes(true)) {
      const ConvolutionShape any = general(s);
      const Floats x = draw.integers(x_size(s)), dy = draw.integers(y_size(s));
      Floats expected(static_cast<std::size_t>(kernel_size(s)));
      Floats scratch(convolution_kernel_gradient_scratch_bytes(any) / sizeof(float));
      convolution_kernel_gradient(any, x.data(), dy.data(), expected.data(), scratch.data());
      ASSERT_EQ(kernel_gradient(s, x, dy), expected) << name_of(s);
    }
  });
}

TEST(FewResults, KeepNotANumberToItsOwnWindowsAndThroughReLU) {
  on_each_target([] {
    const FewResults s{.channels = 3,
                       .filters = 5,
                       .height = axis(4, 3, 1, 1, 1),
                       .width = axis(9, 3, 1, 1, 1),
                       .rectify = true};
    Floats x(static_cast<std::size_t>(x_size(s)), 1.0f);
    x[0] = std::numeric_limits<float>::quiet_NaN();
    const Floats y = forward(s, x, Floats(static_cast<std::size_t>(kernel_size(s)), 1.0f), {});
    for (std::int64_t i = 0; i < y_size(s); ++i) {
      const std::int64_t position = i / s.filters;
      const bool sees = position / 9 <= 1 && position % 9 <= 1;
      EXPECT_EQ(std::isnan(y[static_cast<std::size_t>(i)]), sees) << i;
    }
  });
}

TEST(FewResults, GiveTheSameBitsOnAvx2AndAvx512AndForEveryNumberOfThreads) {
  for (FewResults s : shapes(true)) {
    harness::Drawing draw;
    const Floats x = draw.normals(x_size(s)), dy = draw.normals(y_size(s));
    const Floats kernel = draw.normals(kernel_size(s));
    std::vector<Floats> first;
    on_each_target([&] {
      if (hwy::SupportedTargets() == HWY_STATIC_TARGET) return;
      for (const int threads : {1, 2, 5}) {
        s.threads = threads;
        const std::vector<Floats> seen = {forward(s, x, kernel, {}), kernel_gradient(s, x, dy)};
        if (first.empty()) first = seen;
        for (std::size_t pass = 0; pass < seen.size(); ++pass) {
          for (std::size_t i = 0; i < seen[pass].size(); ++i) {
            ASSERT_EQ(std::bit_cast<int>(seen[pass][i]), std::bit_cast<int>(first[pass][i]))
                << pass << ' ' << name_of(s);
          }
        }
      }
    });
  }
}

}  // namespace
}  // namespace sloy::cpu
