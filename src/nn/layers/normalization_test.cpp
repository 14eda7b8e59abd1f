#include <gtest/gtest.h>
#include <sloy/model.h>

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

/// (2, 3, 2, 4) of numbers without a pattern, far from zero in places.
Tensor images() {
  Tensor numbers(DType::float64, {2, 3, 2, 4});
  double number = 0.37;
  for (double& x : numbers.mutable_values<double>()) {
    number = std::fmod(number * 7.31 + 0.53, 5);
    x = number - 1;
  }
  return numbers;
}

/// (x − mean) / √(variance + epsilon), each number by those that `group` says are its own.
template <class Group>
Tensor standardized(const Tensor& x, double epsilon, const Group& group) {
  std::map<std::int64_t, Numbers> groups;
  const Shape& shape = x.shape();
  const auto of = [&](std::int64_t i) {
    std::array<std::int64_t, 4> at{};
    for (int axis = 3; axis >= 0; --axis) {
      at[static_cast<std::size_t>(axis)] = i % shape.size(axis);
      i /= shape.size(axis);
    }
    return group(at[0], at[1], at[2], at[3]);
  };
  for (std::int64_t i = 0; i < x.size(); ++i) {
    groups[of(i)].push_back(x.values<double>()[static_cast<std::size_t>(i)]);
  }
  Tensor y = x;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const Numbers& own = groups[of(i)];
    double mean = 0, variance = 0;
    for (double number : own) mean += number / static_cast<double>(own.size());
    for (double number : own)
      variance += std::pow(number - mean, 2) / static_cast<double>(own.size());
    double& number = y.mutable_values<double>()[static_cast<std::size_t>(i)];
    number = (number - mean) / std::sqrt(variance + epsilon);
  }
  return y;
}

/// The definitions of mission 7.1 for X[t, i, j, m].
TEST(Normalizations, AreOverTheirAxes) {
  const Tensor x = images();
  const auto expect = [&](const Layer& layer, auto group) {
    EXPECT_TRUE(close(apply_layer(layer, x, true), standardized(x, 1e-3, group), 1e-11))
        << layer.type();
  };
  using Place = std::int64_t;
  expect(BatchNormalization{}, [](Place, Place, Place, Place m) { return m; });
  expect(BatchNormalization{.axis = 2}, [](Place, Place, Place j, Place) { return j; });
  expect(LayerNormalization{},
         [](Place t, Place i, Place j, Place) { return (t * 3 + i) * 2 + j; });
  expect(LayerNormalization{.axis = {1, 2, 3}}, [](Place t, Place, Place, Place) { return t; });
  expect(LayerNormalization{.axis = {3, 1}},
         [](Place t, Place, Place j, Place) { return t * 2 + j; });
  expect(InstanceNormalization{}, [](Place t, Place, Place, Place m) { return t * 4 + m; });
  expect(GroupNormalization{.groups = 2},
         [](Place t, Place, Place, Place m) { return t * 2 + m / 2; });
  expect(GroupNormalization{.groups = 3, .axis = 1},
         [](Place t, Place i, Place, Place) { return t * 3 + i; });
}

TEST(GroupNormalization, IsLayerOrInstanceNormalizationAtItsEnds) {
  const Tensor x = images();
  EXPECT_TRUE(close(apply_layer(GroupNormalization{.groups = 1}, x),
                    apply_layer(LayerNormalization{.axis = {1, 2, 3}}, x), 1e-12));
  const Tensor instance = apply_layer(InstanceNormalization{}, x);
  EXPECT_EQ(apply_layer(GroupNormalization{.groups = 4}, x), instance);
  EXPECT_EQ(apply_layer(GroupNormalization{.groups = -1}, x), instance);
}

TEST(GroupNormalization, RefusesGroupsThatDoNotDivide) {
  EXPECT_EQ(message_of([] { apply_layer(GroupNormalization{}, images()); }),
            "32 groups do not divide 4 channels\n"
            "  input    (batch, 3, 2, 4)\n"
            "  layer    layer   GroupNormalization\n"
            "  to fix   give a divisor of the channels, 1 for one group or -1 for one each");
  EXPECT_THROW(apply_layer(GroupNormalization{.groups = 0}, images()), ConfigError);
}

TEST(LayerNormalization, HasWeightsOfTheSizesAlongItsAxes) {
  const auto shape_of = [](OneOrMany<int> axis) {
    LayerOf layer(LayerNormalization{.axis = std::move(axis)}, {2, 3, 5, 4});
    return layer.weight("gamma").shape();
  };
  EXPECT_EQ(shape_of(-1), Shape{4});
  EXPECT_EQ(shape_of({1, 2, 3}), (Shape{3, 5, 4}));
  EXPECT_EQ(shape_of({3, 1}), (Shape{3, 4}));
  for (OneOrMany<int> wrong : {OneOrMany<int>(0), OneOrMany<int>(4), OneOrMany<int>({1, 1})}) {
    EXPECT_THROW(shape_of(wrong), ShapeError);
  }
}

TEST(Normalizations, ScaleAndMoveWhereTheyAreAsked) {
  const Tensor x = images();
  const Tensor plain = apply_layer(LayerNormalization{}, x);
  LayerOf layer(LayerNormalization{}, x.shape());
  layer.set("gamma", Tensor({4}, Numbers{2, 0.5, -1, 3}));
  layer.set("beta", Tensor({4}, Numbers{0.25, 0, 1, -2}));
  const Tensor y = layer(x);
  const double gamma[] = {2, 0.5, -1, 3}, beta[] = {0.25, 0, 1, -2};
  for (std::size_t i = 0; i < 48; ++i) {
    EXPECT_NEAR(y.values<double>()[i], gamma[i % 4] * plain.values<double>()[i] + beta[i % 4],
                1e-13);
  }
  const Sequential without{Input{3, 2, 4}, LayerNormalization{.center = false, .scale = false},
                           GroupNormalization{.groups = 2, .center = false},
                           InstanceNormalization{.scale = false}};
  EXPECT_EQ(without.parameters(), 4 + 4);
}

/// Four numbers a map, γ, β, mean and variance: 4·L·M for L layers of M maps, half of them trained.
TEST(BatchNormalization, HasFourNumbersAMapTwoOfThemTrained) {
  constexpr std::int64_t layers = 3, maps = 16;
  const auto block = [](int filters) {
    return Conv2D{.filters = filters, .kernel_size = 3, .use_bias = false};
  };
  const Sequential model{Input{28, 28, 3},
                         block(maps),
                         BatchNormalization{},
                         relu,
                         block(maps),
                         BatchNormalization{},
                         relu,
                         block(maps),
                         BatchNormalization{}};
  std::int64_t trained = 0, kept = 0, of_convolutions = 0;
  for (const LayerSummary& layer : model.layers()) {
    if (layer.type == "Conv2D") of_convolutions += layer.parameters;
    if (layer.type != "BatchNormalization") continue;
    trained += layer.parameters;
    kept += layer.non_trainable;
  }
  EXPECT_EQ(trained + kept, 4 * layers * maps);
  EXPECT_EQ(trained, 2 * layers * maps);
  EXPECT_LT(10 * (trained + kept), of_convolutions);
}

/// γ = √(σ² + ε) and β = μ of the batch undo what is done.
TEST(BatchNormalization, GivesItsInputBackWithItsOwnStatistics) {
  const Tensor x = images();
  const double epsilon = 0.01;
  Numbers gamma, beta;
  for (std::size_t m = 0; m < 4; ++m) {
    double mean = 0, variance = 0;
    for (std::size_t i = m; i < 48; i += 4) mean += x.values<double>()[i] / 12;
    for (std::size_t i = m; i < 48; i += 4)
      variance += std::pow(x.values<double>()[i] - mean, 2) / 12;
    gamma.push_back(std::sqrt(variance + epsilon));
    beta.push_back(mean);
  }
  LayerOf layer(BatchNormalization{.epsilon = epsilon}, x.shape(), true);
  layer.set("gamma", Tensor({4}, gamma));
  layer.set("beta", Tensor({4}, beta));
  EXPECT_TRUE(close(layer(x), x, 1e-12));
}

/// The running statistics after these batches of one number an example, in double.
std::pair<double, double> running_after(const BatchNormalization& layer,
                                        const std::vector<Numbers>& batches, int calls = 1) {
  Graph graph;
  Build build(graph, true);
  const Value x = graph.input("x", {DType::float32, {batch, 1}});
  Value y = x;
  for (int call = 0; call < calls; ++call) {
    Scope scope = Scope(build).enter("bn", call);
    layer.call(scope, call == 0 ? x : x * 3.0);
  }
  const Program step = compile({.outputs = {y},
                                .updates = graph.updates(),
                                .backend = BackendKind::reference,
                                .precision = NumericPrecision::float64});
  State state(step.variables(), {.precision = NumericPrecision::float64});
  for (const Numbers& numbers : batches) {
    step.run(state, {Tensor({static_cast<std::int64_t>(numbers.size()), 1}, numbers)});
  }
  const auto number = [&](const char* name) {
    return state.get(state.variables()->find(name)).item();
  };
  return {number("bn/moving_mean"), number("bn/moving_variance")};
}

const std::vector<Numbers> batches{{1, 3}, {2, 2, 5}, {-4, 0}};
const Numbers means{2, 3, -2}, variances{1, 2, 4}, unbiased{2, 3, 8};

TEST(BatchNormalization, WeighsTheOldOrTheNewValueByItsMomentum) {
  const auto expected = [](double of_old, const Numbers& seen, double running) {
    for (double value : seen) running = of_old * running + (1 - of_old) * value;
    return running;
  };
  const auto [mean, variance] = running_after({.momentum = 0.9}, batches);
  EXPECT_NEAR(mean, expected(0.9, means, 0), 1e-14);
  EXPECT_NEAR(variance, expected(0.9, variances, 1), 1e-14);
  const auto [new_mean, new_variance] = running_after(
      {.momentum = 0.9, .momentum_weighs = MomentumWeighs::new_value, .unbiased_variance = true},
      batches);
  EXPECT_NEAR(new_mean, expected(0.1, means, 0), 1e-14);
  EXPECT_NEAR(new_variance, expected(0.1, unbiased, 1), 1e-14);
}

TEST(BatchNormalization, AveragesAllBatchesAlike) {
  const auto [mean, variance] =
      running_after({.statistics = InferenceStatistics::average}, batches);
  EXPECT_NEAR(mean, (2 + 3 - 2) / 3.0, 1e-14);
  EXPECT_NEAR(variance, (1 + 2 + 4) / 3.0, 1e-14);
}

TEST(BatchNormalization, AveragesOverTheCallsOfASharedLayer) {
  const auto [mean, variance] =
      running_after({.statistics = InferenceStatistics::average}, {{1, 3}, {2, 2, 5}}, 2);
  EXPECT_NEAR(mean, (2 + 6 + 3 + 9) / 4.0, 1e-14);
  EXPECT_NEAR(variance, (1 + 9 + 2 + 18) / 4.0, 1e-14);
}

TEST(Normalizations, AreFiniteWhereNothingVaries) {
  const Tensor flat({2, 1, 1, 4}, Numbers(8, 7.5));
  const std::vector<Layer> layers{BatchNormalization{.unbiased_variance = true},
                                  LayerNormalization{}, GroupNormalization{.groups = 2},
                                  InstanceNormalization{}, LayerNormalization{.axis = {1, 2, 3}}};
  for (const Tensor& x : {flat, Tensor({1, 1, 1, 4}, Numbers(4, -3))}) {  // and a batch of 1
    for (const Layer& layer : layers) {
      LayerOf made(layer, x.shape(), true);
      const Value slope = gradient(sum(made.y * made.y), std::vector{made.x})[0];
      for (const Tensor& found : {made(x), made.evaluate(slope, x)}) {
        for (double number : found.values<double>()) EXPECT_EQ(number, 0) << layer.type();
      }
    }
  }
  EXPECT_EQ(running_after({.momentum = 0, .unbiased_variance = true}, {{5}}).second, 0);
}

TEST(UnitNormalization, MakesLengthsOne) {
  const Tensor x({2, 2}, Numbers{3, 4, 0, 0});
  const Tensor y = apply_layer(UnitNormalization{}, x);
  EXPECT_TRUE(close(y, Tensor({2, 2}, Numbers{0.6, 0.8, 0, 0}), 1e-14));
  double total = 0;
  for (double number :
       apply_layer(UnitNormalization{.axis = {1, 2, 3}}, images()).values<double>()) {
    total += number * number;
  }
  EXPECT_NEAR(total, 2, 1e-12) << "1 for each of two examples";
}

TEST(BatchNormalization, StandsBeforeOrAfterTheActivation) {
  for (bool before : {true, false}) {
    const Layer first = before ? Layer(BatchNormalization{}) : Layer(relu);
    const Layer second = before ? Layer(relu) : Layer(BatchNormalization{});
    const Sequential model{
        Input{8, 8, 1}, Conv2D{.filters = 4, .kernel_size = 3, .use_bias = false}, first, second};
    EXPECT_EQ(model.parameters(), 9 * 4 + 8);
  }
}

}  // namespace
}  // namespace sloy
