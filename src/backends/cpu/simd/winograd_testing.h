/// What tests of Winograd's convolutions share: sizes, and a pass on plain operands.
#pragma once

#include <gtest/gtest.h>
#include <sloy/inspect.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "backends/cpu/onednn/convolution.h"
#include "backends/cpu/winograd.h"
#include "tensor/layout.h"

namespace sloy::cpu::winograd_testing {

using onednn::ConvolutionGeometry;
using onednn::ConvolutionPass;
using Floats = std::vector<float>;

inline constexpr ConvolutionPass passes[] = {
    ConvolutionPass::forward, ConvolutionPass::input_gradient, ConvolutionPass::kernel_gradient};

struct Sizes {
  std::int64_t batch, height, width, channels, filters;
  std::int64_t low_height = 0, high_height = 0, low_width = 0, high_width = 0;
  std::int64_t taps_down = 3, taps_across = 3;
};

inline ConvolutionGeometry geometry_of(const Sizes& s) {
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

struct Options {
  Floats bias = {};
  bool rectify = false;
  bool bfloat16 = false;         ///< operands
  bool bfloat16_result = false;  ///< else float32
};

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

inline Layout blocked() { return channels_blocked(4, static_cast<int>(channel_block())); }
inline Layout packed() { return packed_kernel(static_cast<int>(channel_block())); }

/// One pass on plain operands.
inline Floats run(const ConvolutionGeometry& g, ConvolutionPass pass, int threads,
                  const Floats& first, const Floats& second, const Options& options = {}) {
  const WinogradShape shape = winograd_shape(g, {.pass = pass,
                                                 .bias = !options.bias.empty(),
                                                 .relu = options.rectify,
                                                 .bfloat16 = options.bfloat16,
                                                 .bfloat16_result = options.bfloat16_result});
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
inline std::pair<Floats, Floats> operands(const ConvolutionGeometry& g, ConvolutionPass pass,
                                          const std::function<Floats(std::int64_t)>& draw) {
  const std::int64_t x = g.input_shape().size(), y = g.output_shape().size();
  const std::int64_t kernel = g.kernel_shape().size();
  Floats first = draw(pass == ConvolutionPass::input_gradient ? y : x);
  return {std::move(first), draw(pass == ConvolutionPass::kernel_gradient ? y : kernel)};
}

inline std::string name_of(const ConvolutionGeometry& g, ConvolutionPass pass) {
  return std::string(to_string(pass)) + ' ' + to_string(g.input_shape()) + " by " +
         to_string(g.kernel_shape()) + ", padded " + std::to_string(g.padding_before[0]) + ", " +
         std::to_string(g.padding_before[1]);
}

/// Holds a result to the definition's in float's grade: as a whole, and each number by what numbers
/// of it are like.
inline void expect_close(const Floats& got, const std::vector<double>& expected) {
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

}  // namespace sloy::cpu::winograd_testing
