#include <gtest/gtest.h>
#include <sloy/recipe.h>

#include <cmath>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::TemporaryDirectory;

/// Two inputs a (2) and b (1); the sum of a and b is to be predicted, and whether b is positive.
data::Dataset two_of_each(std::int64_t count) {
  std::vector<float> a, b, sums;
  std::vector<std::int32_t> signs;
  for (std::int64_t i = 0; i < count; ++i) {
    const double x = std::sin(1.7 * static_cast<double>(i));
    const double y = std::cos(0.9 * static_cast<double>(i));
    const double z = std::sin(3.1 * static_cast<double>(i) + 1);
    a.insert(a.end(), {static_cast<float>(x), static_cast<float>(y)});
    b.push_back(static_cast<float>(z));
    sums.push_back(static_cast<float>(x + y + z));
    signs.push_back(z > 0);
  }
  return data::from_tensors({Tensor({count, 2}, a), Tensor({count, 1}, b)},
                            {Tensor({count, 1}, sums), Tensor({count}, signs)});
}

/// A layer that both inputs share, and a head for each target.
Model two_heads() {
  const Symbol a = Input{2}, b = Input{1};
  const Symbol joined = Dense{.units = 8, .activation = tanh}(Concatenate{}({a, b}));
  return Model({a, b}, {Dense{.units = 1, .name = "sum"}(joined),
                        Dense{.units = 2, .name = "sign"}(joined)});
}

const Loss cross_entropy = SparseCategoricalCrossentropy{.from_logits = true};

TEST(Outputs, AreTrainedTogether) {
  Model model = two_heads();
  model.compile({.optimizer = Adam{.learning_rate = 0.05},
                 .loss = {{"sum", MeanSquaredError{}}, {"sign", cross_entropy}},
                 .metrics = {{"sign", Accuracy{}}}});
  const data::Dataset data = two_of_each(64);
  const History history =
      model.fit(data, {.epochs = 60, .batch_size = 16, .verbose = Verbosity::silent});
  EXPECT_LT(history["sum_loss"].back(), 0.02);
  EXPECT_GT(history["sign_accuracy"].back(), 0.9);
  EXPECT_NEAR(history["loss"][0], history["sum_loss"][0] + history["sign_loss"][0], 1e-5);
}

/// The figures of an evaluation with these settings, of the same weights each time.
Logs figures(CompileOptions options, const data::Dataset& data) {
  Model model = two_heads();
  model.compile(std::move(options));
  return model.evaluate(data).logs;
}

TEST(Outputs, CountInTheLossAsMuchAsIsSaid) {
  const data::Dataset data = two_of_each(10);
  const Logs alike = figures({.loss = {MeanSquaredError{}, cross_entropy}}, data);
  const Logs by_position =
      figures({.loss = {MeanSquaredError{}, cross_entropy}, .loss_weights = {0.5, 2.0}}, data);
  const Logs by_name = figures({.loss = {{"sign", cross_entropy}, {"sum", MeanSquaredError{}}},
                                .loss_weights = {{"sign", 2.0}, {"sum", 0.5}}},
                               data);
  const double expected = 0.5 * alike["sum_loss"] + 2 * alike["sign_loss"];
  EXPECT_NEAR(by_position["loss"], expected, 1e-5);
  EXPECT_NEAR(by_name["loss"], expected, 1e-5);
  EXPECT_EQ(by_name["sum_loss"], alike["sum_loss"]);
}

TEST(Outputs, WithoutALossHaveNoTarget) {
  const data::Dataset both = two_of_each(12);
  const data::Dataset sums_alone =
      data::from_tensors(both.features(), {Tensor({12, 1}, std::vector<float>(12, 0.5f))});
  Model model = two_heads();
  model.compile({.optimizer = SGD{}, .loss = {{"sum", MeanSquaredError{}}}});
  const Tensor before = model.weight("sign/kernel");
  const History history = model.fit(sums_alone, {.verbose = Verbosity::silent});
  EXPECT_EQ(history.logs[0].size(), 1u);
  EXPECT_EQ(model.weight("sign/kernel"), before);
}

TEST(Outputs, HaveTheNamesOfTheirLayers) {
  EXPECT_EQ(two_heads().output_names(), (std::vector<std::string>{"sum", "sign"}));
  const Symbol x = Input{3};
  const Symbol y = Dense{.units = 2, .name = "twice"}(x);
  EXPECT_EQ(Model({x}, {y, y}).output_names(), (std::vector<std::string>{"twice", "twice_1"}));
}

TEST(Outputs, AreSavedWithTheirLossesAndMetrics) {
  const TemporaryDirectory directory;
  const std::string path = directory / "two.safetensors";
  const data::Dataset data = two_of_each(20);
  Model model = two_heads();
  model.compile({.loss = {{"sum", MeanSquaredError{}}, {"sign", cross_entropy}},
                 .loss_weights = {{"sum", 0.25}, {"sign", 1.0}},
                 .metrics = {{"sign", Accuracy{}}, {"sum", MeanAbsoluteError{}}}});
  model.save(path);
  Model loaded = Model::load(path);
  EXPECT_EQ(to_config(loaded.evaluate(data).logs), to_config(model.evaluate(data).logs));
  EXPECT_EQ(loaded.predict(data.features())[1], model.predict(data.features())[1]);
}

TEST(Outputs, StandInRecipesByName) {
  const Recipe recipe = Recipe::parse(R"(
[data]
name = "moons"
[model]
outputs = ["class", "again"]
[[model.layer]]
type = "Dense"
units = 4
name = "hidden"
[[model.layer]]
type = "Dense"
units = "classes"
name = "class"
inputs = ["hidden"]
[[model.layer]]
type = "Dense"
units = 2
name = "again"
inputs = ["hidden"]
[train]
loss = { class = { type = "SparseCategoricalCrossentropy", from_logits = true }, again = "MeanSquaredError" }
loss_weights = { class = 1.0, again = 0.5 }
metrics = { class = ["Accuracy"] }
class_weight = [1.0, 2.0]
)");
  EXPECT_EQ(recipe.train.loss.size(), 2u);
  EXPECT_EQ(recipe.train.loss[0].output, "class");
  EXPECT_EQ(recipe.train.loss_weights[1].value, 0.5);
  EXPECT_EQ(recipe.train.metrics[0].output, "class");
  EXPECT_EQ(Recipe::parse(recipe.to_toml()).to_toml(), recipe.to_toml());
}

std::string error_of(CompileOptions options) {
  return message_of([&] { figures(std::move(options), two_of_each(4)); });
}

TEST(Outputs, AreNamedInErrors) {
  EXPECT_EQ(error_of({.loss = MeanSquaredError{}}),
            "loss gives 1 for 2 outputs\n"
            "  outputs   sum, sign\n"
            "  to fix    give one for each, or name them: .loss = {{\"sum\", …}}");
  EXPECT_EQ(error_of({.loss = {{"sun", MeanSquaredError{}}}}),
            "loss names 'sun', which is no output\n"
            "  outputs   sum, sign\n"
            "  to fix    did you mean 'sum'?");
  EXPECT_EQ(error_of({.loss = {{"sum", MeanSquaredError{}}, {"sum", MeanSquaredError{}}}}),
            "loss names 'sum' twice");
  EXPECT_EQ(error_of({.loss = {MeanSquaredError{}, cross_entropy}, .metrics = {Accuracy{}}}),
            "metrics must say which output Accuracy measures\n"
            "  outputs   sum, sign\n"
            "  to fix    write .metrics = {{\"sum\", Accuracy{}}}");
  EXPECT_EQ(error_of({.loss = {{"sum", MeanSquaredError{}}}}),
            "the model has 1 output with a loss, the data set gives 2 targets\n"
            "  outputs   sum\n"
            "  targets   float32 (1), int32 ()\n"
            "  to fix    give a target for each of these outputs, in the order of the model's "
            "outputs");
}

TEST(Inputs, MustAllHaveFeatures) {
  Model model = two_heads();
  model.compile({.loss = {MeanSquaredError{}, cross_entropy}});
  const Tensor one({3, 2}, std::vector<float>(6, 1.f));
  const data::Dataset lacking = data::from_tensors(one, Tensor({3, 1}, std::vector<float>(3, 1.f)));
  EXPECT_EQ(message_of([&] { model.evaluate(lacking); }),
            "the model has 2 inputs, the data set gives 1\n"
            "  features   float32 (2)\n"
            "  to fix     give features for each input, in the order of the model's inputs");
}

TEST(Inputs, AreEachNormalisedByTheirOwnFeatures) {
  const Symbol a = Input{2}, b = Input{1};
  const Symbol joined = Concatenate{}({Normalization{}(a), Normalization{.name = "of_b"}(b)});
  Model model({a, b}, {joined});
  const data::Dataset data = two_of_each(50);
  model.adapt(data);
  const Tensor result = model.predict(data.features())[0];
  for (std::size_t column = 0; column < 3; ++column) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < 50; ++i) {
      const double value = result.values<float>()[3 * i + column];
      sum += value;
      squares += value * value;
    }
    EXPECT_NEAR(sum / 50, 0, 1e-5);
    EXPECT_NEAR(squares / 50, 1, 1e-4);
  }
}

TEST(Inputs, OfBytesAreEachTakenAsPixels) {
  const Symbol a = Input{2}, b = Input{1};
  Model model({a, b}, {Concatenate{}({a, b})});
  const Tensor pixels({1, 2}, std::vector<std::uint8_t>{255, 0});
  const Tensor number({1, 1}, std::vector<float>{7});
  EXPECT_EQ(model.predict({pixels, number})[0], Tensor({1, 3}, std::vector<float>{1, 0, 7}));
  const Tensor other({1, 1}, std::vector<std::uint8_t>{255});
  EXPECT_EQ(model.predict({Tensor({1, 2}, std::vector<float>{3, 4}), other})[0],
            Tensor({1, 3}, std::vector<float>{3, 4, 1}));
}

TEST(Autoencoder, LearnsItsFeatures) {
  const data::Dataset data = two_of_each(40);
  const data::Dataset pairs = data::from_tensors(data.features()[0], data.features()[1]);
  const data::Dataset mirrored = pairs.targeting_features();
  EXPECT_EQ(mirrored[7].targets[0], mirrored[7].features[0]);
  EXPECT_EQ(mirrored.targeting_features()[7].targets[0], pairs[7].features[0]);
  Sequential model{Dense{.units = 2}};
  model.compile({.optimizer = Adam{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
  const History history = model.fit(mirrored, {.epochs = 60, .verbose = Verbosity::silent});
  EXPECT_LT(history["loss"].back(), 1e-3);
}

}  // namespace
}  // namespace sloy
