#include <gtest/gtest.h>
#include <sloy/layers.h>

#include <cmath>

#include "harness/layer_of.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::apply_layer;
using harness::close;
using harness::LayerOf;
using harness::message_of;
using Numbers = std::vector<double>;

Numbers numbers_of(const Tensor& tensor) {
  return {tensor.values<double>().begin(), tensor.values<double>().end()};
}

const Tensor rows({3, 2}, Numbers{-2, 1, 0, -0.5, 3, -4});

TEST(PRelu, BeginsAsReluAndLearnsItsSlopes) {
  LayerOf layer(PReLU{}, rows.shape());
  EXPECT_EQ(numbers_of(layer(rows)), (Numbers{0, 1, 0, 0, 3, 0}));
  layer.set("alpha", Tensor({2}, Numbers{0.5, -1}));
  EXPECT_EQ(numbers_of(layer(rows)), (Numbers{-1, 1, 0, 0.5, 3, 4}));
  // Σ x over what is not above 0, and at 0 the slope is alpha.
  const Value y = layer.y;
  const Value alpha = layer.weight("alpha");
  const auto slopes = gradient(sum(y), std::vector{alpha, layer.x});
  EXPECT_EQ(numbers_of(layer.evaluate(slopes[0], rows)), (Numbers{-2, -4.5}));
  EXPECT_EQ(numbers_of(layer.evaluate(slopes[1], rows)), (Numbers{0.5, 1, 0.5, -1, 1, -1}));
}

TEST(PRelu, SharesItsSlopesAlongAxes) {
  const auto shape_of = [](std::vector<int> shared) {
    LayerOf layer(PReLU{.shared_axes = std::move(shared)}, {1, 4, 5, 3});
    return layer.weight("alpha").shape();
  };
  EXPECT_EQ(shape_of({}), (Shape{4, 5, 3}));
  EXPECT_EQ(shape_of({1, 2}), (Shape{1, 1, 3}));
  EXPECT_EQ(shape_of({-1}), (Shape{4, 5, 1}));
  EXPECT_EQ(shape_of({1, 2, 3}), (Shape{1, 1, 1}));
  EXPECT_EQ(message_of([&] { shape_of({0}); }),
            "the slopes are shared over the batch in any case\n"
            "  input    (batch, 4, 5, 3)\n"
            "  layer    layer   PReLU\n"
            "  to fix   leave axis 0 out of shared_axes");
  EXPECT_NE(message_of([&] { shape_of({4}); }), "no error");
}

/// With a second piece of 0, and of α times the first, a maxout is what ReLU and LeakyReLU make of
/// a Dense (for α below 1).
TEST(Maxout, ContainsReluAndLeakyRelu) {
  const Tensor x({4, 2}, Numbers{-2, 1, 0.5, -0.5, 3, -4, 0, 0});
  const Tensor kernel({2, 1}, Numbers{1.5, -0.75});
  const Tensor bias({1}, Numbers{0.25});
  const auto dense = [&](const Layer& activation) {
    LayerOf layer(Dense{.units = 1}, x.shape());
    layer.set("kernel", kernel);
    layer.set("bias", bias);
    return apply_layer(activation, layer(x));
  };
  for (double slope : {0.0, 0.1, 0.3}) {
    LayerOf maxout(Maxout{.units = 1}, x.shape());
    maxout.set("kernel", Tensor({2, 2}, Numbers{1.5, slope * 1.5, -0.75, slope * -0.75}));
    maxout.set("bias", Tensor({2}, Numbers{0.25, slope * 0.25}));
    EXPECT_TRUE(close(maxout(x), dense(LeakyReLU{.negative_slope = slope}), 1e-14));
    if (slope != 0) continue;
    EXPECT_EQ(maxout(x), dense(ReLU{}));
  }
}

TEST(Maxout, OfOnePieceIsDense) {
  LayerOf maxout(Maxout{.units = 2, .pieces = 1}, rows.shape());
  LayerOf dense(Dense{.units = 2}, rows.shape());
  EXPECT_EQ(maxout(rows), dense(rows)) << "the same first weights, by their name and shape";
}

TEST(Maxout, RefusesWhatIsNoNumberOfPieces) {
  EXPECT_EQ(message_of([] { apply_layer(Maxout{.units = 2, .pieces = 0}, rows); }),
            "pieces must be 1 or more, not 0\n"
            "  layer    layer   Maxout\n"
            "  to fix   set pieces to 1 or more");
}

TEST(Softmax, SumsToOneAlongItsAxes) {
  const Tensor x({2, 2, 2}, Numbers{1, 5, -2, 0.5, 3, 3, 3, 3});
  const Tensor y = apply_layer(Softmax{.axis = 1}, x);
  // Columns 0 and 1 of the first example.
  EXPECT_NEAR(y.values<double>()[0], 1 / (1 + std::exp(-3.0)), 1e-15);
  EXPECT_NEAR(y.values<double>()[1], 1 / (1 + std::exp(-4.5)), 1e-15);
  EXPECT_NEAR(y.values<double>()[0] + y.values<double>()[2], 1, 1e-15);
  for (double share : numbers_of(apply_layer(Softmax{.axis = {1, 2}}, x))) {
    EXPECT_TRUE(share >= 0 && share <= 1);
  }
  EXPECT_EQ(numbers_of(apply_layer(Softmax{.axis = {-1, -2}}, x))[7], 0.25);
  EXPECT_EQ(message_of([&] { apply_layer(Softmax{.axis = 0}, x); }),
            "axis 0 is the batch's: its examples have nothing to do with one another\n"
            "  input    (batch, 2, 2)\n"
            "  layer    layer   Softmax\n"
            "  to fix   give axes of an example, from 1 on or from the end");
}

}  // namespace
}  // namespace sloy
