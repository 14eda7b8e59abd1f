#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>

#include "harness/messages.h"

namespace sloy {
namespace {

/// What a layer makes of `x` in inference, in double.
Tensor apply_layer(const Layer& layer, const Tensor& x) {
  Graph graph;
  Build build(graph, false);
  Scope scope = Scope(build).enter("layer");
  const Value fed = graph.input("x", {DType::float32, x.shape().with_first(batch)});
  return evaluate(layer.call(scope, std::array{fed}).front(), {x}, NumericPrecision::float64);
}

void expect_near(const Tensor& found, const Tensor& expected, double tolerance = 1e-12) {
  ASSERT_EQ(found.shape(), expected.shape());
  const Tensor a = found.cast(DType::float64), b = expected.cast(DType::float64);
  for (std::int64_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a.values<double>()[static_cast<std::size_t>(i)],
                b.values<double>()[static_cast<std::size_t>(i)], tolerance)
        << "element " << i;
  }
}

Tensor image(std::int64_t height, std::int64_t width, const std::vector<double>& pixels) {
  return Tensor(Shape{1, height, width, 1}, pixels);
}

// The examples of mission.md, 1.4.
TEST(Pooling, GivesTheLecturesNumbers) {
  const Tensor x = image(4, 4, {1, 3, 2, 9, 7, 4, 1, 5, 8, 5, 2, 3, 4, 2, 1, 4});
  expect_near(apply_layer(MaxPool2D{}, x), image(2, 2, {7, 9, 8, 4}));
  expect_near(apply_layer(AveragePool2D{}, x), image(2, 2, {3.75, 4.25, 4.75, 2.5}));
  const Tensor y = image(4, 4, {1, 1, 2, 4, 5, 6, 7, 8, 3, 2, 1, 0, 1, 2, 3, 4});
  expect_near(apply_layer(MaxPool2D{}, y), image(2, 2, {6, 8, 3, 4}));
}

TEST(Pooling, AveragesOverTheImage) {
  const Tensor x = image(2, 3, {1, 2, 3, 4, 5, 9});
  expect_near(apply_layer(GlobalAveragePooling2D{}, x), Tensor(Shape{1, 1}, std::vector{4.0}));
}

TEST(UpSampling2D, RepeatsPixels) {
  expect_near(apply_layer(UpSampling2D{.size = {1, 2}}, image(2, 1, {3, 4})),
              image(2, 2, {3, 3, 4, 4}));
}

TEST(Reshape, FillsTheOpenSize) {
  const Tensor x(Shape{1, 6}, std::vector<double>{1, 2, 3, 4, 5, 6});
  EXPECT_EQ(apply_layer(Reshape{.target_shape = {2, -1}}, x).shape(), (Shape{1, 2, 3}));
  EXPECT_THROW(apply_layer(Reshape{.target_shape = {4, -1}}, x), ShapeError);
  EXPECT_THROW(apply_layer(Reshape{.target_shape = {-1, -1}}, x), ShapeError);
  EXPECT_THROW(apply_layer(Reshape{.target_shape = {7}}, x), ShapeError);
}

TEST(Activations, AreTheirFormulas) {
  const std::vector<double> points{-3, -0.5, 0, 0.25, 2};
  const Tensor x(Shape{1, 5}, points);
  const auto expect = [&](const Layer& layer, auto formula) {
    std::vector<double> expected;
    for (double point : points) expected.push_back(formula(point));
    expect_near(apply_layer(layer, x), Tensor(Shape{1, 5}, expected));
  };
  expect(Activation{relu}, [](double v) { return std::max(v, 0.0); });
  expect(Activation{sigmoid}, [](double v) { return 1 / (1 + std::exp(-v)); });
  expect(Activation{tanh}, [](double v) { return std::tanh(v); });
  expect(Activation{elu}, [](double v) { return v > 0 ? v : std::exp(v) - 1; });
  expect(Activation{leaky_relu}, [](double v) { return v > 0 ? v : 0.2 * v; });
  expect(LeakyReLU{}, [](double v) { return v > 0 ? v : 0.3 * v; });
  expect(ELU{.alpha = 0.5}, [](double v) { return v > 0 ? v : 0.5 * (std::exp(v) - 1); });
  expect(ReLU{.max_value = 1, .negative_slope = 0.1, .threshold = 0.2}, [](double v) {
    return v >= 1 ? 1 : v >= 0.2 ? v : 0.1 * (v - 0.2);
  });
  double total = 0;
  for (double point : points) total += std::exp(point);
  expect(Softmax{}, [&](double v) { return std::exp(v) / total; });
}

Value cube(Value x) { return x * x * x; }

TEST(Activations, OfTheUsersOwnHaveNamesInFiles) {
  const Sequential model{Input{1}, Dense{.units = 1, .activation = {"cube", cube}}};
  Model back = Model::from_config(model.to_config(), {.activations = {{"cube", cube}}});
  back.set_weight("dense/kernel", Tensor(Shape{1, 1}, std::vector<float>{2}));
  EXPECT_EQ(back.predict(Tensor(Shape{1, 1}, std::vector<float>{1})).item(), 8);
  EXPECT_THROW(Model::from_config(model.to_config()), ConfigError);
  EXPECT_THROW((Sequential{Input{1}, Dense{.units = 1, .activation = cube}}.to_config()),
               ConfigError);
}

TEST(Scope, UpdatesStatisticsInTrainingAlone) {
  const auto updates = [](bool training, bool trainable) {
    Graph graph;
    Build build(graph, training);
    Scope scope = Scope(build).enter("counter", 0, trainable);
    scope.statistic("calls", {});
    scope.update("calls", [](Value calls) { return calls + 1.0; });
    return graph.updates().size();
  };
  EXPECT_EQ(updates(true, true), 1u);
  EXPECT_EQ(updates(false, true), 0u);
  EXPECT_EQ(updates(true, false), 0u) << "a frozen layer keeps its statistics";
}

TEST(BatchNormalization, UsesItsRunningStatisticsInInference) {
  const BatchNormalization layer{.epsilon = 0.5,
                                 .beta_initializer = Constant{3},
                                 .gamma_initializer = Constant{2},
                                 .moving_mean_initializer = Constant{1},
                                 .moving_variance_initializer = Constant{3.5}};
  // 2·(5 − 1)/√(3.5 + 0.5) + 3 = 7
  expect_near(apply_layer(layer, Tensor(Shape{2, 1}, std::vector<double>{5, 1})),
              Tensor(Shape{2, 1}, std::vector<double>{7, 3}));
}

TEST(BatchNormalization, UsesTheBatchInTrainingAndBlendsItIn) {
  const auto variables = std::make_shared<Variables>();
  Graph graph(variables);
  Build build(graph, true);
  Scope scope = Scope(build).enter("bn");
  const Value x = graph.input("x", {DType::float32, {batch, 1}});
  const Value y = BatchNormalization{.momentum = 0.9, .epsilon = 1e-30}.call(scope, x);
  const Program step = compile({.outputs = {y}, .updates = graph.updates()});
  State state(variables);
  // Mean 4, biased variance ((−3)² + (−1)² + 0 + 4²)/4 = 6.5.
  const auto [found] = step.run(state, {Tensor(Shape{4, 1}, std::vector<float>{1, 3, 4, 8})});
  const double deviation = std::sqrt(6.5);
  expect_near(
      found,
      Tensor(Shape{4, 1}, std::vector<double>{-3 / deviation, -1 / deviation, 0, 4 / deviation}),
      1e-6);
  EXPECT_NEAR(state.get(variables->find("bn/moving_mean")).item(), 0.1 * 4, 1e-6);
  EXPECT_NEAR(state.get(variables->find("bn/moving_variance")).item(), 0.9 + 0.1 * 6.5, 1e-6);
}

TEST(BatchNormalization, LeftUntrainableBehavesAsInInference) {
  const auto variables = std::make_shared<Variables>();
  Graph graph(variables);
  Build build(graph, true);
  Scope scope = Scope(build).enter("bn", 0, false);
  const Value x = graph.input("x", {DType::float32, {batch, 1}});
  const Value y = BatchNormalization{.epsilon = 1e-30}.call(scope, x);
  EXPECT_TRUE(graph.updates().empty());
  EXPECT_FALSE((*variables)[variables->find("bn/gamma")].trainable);
  expect_near(evaluate(y, {Tensor(Shape{2, 1}, std::vector<float>{5, 6})}),
              Tensor(Shape{2, 1}, std::vector<double>{5, 6}), 1e-6);
}

TEST(Dropout, ScalesWhatItKeepsAndDropsTheRightShare) {
  const auto variables = std::make_shared<Variables>();
  Graph graph(variables);
  Build build(graph, true);
  Scope scope = Scope(build).enter("dropout");
  const Value x = graph.input("x", {DType::float32, {batch, 1000}});
  const Value first = Dropout{.rate = 0.25}.call(scope, x);
  Scope again = Scope(build).enter("dropout", 1);
  const Value second = Dropout{.rate = 0.25}.call(again, x);
  Tensor ones(DType::float32, {100, 1000});
  for (float& value : ones.mutable_values<float>()) value = 1;
  const Tensor a = evaluate(first, {ones}), b = evaluate(second, {ones});
  std::int64_t kept = 0;
  for (float value : a.values<float>()) {
    EXPECT_TRUE(value == 0 || std::abs(value - 4.0f / 3.0f) < 1e-6f);
    kept += value != 0;
  }
  EXPECT_NEAR(static_cast<double>(kept), 75000, 5 * std::sqrt(100000 * 0.25 * 0.75));
  EXPECT_NE(a, b) << "each call of a layer has a mask of its own";
}

TEST(Normalization, UsesGivenMoments) {
  const Normalization layer{.mean = {1, 2}, .variance = {4, 0}};
  // A deviation of 0 counts as 1e-7.
  expect_near(apply_layer(layer, Tensor(Shape{1, 2}, std::vector<double>{5, 2})),
              Tensor(Shape{1, 2}, std::vector<double>{2, 0}));
  EXPECT_THROW(apply_layer(Normalization{.mean = {1}, .variance = {}},
                           Tensor(Shape{1, 2}, std::vector<double>{5, 2})),
               ShapeError);
}

/// Keras: mean + x·max(√variance, 1e-7).
TEST(Normalization, IsInvertedByItsOwnMoments) {
  const Normalization there{.mean = {1, -2, 300}, .variance = {4, 0, 1e4}};
  Normalization back = there;
  back.invert = true;
  expect_near(apply_layer(back, Tensor(Shape{2, 3}, std::vector<double>{2, 5, -1, 0, 1e7, 0.5})),
              Tensor(Shape{2, 3}, std::vector<double>{5, -2 + 5e-7, 200, 1, -1, 350}));
  const Tensor x(Shape{1, 3}, std::vector<double>{0.25, -2, 17});
  expect_near(apply_layer(back, apply_layer(there, x)), x);
  const Normalization for_all{.mean = {10}, .variance = {9}, .invert = true};
  expect_near(apply_layer(for_all, x), Tensor(Shape{1, 3}, std::vector<double>{10.75, 4, 61}));
  EXPECT_THROW(apply_layer(Normalization{.mean = {1, 2}, .variance = {1, 1}, .invert = true}, x),
               ShapeError);
}

TEST(Whitening, RefusesWhatItCannotDo) {
  const Tensor x(Shape{1, 2}, std::vector<double>{5, 2});
  EXPECT_THROW(apply_layer(Whitening{.epsilon = 0}, x), ConfigError);
  EXPECT_EQ(harness::message_of([] {
              apply_layer(Whitening{}, Tensor(DType::float64, {1, 1025}));
            }),
            "the axis is too long to be whitened: 1025 numbers\n"
            "  input     (batch, 1025)\n"
            "  at most   1024 numbers\n"
            "  layer     layer   Whitening\n"
            "  to fix    whiten the colours alone, before a Flatten, or use Normalization");
}

TEST(Regularizers, AreTheirFormulas) {
  Graph graph;
  const Value w = graph.input("w", {DType::float32, {3}});
  const Tensor numbers(Shape{3}, std::vector<double>{-2, 0, 3});
  EXPECT_NEAR(evaluate(Regularizer(L1{.l1 = 0.1})(w), {numbers}, NumericPrecision::float64).item(),
              0.5, 1e-12);
  EXPECT_NEAR(evaluate(Regularizer(L2{.l2 = 0.1})(w), {numbers}, NumericPrecision::float64).item(),
              1.3, 1e-12);
  EXPECT_NEAR(
      evaluate(Regularizer(L1L2{.l1 = 1, .l2 = 0.1})(w), {numbers}, NumericPrecision::float64)
          .item(),
      6.3, 1e-12);
}

TEST(Regularizers, CountASharedWeightOnce) {
  Graph graph;
  Build build(graph, true);
  const Layer layer = Dense{.units = 2, .kernel_regularizer = L2{}};
  const Value x = graph.input("x", {DType::float32, {batch, 2}});
  for (int call = 0; call < 2; ++call) {
    Scope scope = Scope(build).enter("dense", call);
    layer.call(scope, std::array{x});
  }
  EXPECT_EQ(build.losses().size(), 1u);
}

}  // namespace
}  // namespace sloy
