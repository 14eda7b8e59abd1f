// Convolution layers against their formulas, in double.
#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>

#include "harness/layers.h"

namespace sloy {
namespace {

using harness::element;
using harness::numbers;
using harness::run_layer;

constexpr double rounding = 1e-12;

/// Calls body for every index of the tensor's first dimensions, one argument each.
template <class Body>
void for_each_index(const Shape& shape, const Body& body) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()), 0);
  for (std::int64_t place = 0; place < shape.size(); ++place) {
    body(index);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      if (++index[static_cast<std::size_t>(axis)] < shape.size(axis)) break;
      index[static_cast<std::size_t>(axis)] = 0;
    }
  }
}

TEST(Conv1D, IsItsFormula) {
  const Tensor x = numbers("x", {2, 9, 3}), w = numbers("w", {3, 3, 4}), b = numbers("b", {4});
  const auto expect = [&](const Conv1D& layer, std::int64_t before, std::int64_t positions) {
    const Tensor y = run_layer(layer, x, {{"kernel", w}, {"bias", b}}).y;
    ASSERT_EQ(y.shape(), (Shape{2, positions, 4}));
    for_each_index(y.shape(), [&](const auto& at) {
      const auto n = at[0], i = at[1], f = at[2];
      double sum = element(b, {f});
      for (std::int64_t k = 0; k < 3; ++k) {
        for (std::int64_t c = 0; c < 3; ++c) {
          const std::int64_t from = i * layer.strides[0] + k * layer.dilation_rate[0] - before;
          sum += element(x, {n, from, c}) * element(w, {k, c, f});
        }
      }
      EXPECT_NEAR(element(y, {n, i, f}), std::tanh(sum), rounding);
    });
  };
  const Conv1D plain{.filters = 4, .kernel_size = 3, .activation = tanh};
  const auto with = [&](Sizes<1> strides, Padding padding, Sizes<1> dilation) {
    Conv1D layer = plain;
    layer.strides = strides;
    layer.padding = padding;
    layer.dilation_rate = dilation;
    return layer;
  };
  expect(plain, 0, 7);
  expect(with(2, same, 1), 1, 5);
  expect(with(1, causal, 2), 4, 9);
  expect(with(1, 2, 1), 2, 11);
  expect(with(2, {{0, 3}}, 2), 0, 4);
}

TEST(Conv1D, CausalSeesNothingThatComesAfter) {
  const Tensor x = numbers("x", {1, 8, 2}), w = numbers("w", {3, 2, 1});
  Tensor changed = x;
  for (std::size_t i = 5 * 2; i < 8 * 2; ++i) changed.mutable_values<double>()[i] += 1;
  const Conv1D layer{.filters = 1, .kernel_size = 3, .padding = causal, .dilation_rate = 2};
  const Tensor before = run_layer(layer, x, {{"kernel", w}}).y;
  const Tensor after = run_layer(layer, changed, {{"kernel", w}}).y;
  for (std::int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(element(before, {0, i, 0}) == element(after, {0, i, 0}), i < 5) << i;
  }
}

// mission.md, 1.5: a batch of videos has five dimensions.
TEST(Conv3D, IsItsFormulaOverBatchesOfVideos) {
  const Tensor x = numbers("x", {2, 4, 5, 6, 4}), w = numbers("w", {2, 3, 2, 2, 6});
  const Conv3D layer{.filters = 6,
                     .kernel_size = {2, 3, 2},
                     .strides = {1, 2, 3},
                     .padding = {{1, 0}, {0, 2}, {1, 1}},
                     .groups = 2,
                     .use_bias = false};
  const Tensor y = run_layer(layer, x, {{"kernel", w}}).y;
  ASSERT_EQ(y.shape(), (Shape{2, 4, 3, 3, 6}));
  for_each_index(y.shape(), [&](const auto& at) {
    const auto n = at[0], i = at[1], j = at[2], l = at[3], f = at[4];
    double sum = 0;
    for_each_index({2, 3, 2, 2}, [&](const auto& tap) {
      const auto a = tap[0], b = tap[1], c = tap[2], m = tap[3];
      sum += element(x, {n, i + a - 1, 2 * j + b, 3 * l + c - 1, f / 3 * 2 + m}) *
             element(w, {a, b, c, m, f});
    });
    EXPECT_NEAR(element(y, {n, i, j, l, f}), sum, rounding);
  });
}

TEST(ConvTranspose, IsItsFormula) {
  const Tensor x = numbers("x", {2, 4, 3}), w = numbers("w", {3, 5, 3}), b = numbers("b", {5});
  const Conv1DTranspose layer{
      .filters = 5, .kernel_size = 3, .strides = 2, .padding = {{1, 0}}, .output_padding = 1};
  const Tensor y = run_layer(layer, x, {{"kernel", w}, {"bias", b}}).y;
  ASSERT_EQ(y.shape(), (Shape{2, 9, 5}));
  for_each_index(y.shape(), [&](const auto& at) {
    const auto n = at[0], j = at[1], f = at[2];
    double sum = element(b, {f});
    for_each_index({4, 3, 3}, [&](const auto& from) {
      const auto i = from[0], k = from[1], c = from[2];
      if (i * 2 + k - 1 == j) sum += element(x, {n, i, c}) * element(w, {k, f, c});
    });
    EXPECT_NEAR(element(y, {n, j, f}), sum, rounding);
  });
}

// Σ transposed(x)·z = Σ x·convolved(z), as of a matrix and its transpose.
TEST(ConvTranspose, IsTheTransposeOfTheConvolution) {
  const Tensor kernel = numbers("kernel", {3, 2, 4, 5});
  const Tensor z = numbers("z", {2, 7, 9, 4});
  for (const Padding& padding : {valid, same, Padding{1}, Padding{{2, 0}, {0, 1}}}) {
    const Tensor convolved = run_layer(Conv2D{.filters = 5,
                                              .kernel_size = {3, 2},
                                              .strides = {2, 2},
                                              .padding = padding,
                                              .use_bias = false},
                                       z, {{"kernel", kernel}})
                                 .y;
    const Tensor x = numbers("x", convolved.shape());
    ConvTranspose<2> layer{.filters = 4,
                           .kernel_size = {3, 2},
                           .strides = {2, 2},
                           .padding = padding,
                           .use_bias = false};
    // The size of z, of which the convolution loses a rest.
    const Tensor small = run_layer(layer, x, {{"kernel", kernel}}).y;
    if (padding.kind() != Padding::Kind::same) {
      layer.output_padding = {7 - static_cast<int>(small.shape().size(1)),
                              9 - static_cast<int>(small.shape().size(2))};
    } else {
      layer.output_padding = {0, 1};
    }
    const Tensor transposed = run_layer(layer, x, {{"kernel", kernel}}).y;
    ASSERT_EQ(transposed.shape(), z.shape());
    const auto product = [](const Tensor& a, const Tensor& b) {
      double sum = 0;
      for (std::size_t i = 0; i < a.values<double>().size(); ++i) {
        sum += a.values<double>()[i] * b.values<double>()[i];
      }
      return sum;
    };
    EXPECT_NEAR(product(transposed, z), product(x, convolved), rounding * 100);
  }
}

// keras.src.backend.common.backend_utils._get_output_shape_given_tf_padding
TEST(ConvTranspose, HasKerassSizes) {
  const auto size_of = [](int n, int kernel, int stride, int dilation, const Padding& padding,
                          Sizes<1> output_padding) {
    const Symbol x = Input{n, 2};
    return ConvTranspose<1>{.filters = 3,
                            .kernel_size = kernel,
                            .strides = stride,
                            .padding = padding,
                            .output_padding = output_padding,
                            .dilation_rate = dilation}(x)
        .shape()
        .size(1);
  };
  for (int n : {1, 4, 5}) {
    for (int kernel : {1, 2, 3, 5}) {
      for (int stride : {1, 2, 4}) {
        for (int dilation : {1, 2}) {
          const int extent = (kernel - 1) * dilation + 1;
          EXPECT_EQ(size_of(n, kernel, stride, dilation, valid, {}),
                    (n - 1) * stride + extent + std::max(extent, stride) - extent);
          EXPECT_EQ(size_of(n, kernel, stride, dilation, same, {}), n * stride);
          for (int added = 0; added < stride; ++added) {
            EXPECT_EQ(size_of(n, kernel, stride, dilation, valid, added),
                      (n - 1) * stride + extent + added);
            const int kept = (n - 1) * stride + extent % 2 + added;
            if (kept == 0) continue;
            EXPECT_EQ(size_of(n, kernel, stride, dilation, same, added), kept);
          }
        }
      }
    }
  }
}

TEST(DepthwiseConv, IsItsFormula) {
  const Tensor x = numbers("x", {2, 5, 6, 3}), w = numbers("w", {3, 2, 3, 2});
  const Tensor b = numbers("b", {6});
  const DepthwiseConv2D layer{
      .kernel_size = {3, 2}, .strides = {1, 2}, .padding = 1, .depth_multiplier = 2};
  const Tensor y = run_layer(layer, x, {{"kernel", w}, {"bias", b}}).y;
  ASSERT_EQ(y.shape(), (Shape{2, 5, 4, 6}));
  for_each_index(y.shape(), [&](const auto& at) {
    const auto n = at[0], i = at[1], j = at[2], f = at[3];
    double sum = element(b, {f});
    for_each_index({3, 2}, [&](const auto& tap) {
      sum += element(x, {n, i + tap[0] - 1, 2 * j + tap[1] - 1, f / 2}) *
             element(w, {tap[0], tap[1], f / 2, f % 2});
    });
    EXPECT_NEAR(element(y, {n, i, j, f}), sum, rounding);
  });
}

TEST(SeparableConv, MixesTheChannelsOfADepthwiseConvolution) {
  const Tensor x = numbers("x", {2, 8, 3}), deep = numbers("deep", {3, 3, 2});
  const Tensor point = numbers("point", {1, 6, 4}), b = numbers("b", {4});
  const SeparableConv1D layer{.filters = 4,
                              .kernel_size = 3,
                              .strides = 2,
                              .padding = same,
                              .depth_multiplier = 2,
                              .activation = sigmoid};
  const Tensor y =
      run_layer(layer, x, {{"depthwise_kernel", deep}, {"pointwise_kernel", point}, {"bias", b}}).y;
  ASSERT_EQ(y.shape(), (Shape{2, 4, 4}));
  for_each_index(y.shape(), [&](const auto& at) {
    double sum = element(b, {at[2]});
    for_each_index({3, 3, 2}, [&](const auto& tap) {
      const auto k = tap[0], c = tap[1], m = tap[2];
      sum += element(x, {at[0], 2 * at[1] + k, c}) * element(deep, {k, c, m}) *
             element(point, {0, c * 2 + m, at[2]});
    });
    EXPECT_NEAR(element(y, {at[0], at[1], at[2]}), 1 / (1 + std::exp(-sum)), rounding);
  });
}

TEST(SpatiallySeparableConv2D, IsOneConvolutionWithTheProductOfItsKernels) {
  const Tensor x = numbers("x", {2, 7, 8, 3}), column = numbers("column", {3, 1, 3, 2});
  const Tensor row = numbers("row", {1, 4, 2, 5}), b = numbers("b", {5});
  const SpatiallySeparableConv2D layer{.filters = 5,
                                       .kernel_size = {3, 4},
                                       .strides = {2, 1},
                                       .padding = {{1, 1}, {0, 2}},
                                       .middle_filters = 2,
                                       .activation = tanh};
  Tensor product(DType::float64, {3, 4, 3, 5});
  std::size_t place = 0;
  for_each_index(product.shape(), [&](const auto& at) {
    double& sum = product.mutable_values<double>()[place++];
    for (std::int64_t m = 0; m < 2; ++m) {
      sum += element(column, {at[0], 0, at[2], m}) * element(row, {0, at[1], m, at[3]});
    }
  });
  const Conv2D whole{.filters = 5,
                     .kernel_size = {3, 4},
                     .strides = {2, 1},
                     .padding = {{1, 1}, {0, 2}},
                     .activation = tanh};
  const Tensor found =
      run_layer(layer, x, {{"column_kernel", column}, {"row_kernel", row}, {"bias", b}}).y;
  const Tensor expected = run_layer(whole, x, {{"kernel", product}, {"bias", b}}).y;
  ASSERT_EQ(found.shape(), expected.shape());
  for (std::size_t i = 0; i < expected.values<double>().size(); ++i) {
    EXPECT_NEAR(found.values<double>()[i], expected.values<double>()[i], rounding);
  }
  // 2·k weights for k², of as many channels everywhere.
  const auto weights = [](const Layer& made) {
    return Sequential{Input{9, 9, 6}, made}.parameters();
  };
  EXPECT_EQ(
      weights(SpatiallySeparableConv2D{.filters = 6, .kernel_size = 7, .use_bias = false}) * 7,
      weights(Conv2D{.filters = 6, .kernel_size = 7, .use_bias = false}) * 2);
}

/// (w − μ) / √(σ² + epsilon) over all axes but `map`, worked out element by element.
Tensor standardized(const Tensor& w, int map, double epsilon) {
  Tensor result = w;
  const auto axis = static_cast<std::size_t>(map);
  for (std::int64_t k = 0; k < w.shape().size(map); ++k) {
    double sum = 0, squares = 0, count = 0;
    std::size_t place = 0;
    const auto values = w.values<double>();
    for_each_index(w.shape(), [&](const auto& at) {
      if (at[axis] == k) sum += values[place], ++count;
      ++place;
    });
    place = 0;
    for_each_index(w.shape(), [&](const auto& at) {
      if (at[axis] == k) squares += std::pow(values[place] - sum / count, 2);
      ++place;
    });
    place = 0;
    for_each_index(w.shape(), [&](const auto& at) {
      if (at[axis] == k) {
        result.mutable_values<double>()[place] =
            (values[place] - sum / count) / std::sqrt(squares / count + epsilon);
      }
      ++place;
    });
  }
  return result;
}

// mission.md, 7.1: over (u, v, m) for each output map k.
TEST(WeightStandardization, UsesKernelsOfMeanZeroAndVarianceOne) {
  const auto expect = [](auto layer, const Shape& x_shape, const Shape& kernel_shape, int map) {
    const Tensor x = numbers("x", x_shape), kernel = numbers("kernel", kernel_shape);
    layer.use_bias = false;
    const Tensor expected = run_layer(layer, x, {{"kernel", standardized(kernel, map, 0.01)}}).y;
    layer.weight_standardization = true;
    layer.weight_standardization_epsilon = 0.01;
    const Tensor found = run_layer(layer, x, {{"kernel", kernel}}).y;
    for (std::size_t i = 0; i < expected.values<double>().size(); ++i) {
      EXPECT_NEAR(found.values<double>()[i], expected.values<double>()[i], rounding);
    }
  };
  expect(Dense{.units = 3}, {2, 5}, {5, 3}, 1);
  expect(Conv1D{.filters = 5, .kernel_size = 3}, {2, 7, 4}, {3, 4, 5}, 2);
  expect(Conv2D{.filters = 6, .kernel_size = {3, 2}, .groups = 2}, {2, 5, 7, 4}, {3, 2, 2, 6}, 3);
  expect(Conv3D{.filters = 3, .kernel_size = 2}, {1, 3, 4, 5, 2}, {2, 2, 2, 2, 3}, 4);
  expect(Conv2DTranspose{.filters = 3, .kernel_size = {3, 2}}, {2, 3, 4, 5}, {3, 2, 3, 5}, 2);
  expect(DepthwiseConv1D{.kernel_size = 3}, {2, 7, 4}, {3, 4, 1}, 1);
}

TEST(ActivityRegularizer, AddsItsPenaltyOfTheResultDividedByTheExamples) {
  const Tensor x = numbers("x", {3, 6, 2}), w = numbers("w", {2, 2, 4});
  const Conv1D layer{.filters = 4,
                     .kernel_size = 2,
                     .activation = tanh,
                     .activity_regularizer = L1L2{.l1 = 0.25, .l2 = 0.5}};
  const auto [y, penalty] = run_layer(layer, x, {{"kernel", w}});
  double expected = 0;
  for (double value : y.values<double>()) {
    expected += 0.25 * std::abs(value) + 0.5 * value * value;
  }
  EXPECT_NEAR(penalty, expected / 3, rounding);
}

TEST(ActivityRegularizer, BelongsToTheResultOfEveryCall) {
  Graph graph;
  Build build(graph, true);
  const Layer layer = Dense{.units = 2, .activity_regularizer = L2{}, .trainable = false};
  const Value x = graph.input("x", {DType::float32, {batch, 2}});
  for (int call = 0; call < 2; ++call) {
    Scope scope = Scope(build).enter("dense", call);
    layer.call(scope, std::array{x});
  }
  EXPECT_EQ(build.losses().size(), 2u);
}

}  // namespace
}  // namespace sloy
