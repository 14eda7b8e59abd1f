// What only the data's numbers and dtypes tell.
#include <gtest/gtest.h>
#include <sloy/model.h>

#include <limits>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

const FitOptions silent{.shuffle = false, .verbose = Verbosity::silent};

Tensor points() { return Tensor(Shape{4, 2}, std::vector<float>{0, 0, 0, 1, 1, 0, 1, 1}); }
data::Dataset numbers(Shape shape, std::vector<float> target) {
  return data::from_tensors(points(), Tensor(std::move(shape), std::move(target)));
}

Sequential net(int outputs, PerOutput<Metric> metrics) {
  Sequential model{Input{2}, Dense{.units = outputs}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}, .metrics = std::move(metrics)});
  return model;
}

TEST(Accuracy, OfARegressionIsRefusedBeforeTheFirstStep) {
  const data::Dataset regression = numbers({4, 1}, {1, 2.5, 0, 1});
  Sequential model = net(1, {Accuracy{}});
  const Tensor kernel = model.weight("dense/kernel");
  const std::string message =
      "Accuracy needs classes, the target 2.5 is none\n"
      "  example   1 of 4, counted from 0\n"
      "  needed    0 or 1\n"
      "  to fix    leave it out where numbers are predicted: MeanAbsoluteError measures those";
  EXPECT_EQ(message_of([&] { model.fit(regression, silent); }), message);
  EXPECT_EQ(model.weight("dense/kernel"), kernel);
  EXPECT_EQ(message_of([&] { model.evaluate(regression); }), message);

  Sequential two = net(2, {Accuracy{}});
  EXPECT_EQ(message_of([&] {
              two.fit(numbers({4, 2}, {0, 1, 1, 0, 0.5, -3, 0, 0}), silent);
            }),
            "Accuracy needs classes, the target -3 is none\n"
            "  example   2 of 4, counted from 0\n"
            "  needed    0 to 1 for each class\n"
            "  to fix    leave it out where numbers are predicted: MeanAbsoluteError measures "
            "those");
}

TEST(Accuracy, OfClassesGivenAsNumbersIsMeasuredWhateverTheLoss) {
  const data::Dataset classes = numbers({4, 1}, {0, 1, 1, 1});
  Sequential model = net(1, {Accuracy{}});
  model.set_weight("dense/kernel", Tensor(Shape{2, 1}, std::vector<float>{1, 0}));
  const Evaluation found = model.evaluate(classes, {.confusion_matrix = true});
  EXPECT_EQ(found.logs["accuracy"], 0.75);  // predicted 0, 0, 1, 1
  EXPECT_EQ(*found.confusion_matrix, Tensor(Shape{2, 2}, std::vector<double>{1, 0, 1, 2}));
}

/// The last step of softplus is an addition, as that of a layer with a bias is.
TEST(Pairing, NamesTheActivationThatEndsTheModel) {
  const auto refused = [](Activation activation) {
    Sequential model{Input{2}, Dense{.units = 1, .activation = activation}};
    model.compile({.loss = BinaryCrossentropy{}});
    return message_of([&] { model.fit(numbers({4, 1}, {0, 1, 1, 0}), silent); });
  };
  const auto holds = [](const std::string& message, const char* part) {
    return message.find(part) != std::string::npos;
  };
  const std::string of_softplus = refused(softplus);
  EXPECT_TRUE(holds(of_softplus, "the model's last activation is softplus")) << of_softplus;
  EXPECT_TRUE(holds(refused(linear), "the model's last activation is linear"));
  EXPECT_TRUE(holds(refused(relu), "the model's last activation is relu"));
}

TEST(ConfusionMatrix, OfARegressionIsRefused) {
  Sequential model = net(1, {});
  const data::Dataset regression = numbers({4, 1}, {0.25, 2, 3, 4});
  model.fit(regression, silent);
  EXPECT_EQ(message_of([&] { model.evaluate(regression, {.confusion_matrix = true}); }),
            "the confusion matrix needs classes, the target 0.25 is none\n"
            "  example   0 of 4, counted from 0\n"
            "  needed    0 or 1\n"
            "  to fix    leave it out where numbers are predicted: MeanAbsoluteError measures "
            "those");
}

TEST(Targets, OutsideWhatTheLossTakesAreRefused) {
  const auto refused = [](const Loss& loss, float target) {
    Sequential model{Input{2}, Dense{.units = 1}};
    model.compile({.loss = loss});
    return message_of([&] { model.fit(numbers({4, 1}, {0, 1, target, 1}), silent); });
  };
  const BinaryCrossentropy crossentropy{.from_logits = true};
  EXPECT_EQ(refused(crossentropy, -0.5f),
            "BinaryCrossentropy can't take the target -0.5\n"
            "  example   2 of 4, counted from 0\n"
            "  needed    0 to 1\n"
            "  to fix    scale the targets, or take a loss for numbers: MeanSquaredError");
  EXPECT_NE(refused(crossentropy, 1.25f), "no error");
  EXPECT_NE(refused(crossentropy, std::numeric_limits<float>::quiet_NaN()), "no error");
  EXPECT_EQ(refused(crossentropy, 0.25f), "no error");
  EXPECT_NE(refused(Hinge{}, -1.5f), "no error");
  EXPECT_EQ(refused(Hinge{}, -1), "no error");
  EXPECT_EQ(refused(MeanSquaredError{}, -7), "no error");
}

TEST(Targets, OfRowsAreSharesOfClasses) {
  Sequential model{Input{2}, Dense{.units = 2}};
  model.compile({.loss = CategoricalCrossentropy{.from_logits = true}});
  model.fit(numbers({4, 2}, {0, 1, 1, 0, 0.5, 0.5, 1, 0}), silent);
  EXPECT_NE(message_of([&] {
              model.fit(numbers({4, 2}, {0, 1, 5, -3, 1, 0, 0, 1}), silent);
            }),
            "no error");
}

TEST(Fit, RefusesASoftmaxOverOneNumber) {
  Sequential model{Input{2}, Dense{.units = 1, .activation = softmax}};
  model.compile({.loss = BinaryCrossentropy{}});
  EXPECT_EQ(message_of([&] {
              model.fit(numbers({4, 1}, {0, 1, 1, 0}), silent);
            }),
            "a softmax over one number is 1 whatever the number\n"
            "  predictions   (batch, 1)\n"
            "  to fix        end the model in sigmoid, or in as many units as there are classes");
}

/// One number of the whole batch.
struct Summed {
  Value call(Value target, Value prediction) const { return sum(square(target - prediction)); }
};

TEST(Fit, RefusesALossThatIsNotOfEachExample) {
  Sequential model{Input{2}, Dense{.units = 1}};
  model.compile({.loss = Summed{}});
  EXPECT_EQ(message_of([&] {
              model.fit(numbers({4, 1}, {0, 1, 1, 0}), silent);
            }),
            "Summed gives no loss for every example\n"
            "  losses        float32 ()\n"
            "  predictions   float32 (batch, 1)\n"
            "  to fix        leave the first axis as it is: the mean over it is taken afterwards");
}

/// Climbs.
struct Upwards {
  Value call(Value step) const { return step - 1.0; }
};

TEST(Fit, RefusesAScheduleThatBeginsBelowZero) {
  Sequential model{Input{2}, Dense{.units = 1}};
  model.compile({.optimizer = SGD{.learning_rate = Upwards{}}, .loss = MeanSquaredError{}});
  EXPECT_EQ(message_of([&] {
              model.fit(numbers({4, 1}, {0, 1, 1, 0}), silent);
            }),
            "the schedule's first rate can't be -1\n"
            "  to fix   give a number of 0 or more");
}

TEST(Metrics, OfOneNameAreNumbered) {
  const data::Dataset classes = numbers({4, 1}, {0, 0, 1, 1});
  Sequential model =
      net(1, {Accuracy{}, Accuracy{.threshold = 1}, MeanSquaredError{}, Accuracy{.threshold = 0}});
  model.set_weight("dense/kernel", Tensor(Shape{2, 1}, std::vector<float>{1, 0}));
  const Logs logs = model.evaluate(classes).logs;
  EXPECT_EQ(logs["accuracy"], 1);
  EXPECT_EQ(logs["accuracy_1"], 0.5);  // all are 0
  EXPECT_EQ(logs["accuracy_2"], 1);
  EXPECT_EQ(logs["mean_squared_error"], 0);
  EXPECT_EQ(logs.size(), 5u);
  EXPECT_EQ(model.fit(classes, silent)["accuracy_1"].size(), 1u);
}

/// The kernel after a fit of a model that begins with the data's shape.
Tensor trained_on(const data::Dataset& data) {
  Sequential model{Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  model.fit(data, silent);
  return model.weight("dense/kernel");
}

TEST(Fit, TakesWhateverNumbersPredictTakes) {
  const Tensor target(Shape{4, 1}, std::vector<float>{1, 2, 3, 4});
  const Tensor expected = trained_on(data::from_tensors(points(), target));
  EXPECT_EQ(expected.dtype(), DType::float32);
  EXPECT_EQ(trained_on(data::from_tensors(points().cast(DType::int32), target)), expected);
  EXPECT_EQ(
      trained_on(data::from_tensors(points().cast(DType::float64), target.cast(DType::float64))),
      expected);
}

/// Labels as bytes, or the same as int32.
template <class Label>
struct LabelSource {
  Label last = 1;
  std::int64_t size() const { return 4; }
  data::Spec spec() const { return {{DType::float32, {2}}, {dtype_of<Label>, {}}, 2, {}}; }
  void read(std::int64_t index, data::Slot slot) const {
    const auto label = static_cast<Label>(index == 3 ? last : index % 2);
    slot.features_as<float>()[0] = slot.features_as<float>()[1] = static_cast<float>(label);
    slot.target_as<Label>()[0] = label;
  }
};

double loss_on(const data::Dataset& data) {
  Sequential model{Input{2}, Dense{.units = 2}};
  model.compile({.optimizer = SGD{.learning_rate = 0.5},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}}});
  return model.fit(data, {.epochs = 5, .verbose = Verbosity::silent})["loss"].back();
}

TEST(Fit, TakesBytesForLabelsWhereTheLossTakesLabels) {
  EXPECT_EQ(loss_on(LabelSource<std::uint8_t>{}), loss_on(LabelSource<std::int32_t>{}));
  EXPECT_THROW(loss_on(LabelSource<std::uint8_t>{.last = 2}), DataError);
}

struct WideSource {
  std::int64_t size() const { return 4; }
  data::Spec spec() const { return {{DType::float64, {2}}, {DType::float32, {1}}, 0, {}}; }
  void read(std::int64_t, data::Slot) const {}
};

TEST(Fit, RefusesFloat64OfASourceOfOnesOwn) {
  EXPECT_EQ(
      message_of([] { trained_on(WideSource{}); }),
      "the data set gives float64, models take float32\n"
      "  it gives   float64 (2)\n"
      "  to fix     give float32 in the data set's spec and read; data::from_tensors converts "
      "by itself");
}

}  // namespace
}  // namespace sloy
