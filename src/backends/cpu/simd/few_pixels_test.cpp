#include "backends/cpu/simd/few_pixels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "harness/drawing.h"
#include "harness/each_tap.h"
#include "harness/each_target.h"

namespace sloy::cpu {
namespace {

using Floats = std::vector<float>;

struct Case {
  Axis height, width;
};

/// Maps around the size of a tile, with and without padding, on either side alone, with strides.
const Case cases[] = {
    {axis(4, 3, 1, 1, 1), axis(4, 3, 1, 1, 1)},
    {axis(3, 3), axis(3, 3)},
    {axis(7, 3, 1, 1, 1), axis(6, 3, 1, 1, 1)},
    {axis(8, 3, 2, 0, 1), axis(8, 3, 2, 0, 1)},
    {axis(8, 1, 2), axis(9, 1, 3)},
    {axis(5, 1), axis(5, 1)},
    {axis(9, 5, 1, 2, 2), axis(10, 2, 1)},
    {axis(1, 3, 1, 1, 1), axis(11, 4, 3, 1, 2)},
    {axis(6, 2, 2), axis(2, 5, 1, 4, 4)},
};

/// Whole blocks on any CPU, and more channels than are summed in a row.
struct Channels {
  std::int64_t channels, filters;
};
constexpr Channels counts[] = {{16, 16}, {32, 48}, {288, 16}};

std::vector<FewPixels> shapes() {
  std::vector<FewPixels> all;
  for (const auto& [height, width] : cases) {
    for (const auto& [channels, filters] : counts) {
      const std::int64_t batch = channels == 32 ? 3 : 1;
      all.push_back({batch, channels, filters, height, width, filters == 48});
    }
  }
  return all;
}

std::string name_of(const FewPixels& s) {
  return std::to_string(s.channels) + " -> " + std::to_string(s.filters) + ", " +
         std::to_string(s.height.input) + "x" + std::to_string(s.width.input) + " taps " +
         std::to_string(s.height.taps) + "x" + std::to_string(s.width.taps);
}

Windows windows_of(const FewPixels& s) { return {.height = s.height, .width = s.width}; }

/// Where a number of an image lies: (batch, channels / block, positions, block).
std::int64_t place(std::int64_t image, std::int64_t position, std::int64_t channel,
                   std::int64_t channels, std::int64_t positions) {
  const std::int64_t block = channel_block();
  const std::int64_t plane = image * (channels / block) + channel / block;
  return (plane * positions + position) * block + channel % block;
}
std::int64_t place_of_weight(const FewPixels& s, std::int64_t tap, std::int64_t channel,
                             std::int64_t filter) {
  const std::int64_t block = channel_block();
  const std::int64_t taps = s.height.taps * s.width.taps;
  const std::int64_t panel = filter / block * (s.channels / block) + channel / block;
  return ((panel * taps + tap) * block + channel % block) * block + filter % block;
}

std::vector<double> exact(const FewPixels& s, const Floats& x, const Floats& kernel,
                          const Floats& bias) {
  const Windows windows = windows_of(s);
  const std::int64_t positions = windows.output_size();
  std::vector<double> y(s.pixels() * s.filters);
  const auto under_tap = [&](std::int64_t output, std::int64_t image, std::int64_t position,
                             std::int64_t tap) {
    for (std::int64_t f = 0; f < s.filters; ++f) {
      double& sum = y[place(image, output % positions, f, s.filters, positions)];
      for (std::int64_t c = 0; c < s.channels; ++c) {
        sum += double(x[place(image, position, c, s.channels, windows.input_size())]) *
               double(kernel[place_of_weight(s, tap, c, f)]);
      }
    }
  };
  for_each_tap(windows, s.batch, under_tap);
  const std::int64_t block = channel_block();
  const auto size = static_cast<std::int64_t>(y.size());
  for (std::int64_t i = 0; i < size; ++i) {
    const std::int64_t plane = i / block / positions;
    if (!bias.empty()) y[i] += bias[plane % (s.filters / block) * block + i % block];
    if (s.rectify) y[i] = std::max(y[i], 0.0);
  }
  return y;
}

/// What isn't written stays not-a-number, and so does what is read before.
Floats run(const FewPixels& s, const Floats& x, const Floats& kernel, const Floats& bias) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Floats y(s.pixels() * s.filters, nan);
  Floats scratch(few_pixels_scratch_bytes(s) / sizeof(float), nan);
  convolve_few_pixels(s, x.data(), kernel.data(), bias.empty() ? nullptr : bias.data(), y.data(),
                      scratch.data());
  return y;
}

std::int64_t x_size(const FewPixels& s) {
  return s.batch * s.channels * windows_of(s).input_size();
}

TEST(FewPixels, AreExactOnSmallIntegers) {
  on_each_target([] {
    harness::Drawing draw;
    for (const FewPixels& s : shapes()) {
      const Floats x = draw.integers(x_size(s));
      const Floats kernel = draw.integers(s.kernel_size());
      const Floats bias = draw.integers(s.filters == 48 ? s.filters : 0);
      const Floats seen = run(s, x, kernel, bias);
      const std::vector<double> expected = exact(s, x, kernel, bias);
      for (std::size_t i = 0; i < seen.size(); ++i) {
        ASSERT_EQ(seen[i], expected[i]) << name_of(s) << " at " << i;
      }
    }
  });
}

TEST(FewPixels, AreAccurate) {
  on_each_target([] {
    harness::Drawing draw;
    const FewPixels s{1, 512, 16, axis(4, 3, 1, 1, 1), axis(4, 3, 1, 1, 1)};
    const Floats x = draw.normals(x_size(s));
    const Floats kernel = draw.normals(s.kernel_size());
    const Floats seen = run(s, x, kernel, {});
    const std::vector<double> expected = exact(s, x, kernel, {});
    double error = 0, size = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      error += (seen[i] - expected[i]) * (seen[i] - expected[i]);
      size += expected[i] * expected[i];
    }
    EXPECT_LT(std::sqrt(error / size), 1e-6);
  });
}

TEST(FewPixels, KeepNotANumberThroughReLU) {
  on_each_target([] {
    const FewPixels s{1, 16, 16, axis(1, 1), axis(2, 1), true};
    Floats x(32, 1.0f), kernel(256, -1.0f);
    x[place(0, 1, 3, 16, 2)] = std::numeric_limits<float>::quiet_NaN();
    const Floats y = run(s, x, kernel, {});
    for (std::int64_t f = 0; f < 16; ++f) {
      EXPECT_EQ(y[place(0, 0, f, 16, 2)], 0.0f);
      EXPECT_TRUE(std::isnan(y[place(0, 1, f, 16, 2)]));
    }
  });
}

}  // namespace
}  // namespace sloy::cpu
