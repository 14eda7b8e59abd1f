#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>
#include <limits>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The first line of the error that a layer gives as part of a model whose weights are made.
std::string refused(const Layer& layer) {
  const std::string message = message_of([&] { Sequential{Input{2}, layer}.weight_names(); });
  return message.substr(0, message.find('\n'));
}

std::string refused_initializer(const Initializer& initializer) {
  return refused(Dense{.units = 1, .kernel_initializer = initializer});
}

std::string refused_regularizer(const Regularizer& regularizer) {
  return refused(Dense{.units = 1, .kernel_regularizer = regularizer});
}

TEST(Arguments, OfLayersAreRefusedWhereTheyMakeNoSense) {
  EXPECT_EQ(refused(BatchNormalization{.momentum = 1.5}), "momentum can't be 1.5");
  EXPECT_EQ(refused(BatchNormalization{.momentum = -0.1}), "momentum can't be -0.1");
  EXPECT_EQ(refused(BatchNormalization{.epsilon = 0}), "epsilon can't be 0");
  EXPECT_EQ(refused(BatchNormalization{.epsilon = infinity}), "epsilon can't be inf");
  EXPECT_EQ(refused(Normalization{.mean = {0}, .variance = {-1}}), "variance can't be -1");
  EXPECT_EQ(refused(Normalization{.mean = {nan}, .variance = {1}}), "mean can't be nan");
  EXPECT_EQ(refused(Rescaling{.scale = infinity}), "scale can't be inf");
  EXPECT_EQ(refused(Rescaling{.offset = nan}), "offset can't be nan");
  EXPECT_EQ(refused(LeakyReLU{.negative_slope = nan}), "negative_slope can't be nan");
  EXPECT_EQ(refused(ELU{.alpha = infinity}), "alpha can't be inf");
  EXPECT_EQ(refused(ReLU{.threshold = nan}), "threshold can't be nan");
}

TEST(Arguments, AtTheirBoundsAreTaken) {
  const std::string none = "no error";
  EXPECT_EQ(refused(BatchNormalization{.momentum = 0}), none);
  EXPECT_EQ(refused(BatchNormalization{.momentum = 1}), none);
  EXPECT_EQ(refused(Normalization{.mean = {0}, .variance = {0}}), none);
  EXPECT_EQ(refused(LeakyReLU{.negative_slope = -1}), none);
  EXPECT_EQ(refused_regularizer(L2{.l2 = 0}), none);
  EXPECT_EQ(refused_initializer(RandomNormal{.stddev = 0}), none);
  EXPECT_EQ(refused_initializer(RandomUniform{.minval = 1, .maxval = 1}), none);
}

TEST(Arguments, OfRegularizersAreNeverNegative) {
  EXPECT_EQ(refused_regularizer(L1{.l1 = -1}), "l1 can't be -1");
  EXPECT_EQ(refused_regularizer(L2{.l2 = nan}), "l2 can't be nan");
  EXPECT_EQ(refused_regularizer(L1L2{.l1 = 1, .l2 = -2}), "l2 can't be -2");
  EXPECT_EQ(refused_regularizer(L1L2{.l1 = infinity}), "l1 can't be inf");
}

TEST(Arguments, OfInitializersGiveFiniteWeights) {
  EXPECT_EQ(refused_initializer(Constant{.value = nan}), "Constant's value can't be nan");
  EXPECT_EQ(refused_initializer(RandomNormal{.stddev = -1}), "RandomNormal's stddev can't be -1");
  EXPECT_EQ(refused_initializer(TruncatedNormal{.mean = infinity}),
            "TruncatedNormal's mean can't be inf");
  EXPECT_EQ(message_of([] { Initializer(RandomUniform{.minval = 1, .maxval = -1})({2}, 0, "w"); }),
            "RandomUniform's maxval can't be -1\n"
            "  to fix   give a number of minval, 1, or more");
}

/// Own pieces whose results are none of a weight's.
struct Matrix {
  Value call(Value weight) const { return weight * weight; }
};
struct OneNumber {
  Value call(Value weight) const { return sum(weight); }
};

TEST(ArgumentErrors, OfAWeightsRulesNameTheWeight) {
  const auto trained = [](Dense layer) {
    return message_of([&] {
      Sequential model{Input{3}, std::move(layer)};
      model.compile({.loss = MeanSquaredError{}});
      model.fit(data::from_tensors(Tensor(DType::float32, {4, 3}), Tensor(DType::float32, {4, 2})),
                {.verbose = Verbosity::silent});
    });
  };
  EXPECT_EQ(trained({.units = 2, .kernel_initializer = RandomNormal{.stddev = -1}}),
            "RandomNormal's stddev can't be -1\n"
            "  weight   dense/kernel\n"
            "  to fix   give a number of 0 or more");
  EXPECT_EQ(trained({.units = 2, .bias_initializer = Orthogonal{}}),
            "Orthogonal needs a weight of two axes or more\n"
            "  shape    (2)\n"
            "  weight   dense/bias\n"
            "  to fix   give it to a kernel, not to a bias");
  EXPECT_EQ(trained({.units = 2, .kernel_constraint = MaxNorm{.max_value = -3}}),
            "MaxNorm's max_value can't be -3\n"
            "  weight   dense/kernel\n"
            "  to fix   give a number above 0");
  EXPECT_EQ(trained({.units = 2, .kernel_regularizer = L2{.l2 = -1}}),
            "l2 can't be -1\n"
            "  weight   dense/kernel\n"
            "  layer    dense   Dense\n"
            "  to fix   give a number of 0 or more");
  EXPECT_EQ(trained({.units = 2, .kernel_regularizer = Matrix{}}),
            "the regularizer of dense/kernel must give one number\n"
            "  it gives   float32 (3, 2)\n"
            "  layer      dense   Dense\n"
            "  to fix     return its sum, or its mean");
  EXPECT_EQ(trained({.units = 2, .kernel_constraint = OneNumber{}}),
            "the constraint of dense/kernel gives another type than the weight's\n"
            "  weight     float32 (3, 2)\n"
            "  it gives   float32 ()\n"
            "  to fix     keep the shape: reductions take .keep_dims = true");
}

TEST(ArgumentErrors, NameTheLayerAndTheCure) {
  EXPECT_EQ(message_of([] {
              Sequential{Input{2}, BatchNormalization{.momentum = 2}};
            }),
            "momentum can't be 2\n"
            "  layer    batch_normalization   BatchNormalization\n"
            "  to fix   give a number from 0 to 1");
}

}  // namespace
}  // namespace sloy
