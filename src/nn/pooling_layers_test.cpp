// Pooling and what repeats, adds or cuts off positions, and local response normalisation, against
// their formulas in double.
#include <gtest/gtest.h>
#include <sloy/model.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/layers.h"

namespace sloy {
namespace {

using harness::element;
using harness::numbers;
using harness::run_layer;

constexpr double rounding = 1e-12;

TEST(Pooling, OfSequencesIsItsFormula) {
  const Tensor x = numbers("x", {2, 10, 3});
  const Tensor highest =
      run_layer(MaxPool1D{.pool_size = 4, .strides = 3, .padding = {{1, 2}}}, x).y;
  const Tensor mean =
      run_layer(AveragePool1D{.pool_size = 4, .strides = 3, .padding = {{1, 2}}}, x).y;
  const Tensor mean_of_all =
      run_layer(
          AveragePool1D{
              .pool_size = 4, .strides = 3, .padding = {{1, 2}}, .count_include_pad = true},
          x)
          .y;
  ASSERT_EQ(highest.shape(), (Shape{2, 4, 3}));
  ASSERT_EQ(mean.shape(), highest.shape());
  ASSERT_EQ(mean_of_all.shape(), highest.shape());
  for (std::int64_t n = 0; n < 2; ++n) {
    for (std::int64_t i = 0; i < 4; ++i) {
      for (std::int64_t c = 0; c < 3; ++c) {
        double largest = -std::numeric_limits<double>::infinity(), sum = 0, count = 0;
        for (std::int64_t at = 3 * i - 1; at < 3 * i + 3; ++at) {
          if (at < 0 || at >= 10) continue;
          largest = std::max(largest, element(x, {n, at, c}));
          sum += element(x, {n, at, c});
          ++count;
        }
        EXPECT_EQ(element(highest, {n, i, c}), largest);
        EXPECT_NEAR(element(mean, {n, i, c}), sum / count, rounding);
        EXPECT_NEAR(element(mean_of_all, {n, i, c}), sum / 4, rounding);
      }
    }
  }
}

TEST(Pooling, OverAllPositionsOfOneToThreeDirections) {
  const auto expect = [](const Layer& mean, const Layer& highest, const Shape& shape) {
    const Tensor x = numbers("x", shape);
    const std::int64_t examples = shape.size(0), channels = shape.size(-1);
    const std::int64_t positions = shape.size() / examples / channels;
    const Tensor flat = x.reshaped({examples, positions, channels});
    const Tensor means = run_layer(mean, x).y, largest = run_layer(highest, x).y;
    ASSERT_EQ(means.shape(), (Shape{examples, channels}));
    ASSERT_EQ(largest.shape(), (Shape{examples, channels}));
    for (std::int64_t n = 0; n < examples; ++n) {
      for (std::int64_t c = 0; c < channels; ++c) {
        double sum = 0, most = -2;
        for (std::int64_t i = 0; i < positions; ++i) {
          sum += element(flat, {n, i, c});
          most = std::max(most, element(flat, {n, i, c}));
        }
        EXPECT_NEAR(element(means, {n, c}), sum / static_cast<double>(positions), rounding);
        EXPECT_EQ(element(largest, {n, c}), most);
      }
    }
  };
  expect(GlobalAveragePooling1D{}, GlobalMaxPooling1D{}, {2, 5, 3});
  expect(GlobalAveragePooling2D{}, GlobalMaxPooling2D{}, {2, 5, 4, 3});
  expect(GlobalAveragePooling3D{}, GlobalMaxPooling3D{}, {2, 5, 4, 6, 3});
  EXPECT_EQ(
      run_layer(GlobalMaxPooling3D{.keepdims = true}, numbers("x", {2, 5, 4, 6, 3})).y.shape(),
      (Shape{2, 1, 1, 1, 3}));
}

// mission.md, 1.5: videos go through every kind of layer with windows.
TEST(Videos, GoThroughLayersOfThreeDirections) {
  const Sequential model{Input{8, 16, 12, 3},
                         Conv3D{.filters = 4, .kernel_size = 3, .padding = same},
                         MaxPool3D{.pool_size = {1, 2, 2}},
                         ZeroPadding3D{.padding = {{1, 0}, {0, 0}, {2, 2}}},
                         Conv3DTranspose{.filters = 5, .kernel_size = 2, .strides = {1, 2, 1}},
                         Cropping3D{},
                         UpSampling3D{.size = {1, 1, 2}},
                         AveragePool3D{},
                         GlobalMaxPooling3D{},
                         Dense{.units = 2}};
  std::vector<Shape> shapes;
  for (const LayerSummary& layer : model.layers()) shapes.push_back(layer.results[0].shape);
  EXPECT_EQ(shapes, (std::vector<Shape>{{batch, 8, 16, 12, 3},
                                        {batch, 8, 16, 12, 4},
                                        {batch, 8, 8, 6, 4},
                                        {batch, 9, 8, 10, 4},
                                        {batch, 10, 16, 11, 5},
                                        {batch, 8, 14, 9, 5},
                                        {batch, 8, 14, 18, 5},
                                        {batch, 4, 7, 9, 5},
                                        {batch, 5},
                                        {batch, 2}}));
}

TEST(Padding, IsWhatALayerOfZerosBeforeWouldAdd) {
  const Tensor x = numbers("x", {2, 5, 7, 3}), w = numbers("w", {3, 2, 3, 4});
  const Conv2D plain{.filters = 4, .kernel_size = {3, 2}};
  Conv2D padded = plain;
  padded.padding = {{2, 0}, {1, 3}};
  const Tensor apart =
      run_layer(plain, run_layer(ZeroPadding2D{.padding = {{2, 0}, {1, 3}}}, x).y, {{"kernel", w}})
          .y;
  EXPECT_EQ(run_layer(padded, x, {{"kernel", w}}).y, apart);
}

TEST(ZeroPadding, TakesOneNumberOneForEachDirectionOrForEachEnd) {
  const auto shape_of = [](const Layer& layer, const Shape& example) {
    return layer(Input(example)).shape();
  };
  EXPECT_EQ(shape_of(ZeroPadding1D{}, {5, 3}), (Shape{batch, 7, 3}));
  EXPECT_EQ(shape_of(ZeroPadding1D{.padding = {1, 3}}, {5, 3}), (Shape{batch, 9, 3}));
  EXPECT_EQ(shape_of(ZeroPadding2D{}, {5, 6, 3}), (Shape{batch, 7, 8, 3}));
  EXPECT_EQ(shape_of(ZeroPadding2D{.padding = {1, 3}}, {5, 6, 3}), (Shape{batch, 7, 12, 3}));
  EXPECT_EQ(shape_of(ZeroPadding2D{.padding = {{1, 3}, {0, 1}}}, {5, 6, 3}),
            (Shape{batch, 9, 7, 3}));
  EXPECT_EQ(shape_of(ZeroPadding3D{.padding = 2}, {5, 6, 7, 3}), (Shape{batch, 9, 10, 11, 3}));
}

TEST(Cropping, UndoesZeroPadding) {
  const Tensor x = numbers("x", {2, 4, 5, 3});
  const Margins<2> margins{{1, 2}, {0, 3}};
  const Tensor wide = run_layer(ZeroPadding2D{.padding = margins}, x).y;
  ASSERT_EQ(wide.shape(), (Shape{2, 7, 8, 3}));
  double sum = 0, original = 0;
  for (double value : wide.values<double>()) sum += value;
  for (double value : x.values<double>()) original += value;
  EXPECT_NEAR(sum, original, rounding) << "nothing but zeros is added";
  EXPECT_EQ(element(wide, {1, 1, 0, 2}), element(x, {1, 0, 0, 2}));
  EXPECT_EQ(run_layer(Cropping2D{.cropping = margins}, wide).y, x);
}

TEST(Cropping, HasKerassDefaults) {
  EXPECT_EQ(Cropping1D{}(Input{5, 3}).shape(), (Shape{batch, 3, 3}));
  EXPECT_EQ(Cropping2D{}(Input{5, 6, 3}).shape(), (Shape{batch, 5, 6, 3}));
  EXPECT_EQ(Cropping3D{}(Input{5, 6, 7, 3}).shape(), (Shape{batch, 3, 4, 5, 3}));
}

TEST(UpSampling, RepeatsPositionsOfVideos) {
  const Tensor x = numbers("x", {1, 2, 3, 2, 2});
  const Tensor y = run_layer(UpSampling3D{.size = {2, 1, 3}}, x).y;
  ASSERT_EQ(y.shape(), (Shape{1, 4, 3, 6, 2}));
  for (std::int64_t i = 0; i < 4; ++i) {
    for (std::int64_t j = 0; j < 3; ++j) {
      for (std::int64_t k = 0; k < 6; ++k) {
        EXPECT_EQ(element(y, {0, i, j, k, 1}), element(x, {0, i / 2, j, k / 3, 1}));
      }
    }
  }
}

// Krizhevsky, Sutskever and Hinton 2012, 3.3; their bias is called k.
TEST(LocalResponseNormalization, IsItsFormula) {
  const Tensor x = numbers("x", {2, 3, 4, 7});
  const auto expect = [&](const LocalResponseNormalization& layer) {
    const Tensor y = run_layer(layer, x).y;
    for (std::int64_t row = 0; row < 2 * 3 * 4; ++row) {
      const auto at = [&](const Tensor& t, std::int64_t i) {
        return t.values<double>()[static_cast<std::size_t>(row * 7 + i)];
      };
      for (std::int64_t i = 0; i < 7; ++i) {
        double sum = 0;
        const std::int64_t last = std::min<std::int64_t>(7 - 1, i + layer.size / 2);
        for (std::int64_t j = std::max<std::int64_t>(0, i - layer.size / 2); j <= last; ++j) {
          sum += at(x, j) * at(x, j);
        }
        EXPECT_NEAR(at(y, i), at(x, i) / std::pow(layer.bias + layer.alpha * sum, layer.beta),
                    rounding);
      }
    }
  };
  expect({});
  expect({.size = 3, .alpha = 0.5, .beta = 1.25, .bias = 0.1});
  expect({.size = 1, .alpha = 2});
  expect({.size = 21, .alpha = 1});
}

}  // namespace
}  // namespace sloy
