/// Normalization{.invert = true}: it measures the targets of the output that it gives.
#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>
#include <limits>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::TemporaryDirectory;

const FitOptions silent{.epochs = 1, .batch_size = 4, .verbose = Verbosity::silent};

/// y = 100000·x₀ + 300000 for x₀ of −1, 0, 1, 2: of mean 350000 and variance 1.25·10¹⁰.
data::Dataset prices() {
  return data::from_tensors(Tensor({4, 2}, {-1.0f, 5.0f, 0.0f, 5.0f, 1.0f, 5.0f, 2.0f, 5.0f}),
                            Tensor({4, 1}, {2e5f, 3e5f, 4e5f, 5e5f}));
}

Sequential regression() {
  return Sequential{Input{2}, Normalization{}, Dense{.units = 1},
                    Normalization{.invert = true, .name = "price"}};
}

float number(const Model& model, const std::string& weight, std::size_t i = 0) {
  return model.weight(weight).cast(DType::float32).values<float>()[i];
}

TEST(InvertedNormalization, MeasuresTheTargets) {
  Sequential fitted = regression(), adapted = regression();
  fitted.compile({.optimizer = SGD{.learning_rate = 0}, .loss = MeanSquaredError{}});
  fitted.fit(prices(), silent);
  adapted.adapt(prices());  // not compiled: outputs have the targets of their number
  for (const Sequential* model : {&fitted, &adapted}) {
    EXPECT_FLOAT_EQ(number(*model, "price/mean"), 350000);
    EXPECT_FLOAT_EQ(number(*model, "price/variance"), 1.25e10);
    EXPECT_FLOAT_EQ(number(*model, "normalization/mean"), 0.5);
    EXPECT_FLOAT_EQ(number(*model, "normalization/mean", 1), 5);
  }
}

/// Loss, metric and predictions are in the targets' unit.
TEST(InvertedNormalization, LearnsTargetsOfAnySize) {
  const TemporaryDirectory folder;
  Sequential model = regression();
  model.compile({.optimizer = Adam{.learning_rate = 0.05},
                 .loss = MeanSquaredError{},
                 .metrics = {MeanAbsoluteError{}}});
  const History history =
      model.fit(prices(), {.epochs = 400, .batch_size = 4, .verbose = Verbosity::silent});
  EXPECT_GT(history["loss"].front(), 1e8);
  EXPECT_LT(history["mean_absolute_error"].back(), 1000);
  const Tensor asked({1, 2}, {0.5f, 5.0f});
  EXPECT_NEAR(model.predict(asked).item(), 350000, 1000);
  model.save(folder / "model");
  EXPECT_EQ(Model::load(folder / "model").predict(asked), model.predict(asked));
}

/// A step of Adam is as long whatever the unit; a step of SGD with the loss weighed by 1 / variance
/// is that on normalized targets.
TEST(InvertedNormalization, TakesTheStepsOfNormalizedTargets) {
  const data::Dataset data = prices();
  const data::Dataset normalized = data::from_tensors(
      data.features().front(), Tensor({4, 1}, {-1.5 / std::sqrt(1.25), -0.5 / std::sqrt(1.25),
                                               0.5 / std::sqrt(1.25), 1.5 / std::sqrt(1.25)}));
  for (const Optimizer& optimizer : {Optimizer(Adam{}), Optimizer(SGD{.learning_rate = 0.1})}) {
    Sequential raw = regression();
    Sequential plain{Input{2}, Normalization{}, Dense{.units = 1}};
    raw.compile({.optimizer = optimizer, .loss = MeanSquaredError{}, .loss_weights = 1 / 1.25e10});
    plain.compile({.optimizer = optimizer, .loss = MeanSquaredError{}});
    raw.fit(data, silent);
    plain.fit(normalized, silent);
    for (std::size_t i : {0u, 1u}) {
      EXPECT_NEAR(number(raw, "dense/kernel", i), number(plain, "dense/kernel", i), 1e-5);
    }
    EXPECT_NEAR(number(raw, "dense/bias"), number(plain, "dense/bias"), 1e-5);
  }
  Sequential unweighed = regression(), plain{Input{2}, Normalization{}, Dense{.units = 1}};
  unweighed.compile({.optimizer = Adam{}, .loss = MeanSquaredError{}});
  plain.compile({.optimizer = Adam{}, .loss = MeanSquaredError{}});
  unweighed.fit(data, silent);
  plain.fit(normalized, silent);
  EXPECT_NEAR(number(unweighed, "dense/kernel"), number(plain, "dense/kernel"), 1e-5);
}

/// Targets 0 and 1 of two outputs, of which only the second, then only the first has a loss.
TEST(InvertedNormalization, MeasuresTheTargetsOfItsOwnOutput) {
  const auto two = [] {
    const Symbol x = Input{2};
    return Model({x}, {Normalization{.invert = true, .name = "a"}(Dense{.units = 1}(x)),
                       Normalization{.invert = true, .name = "b"}(Dense{.units = 2}(x))});
  };
  const Tensor x({2, 2}, {0.0f, 1.0f, 1.0f, 0.0f});
  const Tensor first({2, 1}, {1.0f, 3.0f}), second({2, 2}, {10.0f, 100.0f, 30.0f, 100.0f});
  Model both = two();
  both.compile({.loss = {{"b", MeanSquaredError{}}, {"a", MeanSquaredError{}}}});
  both.fit(data::from_tensors({x}, {first, second}).weighted(Tensor({2}, {0.0f, 5.0f})), silent);
  EXPECT_FLOAT_EQ(number(both, "a/mean"), 2) << "weights don't count";
  EXPECT_FLOAT_EQ(number(both, "b/mean", 0), 20);
  EXPECT_FLOAT_EQ(number(both, "b/mean", 1), 100);
  EXPECT_FLOAT_EQ(number(both, "b/variance", 0), 100);
  EXPECT_FLOAT_EQ(number(both, "b/variance", 1), 1) << "one number in all the data isn't scaled";

  Model one = two();
  one.compile({.loss = {{"b", MeanSquaredError{}}}});
  EXPECT_EQ(message_of([&] { one.fit(data::from_tensors({x}, {second}), silent); }),
            "an inverted Normalization without mean and variance is the last layer before an "
            "output that has a loss: it measures that one's targets\n"
            "  layer    a\n"
            "  to fix   move it there, or give it mean and variance");
}

TEST(InvertedNormalization, TakesTheOnlyTargetOfTheOnlyLoss) {
  const Symbol x = Input{2};
  const Symbol hidden = Dense{.units = 1, .name = "hidden"}(x);
  Model model({x}, {hidden, Normalization{.invert = true, .name = "b"}(hidden)});
  model.compile({.loss = {{"b", MeanSquaredError{}}}});
  model.fit(prices(), silent);
  EXPECT_FLOAT_EQ(number(model, "b/mean"), 350000);
}

TEST(InvertedNormalization, IsRefusedWhereItCannotMeasure) {
  Sequential inside{Input{2}, Normalization{.invert = true}, Dense{.units = 1}};
  const std::string where =
      "an inverted Normalization without mean and variance is the last layer before an output that "
      "has a loss: it measures that one's targets\n"
      "  layer    normalization\n"
      "  to fix   move it there, or give it mean and variance";
  EXPECT_EQ(message_of([&] { inside.adapt(prices()); }), where);
  inside.compile({.loss = MeanSquaredError{}});
  EXPECT_EQ(message_of([&] { inside.fit(prices(), silent); }), where);

  const data::Dataset moons = data::moons({.size = 8});
  Sequential classes{Input{2}, Dense{.units = 2}, Normalization{.invert = true}};
  EXPECT_EQ(message_of([&] { classes.adapt(moons); }),
            "an inverted Normalization gives numbers of any size, the targets are class labels\n"
            "  layer     normalization\n"
            "  targets   int32 ()\n"
            "  to fix    leave it out, or feed numbers to predict as float32");
  EXPECT_THROW(classes.adapt(moons.one_hot()), DataError);
  EXPECT_EQ(message_of([&] {
              regression().adapt(data::from_tensors(Tensor({1, 2}, {1.f, 2.f})));
            }),
            "an inverted Normalization measures targets that the data don't have\n"
            "  layer     price\n"
            "  targets   none");
  const data::Dataset of_two =
      data::from_tensors(Tensor({1, 2}, {1.f, 2.f}), Tensor({1, 2}, {1.f, 2.f}));
  EXPECT_EQ(message_of([&] { regression().adapt(of_two); }),
            "an inverted Normalization and the targets that it measures differ in size\n"
            "  layer     price   gives 1 along its last axis\n"
            "  targets   float32 (2)");
}

TEST(InvertedNormalization, SaysWhichTargetIsNotFinite) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const data::Dataset data =
      data::from_tensors(Tensor({2, 2}, {1.f, 2.f, 3.f, 4.f}), Tensor({2, 1}, {1.f, nan}));
  EXPECT_EQ(message_of([&] { regression().adapt(data); }),
            "the targets hold a number that is not finite: nan\n"
            "  example    1 of 2, counted from 0\n"
            "  position   (0) of (1)\n"
            "  layer      price   measures their mean and variance\n"
            "  to fix     correct the data, or leave such examples out");
}

/// Once measured it may stand anywhere: a model goes on from a part of another.
TEST(InvertedNormalization, IsMeasuredOnce) {
  Sequential model = regression();
  model.adapt(prices());
  model.compile({.loss = MeanSquaredError{}});
  const data::Dataset other = data::from_tensors(Tensor({1, 2}, {1.f, 2.f}), Tensor({1, 1}, {7.f}));
  model.fit(other, silent);
  EXPECT_FLOAT_EQ(number(model, "price/mean"), 350000);
  model.adapt(other);
  EXPECT_FLOAT_EQ(number(model, "price/mean"), 7);
}

/// Pixels are learned as value / 255.
TEST(InvertedNormalization, MeasuresBytesAsPixels) {
  const Tensor pixels({2, 1}, std::vector<std::uint8_t>{0, 255});
  Sequential model{Input{1}, Dense{.units = 1}, Normalization{.invert = true}};
  model.adapt(data::from_tensors(pixels).targeting_features());
  EXPECT_FLOAT_EQ(number(model, "normalization/mean"), 0.5);
  EXPECT_FLOAT_EQ(number(model, "normalization/variance"), 0.25);
}

}  // namespace
}  // namespace sloy
