#include <gtest/gtest.h>
#include <sloy/losses.h>
#include <sloy/program.h>

#include <cmath>

#include "harness/golden.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

Tensor numbers(Shape shape, std::vector<double> values) {
  return Tensor(std::move(shape), std::move(values));
}
Tensor labels(Shape shape, std::vector<std::int32_t> values) {
  return Tensor(std::move(shape), std::move(values));
}
Type floats(Shape shape) { return {DType::float32, std::move(shape)}; }
Type integers(Shape shape) { return {DType::int32, std::move(shape)}; }

/// A loss of tensors whose first dimension is the batch, in double.
struct LossOf {
  Graph graph;
  Value target;
  Value prediction;
  Value loss;

  LossOf(const Loss& of, const Tensor& targets, const Tensor& predictions)
      : target(graph.input("target", open(targets))),
        prediction(graph.input("prediction", open(predictions))),
        loss(of(target, prediction)) {}

  static Type open(const Tensor& tensor) {
    const DType dtype = is_float(tensor.dtype()) ? DType::float32 : tensor.dtype();
    return {dtype, tensor.shape().with_first(batch)};
  }
};

Tensor loss_of(const Loss& loss, const Tensor& targets, const Tensor& predictions) {
  LossOf made(loss, targets, predictions);
  return evaluate(made.loss, {targets, predictions}, NumericPrecision::float64);
}

Tensor gradient_of(const Loss& loss, const Tensor& targets, const Tensor& predictions) {
  LossOf made(loss, targets, predictions);
  Value slope = gradient(made.loss, std::span(&made.prediction, 1))[0];
  return evaluate(slope, {targets, predictions}, NumericPrecision::float64);
}

/// (f(x + h) − f(x − h)) / 2h for each prediction.
Tensor central_differences(const Loss& loss, const Tensor& targets, const Tensor& predictions) {
  constexpr double h = 1e-5;
  Tensor slopes(DType::float64, predictions.shape());
  for (std::int64_t i = 0; i < predictions.size(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const auto moved = [&](double by) {
      Tensor x = predictions;
      x.mutable_values<double>()[at] += by;
      return loss_of(loss, targets, x).item();
    };
    slopes.mutable_values<double>()[at] = (moved(h) - moved(-h)) / (2 * h);
  }
  return slopes;
}

TEST(Losses, SparseCategoricalCrossentropyIsTheLogOfTheRightClassProbability) {
  const Tensor predictions = numbers({2, 3}, {0.2, 0.5, 0.3, 0.1, 0.1, 0.8});
  const Tensor targets = labels({2}, {1, 0});
  const double expected = -(std::log(0.5) + std::log(0.1)) / 2;
  EXPECT_NEAR(loss_of(SparseCategoricalCrossentropy{}, targets, predictions).item(), expected,
              1e-12);

  // From logits, whose softmax these probabilities are: log p + any constant.
  Tensor logits = predictions;
  for (double& x : logits.mutable_values<double>()) x = std::log(x) + 7;
  EXPECT_NEAR(loss_of(SparseCategoricalCrossentropy{.from_logits = true}, targets, logits).item(),
              expected, 1e-12);
}

TEST(Losses, RowsOfProbabilitiesAreDividedByTheirSum) {
  const Tensor targets = labels({1}, {2});
  EXPECT_NEAR(loss_of(SparseCategoricalCrossentropy{}, targets, numbers({1, 3}, {2, 3, 5})).item(),
              -std::log(0.5), 1e-12);
  EXPECT_NEAR(
      loss_of(CategoricalCrossentropy{}, numbers({1, 3}, {0, 0.5, 0.5}), numbers({1, 3}, {2, 3, 5}))
          .item(),
      -(0.5 * std::log(0.3) + 0.5 * std::log(0.5)), 1e-12);
}

TEST(Losses, ProbabilitiesAreClippedToOneTenMillionth) {
  const Tensor targets = labels({1}, {0});
  const Tensor wrong = numbers({1, 2}, {0, 1});
  EXPECT_NEAR(loss_of(SparseCategoricalCrossentropy{}, targets, wrong).item(), -std::log(1e-7),
              1e-9);
  const Tensor slope = gradient_of(SparseCategoricalCrossentropy{}, targets, wrong);
  EXPECT_EQ(slope.values<double>()[0], 0) << "what is clipped passes no gradient";
  EXPECT_NEAR(loss_of(BinaryCrossentropy{}, numbers({1, 1}, {1}), numbers({1, 1}, {0})).item(),
              -std::log(1e-7), 1e-9);
}

TEST(Losses, BinaryCrossentropyIsThatOfACoin) {
  const double p = 0.7;
  EXPECT_NEAR(
      loss_of(BinaryCrossentropy{}, numbers({1, 2}, {1, 0}), numbers({1, 2}, {p, p})).item(),
      -(std::log(p) + std::log(1 - p)) / 2, 1e-12);
  const double score = std::log(p / (1 - p));
  EXPECT_NEAR(loss_of(BinaryCrossentropy{.from_logits = true}, numbers({1, 2}, {1, 0}),
                      numbers({1, 2}, {score, score}))
                  .item(),
              -(std::log(p) + std::log(1 - p)) / 2, 1e-12);
}

TEST(Losses, LabelsOfOneNumberFitOnePrediction) {
  EXPECT_NEAR(
      loss_of(BinaryCrossentropy{}, labels({2}, {1, 0}), numbers({2, 1}, {0.25, 0.5})).item(),
      -(std::log(0.25) + std::log(0.5)) / 2, 1e-12);
}

TEST(Losses, LabelSmoothingMovesTargetsTowardsEqualShares) {
  const Tensor probabilities = numbers({1, 4}, {0.1, 0.2, 0.3, 0.4});
  const double s = 0.1;
  const double expected =
      -((1 - s + s / 4) * std::log(0.2) + s / 4 * (std::log(0.1) + std::log(0.3) + std::log(0.4)));
  EXPECT_NEAR(loss_of(CategoricalCrossentropy{.label_smoothing = s}, numbers({1, 4}, {0, 1, 0, 0}),
                      probabilities)
                  .item(),
              expected, 1e-12);
}

TEST(Losses, ErrorsAreMeansOverExamples) {
  const Tensor targets = numbers({2, 2}, {1, 2, 3, 4});
  const Tensor predictions = numbers({2, 2}, {1, 0, 4, 4});
  EXPECT_NEAR(loss_of(MeanSquaredError{}, targets, predictions).item(), (4 + 1) / 4.0, 1e-12);
  EXPECT_NEAR(loss_of(MeanAbsoluteError{}, targets, predictions).item(), (2 + 1) / 4.0, 1e-12);
}

/// The prediction may be a single number an example, without an axis of its own.
TEST(Losses, TheBatchIsNeverTakenForTheAxisOfAnExample) {
  Graph graph;
  Value target = graph.input("target", floats({batch}));
  Value prediction = graph.input("prediction", floats({batch}));
  Value each = MeanSquaredError{}.call(target, prediction);
  EXPECT_EQ(each.shape(), Shape{batch});
}

TEST(Losses, GradientsAgreeWithCentralDifferences) {
  const Tensor scores = numbers({3, 4}, {0.3, -1.2, 2, 0.1, 1.5, 0.2, -0.7, 0, -0.4, 0.9, 1.1, -2});
  const Tensor shares =
      numbers({3, 4}, {0.1, 0.2, 0.3, 0.4, 0.7, 0.1, 0.1, 0.1, 0.25, 0.25, 0.4, 0.1});
  const Tensor one_hot = numbers({3, 4}, {0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1});
  const Tensor classes = labels({3}, {1, 0, 3});
  struct Row {
    Loss loss;
    Tensor targets;
    Tensor predictions;
  };
  const std::vector<Row> rows{
      {SparseCategoricalCrossentropy{.from_logits = true}, classes, scores},
      {SparseCategoricalCrossentropy{}, classes, shares},
      {CategoricalCrossentropy{.from_logits = true}, one_hot, scores},
      {CategoricalCrossentropy{.from_logits = true, .label_smoothing = 0.2}, shares, scores},
      {CategoricalCrossentropy{}, one_hot, shares},
      {BinaryCrossentropy{.from_logits = true}, one_hot, scores},
      {BinaryCrossentropy{.label_smoothing = 0.3}, one_hot, shares},
      {MeanSquaredError{}, one_hot, scores},
      {MeanAbsoluteError{}, shares, scores},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(to_json(to_config(row.loss)));
    EXPECT_TRUE(harness::close(gradient_of(row.loss, row.targets, row.predictions),
                               central_differences(row.loss, row.targets, row.predictions), 1e-6));
  }
}

/// In float32 too the small loss of a confident, right prediction is not lost in a difference.
TEST(Losses, ConfidentRightScoresKeepTheirSmallLoss) {
  LossOf made(BinaryCrossentropy{.from_logits = true}, numbers({1, 1}, {1}), numbers({1, 1}, {1}));
  const Tensor one(Shape{1, 1}, std::vector<float>{1});
  const Tensor score(Shape{1, 1}, std::vector<float>{20});
  EXPECT_NEAR(evaluate(made.loss, {one, score}).item() / std::log1p(std::exp(-20.0)), 1, 1e-5);
}

struct Cubic {
  Value call(Value target, Value prediction) const {
    return power(absolute(target - prediction), 3);  // as losses.h shows it
  }
};

TEST(Losses, AStructOfOnesOwnIsALoss) {
  EXPECT_NEAR(loss_of(Cubic{}, numbers({2, 1}, {1, 2}), numbers({2, 1}, {3, 5})).item(),
              (8 + 27) / 2.0, 1e-12);
  EXPECT_EQ(to_config(Loss(Cubic{})), Config("Cubic"));
  const std::array custom{type_entry<Loss, Cubic>()};
  EXPECT_EQ(loss_from_config("Cubic", custom).type(), "Cubic");
}

TEST(Losses, AreReadAndWritten) {
  const Config written =
      Config::Map{{"type", "BinaryCrossentropy"}, {"from_logits", true}, {"label_smoothing", 0.1}};
  const Loss loss = loss_from_config(written);
  EXPECT_TRUE(loss.as<BinaryCrossentropy>()->from_logits);
  EXPECT_EQ(to_config(loss), written);
  EXPECT_EQ(to_config(loss_from_config("MeanSquaredError")), Config("MeanSquaredError"));
}

/// Of the type's own keys and of those all losses have.
TEST(Losses, OfferTheNearestKey) {
  const auto refused = [](const char* key) {
    return message_of([&] { loss_from_config(Config::Map{{"type", "Huber"}, {key, "sum"}}); });
  };
  EXPECT_EQ(refused("reductoin"),
            "there is no key 'reductoin' here\n"
            "  keys     delta, reduction\n"
            "  to fix   did you mean 'reduction'?");
  EXPECT_EQ(refused("dleta"),
            "there is no key 'dleta' here\n"
            "  keys     delta, reduction\n"
            "  to fix   did you mean 'delta'?");
}

/// A loss whose own `reduction` is another thing than all losses' option.
struct Reducing {
  double reduction = 2;
  Value call(Value target, Value prediction) const {
    return square(target - prediction) / reduction;
  }
  static void fields(auto&& field) { field("reduction", &Reducing::reduction); }
};

TEST(Losses, OfOnesOwnKeepAKeyThatAllLossesHave) {
  const std::array custom{type_entry<Loss, Reducing>()};
  const Loss loss = loss_from_config(Config::Map{{"type", "Reducing"}, {"reduction", 8.0}}, custom);
  EXPECT_EQ(loss.as<Reducing>()->reduction, 8);
  EXPECT_EQ(loss.options(), LossOptions{});
}

TEST(Losses, SayHowTargetsDoNotFit) {
  const auto refused = [](const Loss& loss, const Type& target, const Type& prediction) {
    return message_of([&] { loss.check(target, prediction); });
  };
  EXPECT_EQ(refused(SparseCategoricalCrossentropy{}, floats({batch, 10}), floats({batch, 10})),
            "SparseCategoricalCrossentropy: the targets are one-hot, this loss takes class labels\n"
            "  targets       float32 (batch, 10)\n"
            "  predictions   float32 (batch, 10)\n"
            "  needed        targets int32 (batch)\n"
            "  to fix        use CategoricalCrossentropy, or feed labels: in a recipe label_mode = "
            "\"int\"");
  EXPECT_EQ(refused(SparseCategoricalCrossentropy{}, floats({batch}), floats({batch, 10})),
            "SparseCategoricalCrossentropy: class labels are whole numbers\n"
            "  targets       float32 (batch)\n"
            "  predictions   float32 (batch, 10)\n"
            "  needed        targets int32 (batch)\n"
            "  to fix        feed the labels as int32");
  EXPECT_EQ(refused(SparseCategoricalCrossentropy{}, integers({batch}), floats({batch, 4, 10})),
            "SparseCategoricalCrossentropy: there must be one label for each row of predictions\n"
            "  targets       int32 (batch)\n"
            "  predictions   float32 (batch, 4, 10)\n"
            "  needed        targets int32 (batch, 4)\n"
            "  to fix        reshape the targets, or the model's last layer");
  EXPECT_EQ(
      refused(SparseCategoricalCrossentropy{}, integers({batch}), floats({batch, 1})),
      "SparseCategoricalCrossentropy: there is only one class, whose probability is always 1\n"
      "  targets       int32 (batch)\n"
      "  predictions   float32 (batch, 1)\n"
      "  needed        predictions (batch, …, classes)\n"
      "  to fix        use BinaryCrossentropy, or give the last layer a unit for each class");
  EXPECT_EQ(
      refused(CategoricalCrossentropy{}, integers({batch}), floats({batch, 10})),
      "CategoricalCrossentropy: the targets are class labels, this loss takes a number for "
      "every class\n"
      "  targets       int32 (batch)\n"
      "  predictions   float32 (batch, 10)\n"
      "  needed        targets float32 (batch, 10)\n"
      "  to fix        use SparseCategoricalCrossentropy, or feed one-hot targets: data.one_hot(), "
      "in a recipe label_mode = \"categorical\"");
  EXPECT_EQ(refused(BinaryCrossentropy{}, integers({batch}), floats({batch, 10})),
            "BinaryCrossentropy: one label for a row of several predictions\n"
            "  targets       int32 (batch)\n"
            "  predictions   float32 (batch, 10)\n"
            "  needed        targets float32 (batch, 10)\n"
            "  to fix        use SparseCategoricalCrossentropy, or end the model with "
            "Dense{.units = 1}");
  const std::string different =
      ": targets and predictions must have the same shape\n"
      "  targets       float32 (batch)\n"
      "  predictions   float32 (batch, 1)\n"
      "  to fix        reshape the targets, or the model's last layer: nothing is broadcast";
  EXPECT_EQ(refused(MeanSquaredError{}, floats({batch}), floats({batch, 1})),
            "MeanSquaredError" + different);
  EXPECT_EQ(refused(MeanAbsoluteError{}, floats({batch}), floats({batch, 1})),
            "MeanAbsoluteError" + different);
  EXPECT_EQ(refused(Cubic{}, floats({batch}), floats({batch, 1})), "Cubic" + different);
  EXPECT_EQ(refused(MeanSquaredError{}, integers({batch}), floats({batch, 1})),
            "MeanSquaredError: targets and predictions must have the same shape\n"
            "  targets       int32 (batch)\n"
            "  predictions   float32 (batch, 1)\n"
            "  to fix        feed numbers to predict as float32, class labels as rows: "
            "data.labelled(data::LabelMode::binary), in a recipe label_mode = \"binary\"");
  EXPECT_EQ(refused(MeanSquaredError{}, integers({batch}), floats({batch, 3})),
            "MeanSquaredError: targets and predictions must have the same shape\n"
            "  targets       int32 (batch)\n"
            "  predictions   float32 (batch, 3)\n"
            "  to fix        feed numbers to predict as float32, class labels as rows: "
            "data.one_hot(), in a recipe label_mode = \"categorical\"");
  EXPECT_EQ(refused(SparseCategoricalCrossentropy{}, floats({batch, 1}), floats({batch, 2})),
            "SparseCategoricalCrossentropy: class labels are whole numbers\n"
            "  targets       float32 (batch, 1)\n"
            "  predictions   float32 (batch, 2)\n"
            "  needed        targets int32 (batch)\n"
            "  to fix        feed the labels as int32: in a recipe label_mode = \"int\"");
  EXPECT_EQ(refused(CategoricalHinge{}, floats({batch, 1}), floats({batch, 2})),
            "CategoricalHinge: the targets are one number each, this loss takes one for every "
            "class\n"
            "  targets       float32 (batch, 1)\n"
            "  predictions   float32 (batch, 2)\n"
            "  needed        targets float32 (batch, 2)\n"
            "  to fix        feed one-hot targets: data.one_hot(), in a recipe label_mode = "
            "\"categorical\"");
  EXPECT_EQ(refused(BinaryCrossentropy{}, floats({batch, 2}), floats({batch, 1})),
            "BinaryCrossentropy: a row of targets for one prediction\n"
            "  targets       float32 (batch, 2)\n"
            "  predictions   float32 (batch, 1)\n"
            "  needed        targets float32 (batch, 1)\n"
            "  to fix        give the last layer a unit for each, or feed 0 and 1: "
            "data.labelled(data::LabelMode::binary), in a recipe label_mode = \"binary\"");
  EXPECT_EQ(refused(CategoricalCrossentropy{.label_smoothing = 2}, floats({batch, 2}),
                    floats({batch, 2})),
            "CategoricalCrossentropy: label_smoothing is a share of the target\n"
            "  given    2\n"
            "  to fix   give a number from 0 to 1");
}

TEST(Losses, AreRefusedAfterAnActivationTheyCannotUse) {
  const auto refused = [](const Loss& loss, std::string_view activation) {
    return message_of([&] { check_pairing(loss, activation); });
  };
  const SparseCategoricalCrossentropy on_scores{.from_logits = true};
  const SparseCategoricalCrossentropy on_probabilities;
  EXPECT_EQ(refused(on_scores, "softmax"),
            "SparseCategoricalCrossentropy takes scores, the model's last activation is softmax\n"
            "  loss     {\"type\":\"SparseCategoricalCrossentropy\",\"from_logits\":true,"
            "\"label_smoothing\":0.0}\n"
            "  to fix   leave out the last layer's activation, or set the loss's from_logits to "
            "false");
  EXPECT_EQ(refused(on_probabilities, "linear"),
            "SparseCategoricalCrossentropy takes probabilities, the model's last activation is "
            "linear\n"
            "  loss     {\"type\":\"SparseCategoricalCrossentropy\",\"from_logits\":false,"
            "\"label_smoothing\":0.0}\n"
            "  to fix   set the loss's from_logits to true, or end the model in softmax");
  EXPECT_NE(refused(BinaryCrossentropy{}, "relu").find("end the model in sigmoid"),
            std::string::npos);
  EXPECT_NE(refused(BinaryCrossentropy{.from_logits = true}, "sigmoid"), "no error");

  EXPECT_EQ(refused(on_scores, "linear"), "no error");
  EXPECT_EQ(refused(on_probabilities, "softmax"), "no error");
  EXPECT_EQ(refused(on_probabilities, ""), "no error") << "a function of the user's own";
  EXPECT_EQ(refused(BinaryCrossentropy{}, "sigmoid"), "no error");
  EXPECT_EQ(refused(MeanSquaredError{}, "softmax"), "no error");
  EXPECT_EQ(refused(MeanSquaredError{}, "linear"), "no error");
}

TEST(Losses, AnUnknownTypeIsAnsweredWithTheNearest) {
  const std::string message = message_of([] { loss_from_config("MeanSquarredError"); });
  EXPECT_TRUE(message.starts_with("there is no loss of type 'MeanSquarredError'\n  known    "))
      << message;
  EXPECT_TRUE(message.ends_with("\n  to fix   did you mean 'MeanSquaredError'?")) << message;
  for (const TypeEntry<Loss>& entry : loss_types()) {
    EXPECT_NE(message.find(entry.name), std::string::npos) << entry.name;
  }
}

}  // namespace
}  // namespace sloy
