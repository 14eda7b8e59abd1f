// What whole networks compute (docs/design/mission.md, 1.1, 1.2, 1.9).
#include <gtest/gtest.h>
#include <sloy/patterns.h>

#include <cmath>

#include "harness/layers.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::element;
using harness::message_of;
using harness::numbers;

using Matrix = std::vector<std::vector<double>>;

Matrix matrix(const Tensor& tensor) {
  Matrix rows;
  for (std::int64_t i = 0; i < tensor.shape().size(0); ++i) {
    rows.emplace_back();
    for (std::int64_t j = 0; j < tensor.shape().size(1); ++j) {
      rows.back().push_back(element(tensor, {i, j}));
    }
  }
  return rows;
}

/// f(a·b + bias), the row `bias` added to every row.
template <class Function>
Matrix layer(const Matrix& a, const Matrix& b, const std::vector<double>& bias, Function f) {
  Matrix result(a.size(), std::vector<double>(b[0].size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b[0].size(); ++j) {
      double sum = bias[j];
      for (std::size_t k = 0; k < b.size(); ++k) sum += a[i][k] * b[k][j];
      result[i][j] = f(sum);
    }
  }
  return result;
}

double identity(double v) { return v; }

std::vector<double> row(const Tensor& tensor) {
  return {tensor.values<double>().begin(), tensor.values<double>().end()};
}

/// A Sequential that computes in double, with weights by the names "dense/kernel", … .
Sequential in_double(std::initializer_list<Layer> layers, const harness::Weights& weights) {
  Sequential model(layers);
  model.compile({.backend = BackendKind::reference, .precision = NumericPrecision::float64});
  for (const auto& [name, value] : weights) model.set_weight(name, value);
  return model;
}

void expect_near(const Tensor& found, const Matrix& expected) {
  ASSERT_EQ(found.shape(), (Shape{static_cast<std::int64_t>(expected.size()),
                                  static_cast<std::int64_t>(expected[0].size())}));
  const Matrix rows = matrix(found.cast(DType::float64));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    for (std::size_t j = 0; j < expected[0].size(); ++j) {
      EXPECT_NEAR(rows[i][j], expected[i][j], 1e-12) << i << ", " << j;
    }
  }
}

TEST(FullyConnectedNet, IsItsMatrixForm) {
  const Tensor x = numbers("x", {5, 4});
  const Tensor w1 = numbers("w1", {4, 6}), b1 = numbers("b1", {6});
  const Tensor w2 = numbers("w2", {6, 3}), b2 = numbers("b2", {3});
  const Tensor w3 = numbers("w3", {3, 2}), b3 = numbers("b3", {2});
  Sequential model = in_double({Input{4}, Dense{.units = 6, .activation = tanh},
                                Dense{.units = 3, .activation = relu}, Dense{.units = 2}},
                               {{"dense/kernel", w1},
                                {"dense/bias", b1},
                                {"dense_1/kernel", w2},
                                {"dense_1/bias", b2},
                                {"dense_2/kernel", w3},
                                {"dense_2/bias", b3}});
  const Matrix h1 = layer(matrix(x), matrix(w1), row(b1), [](double v) { return std::tanh(v); });
  const Matrix h2 = layer(h1, matrix(w2), row(b2), [](double v) { return v > 0 ? v : 0; });
  expect_near(model.predict(x), layer(h2, matrix(w3), row(b3), identity));
}

// Course 003 writes a layer Y = A·X on the flattened image X (M, 1), M = d·w·h: A is our kernel's
// transpose.
TEST(FullyConnectedNet, IsTheTransposedFormWithAEqualToTheKernelsTranspose) {
  const Shape image{3, 4, 2};
  const Tensor x = numbers("x", {1, 3, 4, 2}), w = numbers("w", {24, 5});
  Sequential model = in_double({Input(image), Flatten{}, Dense{.units = 5, .use_bias = false}},
                               {{"dense/kernel", w}});
  Matrix a(5, std::vector<double>(24)), column(24, std::vector<double>(1));
  for (std::size_t m = 0; m < 24; ++m) {
    for (std::size_t n = 0; n < 5; ++n) a[n][m] = matrix(w)[m][n];
    column[m][0] = x.values<double>()[m];
  }
  const Matrix y = layer(a, column, {0}, identity);
  Matrix transposed(1);
  for (const auto& number : y) transposed[0].push_back(number[0]);
  expect_near(model.predict(x), transposed);
}

TEST(LinearLayers, OneAfterTheOtherAreOneMatrix) {
  const Tensor x = numbers("x", {7, 3});
  const Tensor w1 = numbers("w1", {3, 8}), b1 = numbers("b1", {8});
  const Tensor w2 = numbers("w2", {8, 5}), b2 = numbers("b2", {5});
  const Tensor w3 = numbers("w3", {5, 2}), b3 = numbers("b3", {2});
  Sequential model = in_double({Input{3}, Dense{.units = 8}, Dense{.units = 5}, Dense{.units = 2}},
                               {{"dense/kernel", w1},
                                {"dense/bias", b1},
                                {"dense_1/kernel", w2},
                                {"dense_1/bias", b2},
                                {"dense_2/kernel", w3},
                                {"dense_2/bias", b3}});
  const std::vector<double> none(8, 0);
  const Matrix one =
      layer(layer(matrix(w1), matrix(w2), none, identity), matrix(w3), none, identity);
  // The biases come to (b1·W2 + b2)·W3 + b3.
  const Matrix bias =
      layer(layer({row(b1)}, matrix(w2), row(b2), identity), matrix(w3), row(b3), identity);
  expect_near(model.predict(x), layer(matrix(x), one, bias[0], identity));
}

/// How well a net of three dense layers of 16 units tells two circles apart.
double accuracy_on_circles(const Activation& activation) {
  const data::Dataset circles = data::circles({.size = 400, .noise = 0.05});
  Sequential model{Dense{.units = 16, .activation = activation},
                   Dense{.units = 16, .activation = activation}, Dense{.units = 2}};
  model.compile({.optimizer = Adam{.learning_rate = 0.01},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}}});
  model.fit(circles, {.epochs = 30, .verbose = Verbosity::silent});
  return model.evaluate(circles).logs["accuracy"];
}

// The best line passes by the inner circle and cuts a third off the outer one: two thirds are
// right.
TEST(TwoCircles, AreToldApartWithActivationsAlone) {
  EXPECT_LT(accuracy_on_circles(linear), 0.75);
  EXPECT_GT(accuracy_on_circles(relu), 0.98);
}

std::vector<std::string> types(const Model& model) {
  std::vector<std::string> names;
  for (const LayerSummary& made : model.layers()) names.push_back(made.type);
  return names;
}

TEST(ConvNet, FollowsThePattern) {
  const Sequential model = conv_net({.input = {12, 8, 3},
                                     .classes = 5,
                                     .convolutions = 2,
                                     .blocks = 2,
                                     .dense = 1,
                                     .filters = 4,
                                     .units = 7});
  EXPECT_EQ(types(model),
            (std::vector<std::string>{"Input", "Conv2D", "Conv2D", "MaxPool2D", "Conv2D", "Conv2D",
                                      "MaxPool2D", "Flatten", "Dense", "Dense"}));
  const std::vector<LayerSummary> layers = model.layers();
  EXPECT_EQ(layers[2].results[0].shape, (Shape{batch, 12, 8, 4}));
  EXPECT_EQ(layers[6].results[0].shape, (Shape{batch, 3, 2, 8}));
  EXPECT_EQ(layers[8].results[0].shape, (Shape{batch, 7}));
  EXPECT_EQ(layers[9].results[0].shape, (Shape{batch, 5}));
  const Config config = model.to_config();
  const auto activation_of = [&](std::size_t i) {
    return config.at("layer").as_list()[i].at("activation").as_string();
  };
  EXPECT_EQ(activation_of(1), "relu");
  EXPECT_EQ(activation_of(8), "relu");
  EXPECT_EQ(activation_of(9), "softmax");
}

TEST(ConvNet, LeavesOutWhatItIsToHaveNoneOf) {
  EXPECT_EQ(types(conv_net({.input = {8, 8, 1},
                            .classes = 2,
                            .convolutions = 1,
                            .blocks = 1,
                            .dense = 0,
                            .pool = false})),
            (std::vector<std::string>{"Input", "Conv2D", "Flatten", "Dense"}));
  EXPECT_EQ(types(conv_net({.input = {8, 8, 1}, .classes = 2, .blocks = 0, .dense = 2})),
            (std::vector<std::string>{"Input", "Flatten", "Dense", "Dense", "Dense"}));
}

TEST(ConvNet, RefusesWhatCannotBe) {
  const auto first_line = [](const ConvNetPattern& pattern) {
    const std::string message = message_of([&] { conv_net(pattern); });
    return message.substr(0, message.find('\n'));
  };
  EXPECT_EQ(first_line({.input = {8, 8, 1}}), "classes must be 1 or more, not 0");
  EXPECT_EQ(first_line({.input = {8, 8, 1}, .classes = 2, .blocks = -1}), "blocks can't be -1");
  EXPECT_EQ(first_line({.input = {8, 8}, .classes = 2}), "the layer works on images");
  EXPECT_EQ(first_line({.input = {8, 8, 1}, .classes = 2, .blocks = 4}),
            "max_pool: the window is larger than the padded input: 2 along height, over 1");
}

}  // namespace
}  // namespace sloy
