/// Not-a-numbers and infinities: which of all a fit works with they are.
#include "train/not_finite.h"

#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>
#include <limits>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

/// The numbers 1 to count in this shape, but for one.
Tensor with(Shape shape, std::size_t place, float number) {
  Tensor numbers(DType::float32, shape);
  float next = 0;
  for (float& value : numbers.mutable_values<float>()) value = next += 1;
  numbers.mutable_values<float>()[place] = number;
  return numbers;
}
Tensor finite(Shape shape) { return with(std::move(shape), 0, 1); }

struct LogOfNegative {
  Value call(Value target, Value prediction) const { return log(-square(target - prediction)); }
};

/// Examples (2, 3) to numbers (1), in batches of 2 out of 5.
std::string refused(const data::Dataset& data, const Loss& loss = MeanSquaredError{},
                    const Initializer& initializer = GlorotUniform{}) {
  return message_of([&] {
    Sequential model{Input{2, 3}, Flatten{}, Dense{.units = 1, .kernel_initializer = initializer}};
    model.compile({.optimizer = SGD{.learning_rate = 1e-4}, .loss = loss});
    model.fit(data, {.epochs = 3, .batch_size = 2, .shuffle = false, .verbose = Verbosity::silent});
  });
}

TEST(NotFinite, InTheFeatures) {
  // Example 3, row 1, column 0; a not-a-number's sign is not shown.
  EXPECT_EQ(refused(data::from_tensors(with({5, 2, 3}, 3 * 6 + 3, -nan), finite({5, 1}))),
            "the features hold a number that is not finite: nan\n"
            "  example    3 of 5, counted from 0\n"
            "  position   (1, 0) of (2, 3)\n"
            "  epoch      1 of 3\n"
            "  to fix     correct the data, or leave such examples out");
  EXPECT_TRUE(refused(data::from_tensors(with({5, 2, 3}, 0, -infinity), finite({5, 1})))
                  .starts_with("the features hold a number that is not finite: -inf\n"
                               "  example    0 of 5, counted from 0\n"
                               "  position   (0, 0) of (2, 3)\n"));
}

TEST(NotFinite, InTheTargets) {
  EXPECT_TRUE(refused(data::from_tensors(finite({5, 2, 3}), with({5, 1}, 4, nan)))
                  .starts_with("the targets hold a number that is not finite: nan\n"
                               "  example    4 of 5, counted from 0\n"
                               "  position   (0) of (1)\n"));
}

TEST(NotFinite, InOneOfSeveralInputs) {
  const Symbol a = Input{2}, b = Input{3};
  Model model(std::vector<Symbol>{a, b}, {Dense{.units = 1}(Concatenate{}({a, b}))});
  model.compile({.loss = MeanSquaredError{}});
  const auto data = data::from_tensors({finite({4, 2}), with({4, 3}, 5, nan)}, {finite({4, 1})});
  EXPECT_EQ(message_of([&] { model.fit(data, {.shuffle = false, .verbose = Verbosity::silent}); }),
            "the features hold a number that is not finite: nan\n"
            "  example    1 of 4, counted from 0\n"
            "  position   (2) of (3)\n"
            "  of         part 1 of the features, counted from 0\n"
            "  epoch      1 of 1\n"
            "  to fix     correct the data, or leave such examples out");
}

struct FillsWithInfinity {
  void fill(std::span<float> out, const Shape&, WeightRandom&) const {
    std::fill(out.begin(), out.end(), infinity);
  }
};

TEST(NotFinite, InTheFirstWeights) {
  EXPECT_EQ(refused(data::from_tensors(finite({5, 2, 3}), finite({5, 1})), MeanSquaredError{},
                    FillsWithInfinity{}),
            "dense/kernel holds numbers that are not finite before the first step\n"
            "  to fix   look at its initializer, and at what set_weight or a file gave it: after a "
            "training that diverged the model must be made anew");
}

/// Nothing is said of the learning rate: no step was taken.
TEST(NotFinite, InTheLossItself) {
  EXPECT_EQ(refused(data::from_tensors(finite({5, 2, 3}), finite({5, 1})), LogOfNegative{}),
            "the loss of the very first step is nan\n"
            "  data      all numbers of this batch are finite\n"
            "  weights   all were finite before the step\n"
            "  to fix    look for a logarithm, root, quotient or exponential of what it isn't made "
            "for in the loss and the layers, and for very large numbers in the data");
}

TEST(NotFinite, AreFoundWhereStatisticsAreMeasured) {
  Sequential model{Input{3}, Normalization{}, Dense{.units = 1}};
  model.compile({.loss = MeanSquaredError{}});
  const auto data = data::from_tensors(with({4, 3}, 7, nan), finite({4, 1}));
  const std::string message =
      "the features hold a number that is not finite: nan\n"
      "  example    2 of 4, counted from 0\n"
      "  position   (1) of (3)\n"
      "  layer      normalization   measures their mean and variance\n"
      "  to fix     correct the data, or leave such examples out";
  EXPECT_EQ(message_of([&] { model.fit(data, {.verbose = Verbosity::silent}); }), message);
  EXPECT_EQ(message_of([&] { model.adapt(data); }), message);
}

TEST(NotFinite, MakeAnEvaluationSaySo) {
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.loss = MeanSquaredError{}});
  const Evaluation found = model.evaluate(data::from_tensors(with({4, 1}, 2, nan), finite({4, 1})));
  ASSERT_EQ(found.notices.size(), 1u);
  EXPECT_STREQ(found.notices[0].what(),
               "the loss is nan: what else is measured says nothing about the model\n"
               "  to fix   look for numbers that are not finite or very large in the data");
}

}  // namespace
}  // namespace sloy
