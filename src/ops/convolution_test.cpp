#include "ops/convolution.h"

#include <gtest/gtest.h>

#include <limits>

#include "harness/op_cases.h"

namespace sloy {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A convolution, of which each of the three ops makes a row.
struct Convolution {
  Shape x;
  Shape kernel;
  ConvolutionOptions options = {};
  bool skips = false;  ///< most of x is under no window
};

Window strided(std::int64_t stride) { return {.strides = {stride, stride}}; }

Convolution same_padded(Shape x, Shape kernel, std::int64_t stride = 1) {
  return {
      x, kernel, {.window = window(x, {kernel.size(0), kernel.size(1)}, {stride, stride}, same)}};
}

std::vector<Convolution> convolutions() {
  return {
      // small ones, whose gradients are checked
      {{1, 4, 4, 1}, {3, 3, 1, 1}},
      {{batch, 4, 3, 2}, {2, 2, 2, 3}},
      same_padded({1, 5, 5, 2}, {3, 3, 2, 2}),
      same_padded({1, 5, 4, 1}, {3, 3, 1, 2}, 2),
      {{1, 5, 5, 1}, {2, 2, 1, 2}, {.window = {.strides = {2, 3}, .dilations = {2, 1}}}},
      {{1, 4, 4, 2}, {1, 1, 2, 3}, {.window = strided(2)}, true},
      {{1, 7, 7, 1}, {2, 2, 1, 1}, {.window = strided(3)}},
      {{1, 3, 3, 1}, {3, 2, 1, 2}, {.window = {.padding_low = {2, 0}, .padding_high = {0, 3}}}},
      {{1, 4, 4, 4}, {2, 2, 2, 4}, {.groups = 2}},
      {{1, 4, 4, 3}, {2, 2, 1, 3}, {.groups = 3}},
      {{1, 4, 4, 2}, {2, 2, 1, 4}, {.groups = 2}},
      {{batch, 6, 2}, {3, 2, 2}, {.window = {.strides = {2}}}},
      {{1, 7, 1}, {3, 1, 2}, {.window = {.dilations = {3}}}},
      {{1, 3, 3, 3, 1}, {2, 2, 2, 1, 2}},
      {{1, 4, 3, 2, 2}, {2, 1, 2, 2, 1}, {.window = {.strides = {2, 1, 1}}}},
      {{1, 1, 1, 1}, {1, 1, 1, 1}},
      // channels around the width of a vector, and layers as networks have them
      same_padded({2, 6, 6, 15}, {3, 3, 15, 17}),
      same_padded({2, 6, 6, 16}, {3, 3, 16, 33}),
      same_padded({1, 28, 28, 1}, {5, 5, 1, 32}),
      same_padded({2, 32, 32, 3}, {7, 7, 3, 16}, 2),
      same_padded({8, 8, 8, 64}, {3, 3, 64, 64}),
      same_padded({2, 8, 8, 64}, {3, 3, 64, 128}, 2),
      same_padded({2, 14, 14, 64}, {1, 1, 64, 128}),
      same_padded({2, 14, 14, 128}, {3, 3, 128, 128}),
      same_padded({2, 16, 16, 32}, {3, 3, 32, 48}),
      same_padded({1, 8, 8, 32}, {5, 5, 32, 64}),
      {{2, 16, 16, 16}, {1, 1, 16, 32}, {.window = strided(2)}, true},
      // one tap with strides, and channels that don't fill vectors: oneDNN is wrong for some
      {{3, 8, 12, 12}, {1, 1, 12, 7}, {.window = {.strides = {1, 3}}}},
      {{1, 12, 10, 3}, {1, 1, 3, 1}, {.window = {.strides = {3, 1}}}},
      {{3, 8, 7, 8}, {1, 1, 8, 8}, {.window = {.strides = {2, 1}}}},
      {{5, 12, 11, 3}, {1, 1, 3, 33}, {.window = {.strides = {3, 1}}}},
      {{1, 14, 14, 32}, {3, 3, 32, 32}, {.window = {.dilations = {2, 2}}}},
      {{2, 14, 14, 32}, {3, 3, 1, 32}, {.groups = 32}},
      {{2, 8, 8, 32}, {3, 3, 8, 32}, {.groups = 4}},
      {{2, 40, 16}, {5, 16, 16}},
      {{2, 33, 16}, {3, 16, 32}, {.window = {.strides = {2}, .padding_low = {2}}}},
      {{2, 33, 24}, {7, 1, 24}, {.groups = 24}},
      {{1, 6, 8, 8, 16}, {3, 3, 3, 16, 16}},
      {{1, 4, 7, 9, 8},
       {2, 3, 3, 8, 12},
       {.window = {.strides = {1, 2, 2}, .padding_low = {1, 1, 0}, .padding_high = {0, 1, 2}}}},
      {{1, 5, 6, 7, 16}, {3, 3, 3, 1, 16}, {.groups = 16}},
      // tiles of 4×4 that hang over the edge
      {{4, 12, 11, 64}, {3, 3, 64, 64}},
      // very few filters
      same_padded({2, 6, 9, 16}, {3, 3, 16, 1}),
      {{3, 9, 9, 20}, {3, 2, 20, 3}, {.window = {.strides = {2, 1}, .dilations = {1, 2}}}},
      same_padded({2, 13, 14, 9}, {3, 3, 9, 3}),
      // very few channels
      same_padded({2, 13, 14, 3}, {3, 3, 3, 17}),
  };
}

using Rows = std::vector<Row>;

/// x = 1 … 16 and a kernel that takes the right neighbour from the sum of four.
Row worked_example() {
  return {.shapes = {{1, 4, 4, 1}, {2, 2, 1, 1}},
          .values = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, {1, 0, -2, 3}},
          .attributes = ConvolutionAttributes{.options = {.window = strided(2)}},
          .expect = {{1 - 10 + 18, 3 - 14 + 24, 9 - 26 + 42, 11 - 30 + 48}}};
}

Rows with_epilogues() {
  Rows rows{{.shapes = {{1, 2, 1}, {1, 1, 1}},  // not-a-number passes through the rectifier
             .values = {{nan, -1}, {1}},
             .attributes = ConvolutionAttributes{.relu = true},
             .expect = {{nan, 0}},
             .differentiate = false}};
  for (const auto& [x, kernel, options, skips] :
       {Convolution{{1, 8, 8, 1}, {3, 3, 1, 3}}, same_padded({8, 8, 8, 64}, {3, 3, 64, 64}),
        same_padded({2, 8, 8, 16}, {1, 1, 16, 32}), same_padded({2, 6, 9, 16}, {3, 3, 16, 2}),
        Convolution{{2, 8, 8, 16}, {3, 3, 1, 16}, {.groups = 16}}}) {
    for (bool relu : {false, true}) {
      rows.push_back({.shapes = {x, kernel, {kernel[-1]}},
                      .attributes = ConvolutionAttributes{.options = options, .relu = relu},
                      .differentiate = false});
    }
    rows.push_back({.shapes = {x, kernel},
                    .attributes = ConvolutionAttributes{.options = options, .relu = true},
                    .differentiate = false});
  }
  return rows;
}

Rows refusals() {
  return {
      {.shapes = {{32, 28, 28, 3}, {3, 3, 4, 64}},
       .error = "convolution: the input has 3 channels, the kernel expects 4"},
      {.shapes = {{1, 8, 8, 6}, {3, 3, 3, 6}},
       .attributes = ConvolutionAttributes{.options = {.groups = 3}},
       .error = "convolution: the input has 2 channels in each of 3 groups, the kernel expects 3"},
      {.shapes = {{1, 8, 8, 6}, {3, 3, 3, 5}},
       .attributes = ConvolutionAttributes{.options = {.groups = 2}},
       .error = "convolution: 6 channels and 5 filters can't be split into 2 groups"},
      {.shapes = {{1, 8, 8, 6}, {3, 3, 3, 6}},
       .attributes = ConvolutionAttributes{.options = {.groups = 0}},
       .error = "convolution: 0 groups are too few"},
      {.shapes = {{1, 4, 6, 1}, {3, 7, 1, 1}},
       .error = "convolution: the window is larger than the padded input: 7 along width, over 6"},
      {.shapes = {{1, 4, 6, 1}, {3, 3, 1, 1}},
       .attributes = ConvolutionAttributes{.options = {.window = {.dilations = {2, 1}}}},
       .error = "convolution: the window is larger than the padded input: 5 along height, over 4"},
      {.shapes = {{1, 4, 4, 1}, {3, 3, 1, 1}},
       .attributes = ConvolutionAttributes{.options = {.window = {.strides = {1, 0}}}},
       .error = "convolution: strides 0 along width"},
      {.shapes = {{1, 4, 4, 1}, {3, 3, 1, 1}},
       .attributes = ConvolutionAttributes{.options = {.window = {.dilations = {0, 1}}}},
       .error = "convolution: dilations 0 along height"},
      {.shapes = {{1, 4, 4, 1}, {3, 3, 1, 1}},
       .attributes = ConvolutionAttributes{.options = {.window = {.padding_low = {-1, 0}}}},
       .error = "convolution: padding -1 along height"},
      {.shapes = {{1, 4, 4, 1}, {3, 3, 1, 1}},
       .attributes = ConvolutionAttributes{.options = {.window = {.strides = {1, 1, 1}}}},
       .error = "convolution: 3 numbers of strides for 2 spatial dimensions"},
      {.shapes = {{1, 4, 4, 1}, {0, 3, 1, 1}}, .error = "convolution: the kernel is empty"},
      {.shapes = {{1, 4, 4, 1}, {batch, 3, 1, 1}},
       .error = "convolution: the kernel can't depend on the batch"},
      {.shapes = {{4, batch, 4, 1}, {3, 3, 1, 1}},
       .error = "convolution: only the first dimension of the input may depend on the batch"},
      {.shapes = {{28, 28, 3}, {3, 3, 3, 64}},
       .error = "convolution: an input of 3 dimensions and a kernel of 4 don't fit"},
      {.shapes = {{1, 4, 4, 1}, {3, 3, 1, 2}, {3}},
       .error = "convolution: the bias must have one number a filter"},
      {.shapes = {{1, 4, 4, 1}, {3, 3, 1, 2}},
       .dtypes = {DType::uint8},
       .error = "convolution: the input must be float32, not uint8"},
      {.shapes = {{1, 4, 4, 1}, {2, 2, 1, 1}},
       .attributes =
           ConvolutionAttributes{.options = {.window = {.dilations = {std::int64_t{1} << 62, 1}}}},
       .error = "convolution: dilations 4611686018427387904 along height"},
  };
}

}  // namespace

template <>
OpCases cases<convolution_op>() {
  Rows rows{worked_example()};
  for (const auto& [x, kernel, options, skips] : convolutions()) {
    rows.push_back(
        {.shapes = {x, kernel}, .attributes = ConvolutionAttributes{.options = options}});
  }
  for (const Rows& more : {with_epilogues(), refusals()}) {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return {convolution_op, rows};
}

template <>
OpCases cases<convolution_input_gradient_op>() {
  std::vector<Row> rows{
      // each dy spreads the kernel over its own cells
      {.shapes = {{1, 2, 1}, {2, 1, 1}},
       .values = {{1, 10}, {3, 4}},
       .attributes = ConvolutionInputGradientAttributes{.input = {1, 5, 1},
                                                        .options = {.window = {.strides = {2}}}},
       .expect = {{3, 4, 30, 40, 0}}},
      {.shapes = {{1, 2, 1}, {2, 1, 1}},
       .attributes = ConvolutionInputGradientAttributes{.input = {1, 5, 1}},
       .error = "convolution_input_gradient: dy does not have the shape of the convolution's "
                "result"}};
  for (const auto& [x, kernel, options, skips] : convolutions()) {
    rows.push_back(
        {.shapes = {convolution_shape(x, kernel, options), kernel},
         .attributes = ConvolutionInputGradientAttributes{.input = x, .options = options},
         .mostly_constant = skips});
  }
  return {convolution_input_gradient_op, rows};
}

template <>
OpCases cases<convolution_kernel_gradient_op>() {
  std::vector<Row> rows{
      {.shapes = {{1, 4, 1}, {1, 3, 1}},
       .values = {{1, 2, 3, 4}, {1, 0, 10}},
       .attributes = ConvolutionKernelGradientAttributes{.kernel = {2, 1, 1}},
       .expect = {{1 + 30, 2 + 40}}},
      {.shapes = {{1, 4, 1}, {1, 2, 1}},
       .attributes = ConvolutionKernelGradientAttributes{.kernel = {2, 1, 1}},
       .error = "convolution_kernel_gradient: dy does not have the shape of the convolution's "
                "result"}};
  for (const auto& [x, kernel, options, skips] : convolutions()) {
    rows.push_back(
        {.shapes = {x, convolution_shape(x, kernel, options)},
         .attributes = ConvolutionKernelGradientAttributes{.kernel = kernel, .options = options}});
  }
  return {convolution_kernel_gradient_op, rows};
}

namespace {

TEST(Window, PadsAsKerasDoes) {
  const Window even = window({1, 28, 28, 1}, {3, 3}, {2, 2}, same);
  EXPECT_EQ(even.padding_low, (std::vector<std::int64_t>{0, 0}));
  EXPECT_EQ(even.padding_high, (std::vector<std::int64_t>{1, 1}));
  const Window odd = window({1, 7, 5, 1}, {4, 3}, {1, 1}, same, {1, 2});
  EXPECT_EQ(odd.padding_low, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(odd.padding_high, (std::vector<std::int64_t>{2, 2}));
  const Window none = window({1, 7, 5, 1}, {4, 3}, {2, 1}, valid);
  EXPECT_EQ(none.padding_low, (std::vector<std::int64_t>{0, 0}));
  EXPECT_EQ(none.strides, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(none.dilations, (std::vector<std::int64_t>{1, 1}));
}

TEST(Window, SamePaddingGivesCeilingOfSizeOverStride) {
  for (std::int64_t size = 1; size < 12; ++size) {
    for (std::int64_t kernel = 1; kernel < 6; ++kernel) {
      for (std::int64_t stride = 1; stride < 5; ++stride) {
        const Shape input{1, size, 1};
        const Window same_window = window(input, {kernel}, {stride}, same);
        const Shape y = convolution_shape(input, {kernel, 1, 1}, {.window = same_window});
        EXPECT_EQ(y.size(1), (size + stride - 1) / stride);
      }
    }
  }
}

}  // namespace
}  // namespace sloy
