// The losses beside cross-entropies and errors, which losses_test.cpp has: formulas, edges, checks.
#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>

#include "harness/golden.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;
using Numbers = std::vector<double>;

Tensor row(const Numbers& numbers) {
  return Tensor({1, static_cast<std::int64_t>(numbers.size())}, numbers);
}

/// The loss of one example, and its gradient by the predictions.
struct Found {
  double loss = 0;
  Numbers slopes;
};
Found loss_of(const Loss& loss, const Tensor& target, const Tensor& prediction) {
  Graph graph;
  const auto open = [](const Tensor& tensor) {
    const DType dtype = is_float(tensor.dtype()) ? DType::float32 : tensor.dtype();
    return Type{dtype, tensor.shape().with_first(batch)};
  };
  const Value y = graph.input("target", open(target));
  const Value p = graph.input("prediction", open(prediction));
  const Value mean = loss(y, p);
  const Program program = compile({.outputs = {mean, gradient(mean, std::vector{p})[0]},
                                   .backend = BackendKind::reference,
                                   .precision = NumericPrecision::float64});
  State state(program.variables(), {.precision = NumericPrecision::float64});
  const Results results = program.run(state, {target, prediction});
  const Tensor slopes = results[1].cast(DType::float64);
  return {results[0].item(), {slopes.values<double>().begin(), slopes.values<double>().end()}};
}
Found loss_of(const Loss& loss, const Numbers& target, const Numbers& prediction) {
  return loss_of(loss, row(target), row(prediction));
}

TEST(KLDivergence, IsItsSum) {
  EXPECT_NEAR(loss_of(KLDivergence{}, {0.3, 0.7}, {0.6, 0.4}).loss,
              0.3 * std::log(0.3 / 0.6) + 0.7 * std::log(0.7 / 0.4), 1e-14);
  EXPECT_NEAR(loss_of(KLDivergence{}, {0.3, 0.7}, {0.3, 0.7}).loss, 0, 1e-15);
}

TEST(KLDivergence, TakesZeroTimesItsLogarithmForZero) {
  const Found found = loss_of(KLDivergence{}, {0, 1}, {0.25, 0.75});
  EXPECT_DOUBLE_EQ(found.loss, -std::log(0.75));
  EXPECT_EQ(found.slopes, (Numbers{0, -1 / 0.75}));
  EXPECT_EQ(loss_of(KLDivergence{}, {0, 1}, {0, 1}).loss, 0);
  // Where what happens was thought impossible the loss is large, not infinite.
  EXPECT_NEAR(loss_of(KLDivergence{}, {1, 0}, {0, 1}).loss, -std::log(1e-7), 1e-12);
}

TEST(Huber, IsTheSquareNearZeroAndALineFarOut) {
  for (double delta : {0.5, 1.0, 3.0}) {
    for (double error : {-1e9, -2.0, -0.4, 0.0, 0.1, 0.5, 1.0, 1e9}) {
      const Found found = loss_of(Huber{.delta = delta}, {1}, {1 + error});
      const double size = std::abs(error);
      const double expected = size <= delta ? error * error / 2 : delta * (size - delta / 2);
      EXPECT_NEAR(found.loss, expected, 1e-12 * (1 + expected));
      EXPECT_NEAR(found.slopes[0], std::clamp(error, -delta, delta), 1e-12);
    }
  }
  EXPECT_THROW(loss_of(Huber{.delta = 0}, {1}, {1}), ConfigError);
}

TEST(LogCosh, IsStable) {
  for (double error : {-3.0, -0.2, 0.0, 0.7, 5.0}) {
    const Found found = loss_of(LogCosh{}, {0.5}, {0.5 + error});
    EXPECT_NEAR(found.loss, std::log(std::cosh(error)), 1e-14);
    EXPECT_NEAR(found.slopes[0], std::tanh(error), 1e-14);
  }
  const Found far = loss_of(LogCosh{}, {0, 0}, {1000, -1000});
  EXPECT_NEAR(far.loss, 1000 - std::log(2), 1e-12);
  EXPECT_EQ(far.slopes, (Numbers{0.5, -0.5}));
}

TEST(RelativeErrors, AreTheirFormulas) {
  EXPECT_NEAR(loss_of(MeanAbsolutePercentageError{}, {2, -4}, {3, -3}).loss, 100 * (0.5 + 0.25) / 2,
              1e-12);
  EXPECT_NEAR(loss_of(MeanAbsolutePercentageError{}, {0}, {1}).loss, 1e9, 1e-3);
  const auto log1 = [](double x) { return std::log(1 + x); };
  EXPECT_NEAR(loss_of(MeanSquaredLogarithmicError{}, {2, 0.5}, {1, 3}).loss,
              (std::pow(log1(2) - log1(1), 2) + std::pow(log1(0.5) - log1(3), 2)) / 2, 1e-14);
  const Found below = loss_of(MeanSquaredLogarithmicError{}, {1}, {-5});
  EXPECT_NEAR(below.loss, std::pow(log1(1) - log1(1e-7), 2), 1e-14);
  EXPECT_EQ(below.slopes, Numbers{0});
}

TEST(CosineSimilarity, IsMinusTheCosineOfTheAngle) {
  EXPECT_NEAR(loss_of(CosineSimilarity{}, {3, 4}, {8, 6}).loss, -0.96, 1e-14);
  EXPECT_NEAR(loss_of(CosineSimilarity{}, {1, 0}, {0, 5}).loss, 0, 1e-15);
  EXPECT_NEAR(loss_of(CosineSimilarity{}, {1, 2}, {-2, -4}).loss, 1, 1e-14);
  const Found nowhere = loss_of(CosineSimilarity{}, {1, 2}, {0, 0});
  EXPECT_EQ(nowhere.loss, 0);
  for (double slope : nowhere.slopes) EXPECT_TRUE(std::isfinite(slope));
}

TEST(CosineSimilarity, RefusesAnAxisThatIsNoneOfAnExample) {
  const Type type{DType::float32, {batch, 3}};
  EXPECT_EQ(message_of([&] { CosineSimilarity{.axis = 0}.check(type, type); }),
            "CosineSimilarity: there is no such axis of an example\n"
            "  targets       float32 (batch, 3)\n"
            "  predictions   float32 (batch, 3)\n"
            "  needed        axis from 1 on, or from the end\n"
            "  to fix        give the axis along which an example's numbers are one vector");
}

TEST(Poisson, IsLeastWhereTheRateIsTheCount) {
  EXPECT_NEAR(loss_of(Poisson{}, {2, 0}, {1.5, 0.25}).loss, (1.5 - 2 * std::log(1.5) + 0.25) / 2,
              1e-6);
  EXPECT_NEAR(loss_of(Poisson{.log_input = true}, {2}, {0.4}).loss, std::exp(0.4) - 0.8, 1e-14);
  EXPECT_NEAR(loss_of(Poisson{}, {3}, {3}).slopes[0], 0, 1e-6);
  EXPECT_NEAR(loss_of(Poisson{.log_input = true}, {3}, {std::log(3)}).slopes[0], 0, 1e-14);
  EXPECT_TRUE(std::isfinite(loss_of(Poisson{}, {3}, {0}).loss));
}

TEST(Hinge, CountsWhatIsMissingToTheMargin) {
  // −1 and 0 are the same side; the margin of the last is met exactly.
  const Numbers targets{1, -1, 0, 1}, scores{0.3, 0.5, 0.5, 1};
  const Found plain = loss_of(Hinge{}, targets, scores);
  EXPECT_NEAR(plain.loss, (0.7 + 1.5 + 1.5 + 0) / 4, 1e-15);
  EXPECT_EQ(plain.slopes, (Numbers{-0.25, 0.25, 0.25, 0}));
  EXPECT_NEAR(loss_of(SquaredHinge{}, targets, scores).loss, (0.49 + 2.25 + 2.25) / 4, 1e-15);
  const Found labels = loss_of(Hinge{}, Tensor({2}, std::vector<std::int32_t>{1, 0}),
                               Tensor({2, 1}, Numbers{0.5, -2}));
  EXPECT_NEAR(labels.loss, 0.25, 1e-15);
}

TEST(CategoricalHinge, ComparesTheRightClassWithTheBestOther) {
  EXPECT_NEAR(loss_of(CategoricalHinge{}, {0, 1, 0}, {0.5, 0.2, 0.4}).loss, 1 + 0.5 - 0.2, 1e-15);
  EXPECT_EQ(loss_of(CategoricalHinge{}, {0, 1, 0}, {0.5, 2, 0.4}).loss, 0);
  // As in Keras the right class is among the others with a score of 0.
  EXPECT_NEAR(loss_of(CategoricalHinge{}, {0, 1}, {-5, 0.25}).loss, 0.75, 1e-15);
}

TEST(FocalCrossentropy, IsTheCrossentropyWhereGammaIsZero) {
  const Numbers targets{0, 1, 1, 0}, scores{1.5, -0.25, 3, -40};
  EXPECT_NEAR(
      loss_of(BinaryFocalCrossentropy{.gamma = 0, .from_logits = true}, targets, scores).loss,
      loss_of(BinaryCrossentropy{.from_logits = true}, targets, scores).loss, 1e-14);
  EXPECT_NEAR(loss_of(CategoricalFocalCrossentropy{.alpha = 1, .gamma = 0, .from_logits = true},
                      {0, 0, 1, 0}, scores)
                  .loss,
              loss_of(CategoricalCrossentropy{.from_logits = true}, {0, 0, 1, 0}, scores).loss,
              1e-14);
}

TEST(FocalCrossentropy, IsItsFormula) {
  const double p = 0.8;
  EXPECT_NEAR(loss_of(BinaryFocalCrossentropy{.gamma = 3}, {1, 0}, {p, p}).loss,
              (-std::pow(1 - p, 3) * std::log(p) - std::pow(p, 3) * std::log(1 - p)) / 2, 1e-14);
  EXPECT_NEAR(
      loss_of(BinaryFocalCrossentropy{.apply_class_balancing = true, .alpha = 0.1}, {1, 0}, {p, p})
          .loss,
      (-0.1 * std::pow(1 - p, 2) * std::log(p) - 0.9 * std::pow(p, 2) * std::log(1 - p)) / 2,
      1e-14);
  EXPECT_NEAR(
      loss_of(CategoricalFocalCrossentropy{.alpha = {0.2, 0.6}, .gamma = 1}, {0, 1}, {1 - p, p})
          .loss,
      -0.6 * (1 - p) * std::log(p), 1e-14);
}

TEST(FocalCrossentropy, SaysWhatItsArgumentsCannotBe) {
  EXPECT_EQ(message_of([] {
              loss_of(CategoricalFocalCrossentropy{.alpha = {0.1, 0.2, 0.3}}, {0, 1}, {0.5, 0.5});
            }),
            "CategoricalFocalCrossentropy: alpha has 3 numbers for 2 classes\n"
            "  to fix   give one number for all classes, or one for each");
  EXPECT_THROW(loss_of(BinaryFocalCrossentropy{.alpha = 1.5}, {1}, {0.5}), ConfigError);
  EXPECT_THROW(loss_of(BinaryFocalCrossentropy{.gamma = -1}, {1}, {0.5}), ConfigError);
  EXPECT_THROW(loss_of(BinaryFocalCrossentropy{.label_smoothing = 2}, {1}, {0.5}), ConfigError);
}

TEST(SparseCategoricalCrossentropy, SmoothsAsTheOneHotOneDoes) {
  const Numbers scores{0.5, -1, 2, 0.25}, shares{0.1, 0.2, 0.3, 0.4};
  const Tensor label({1}, std::vector<std::int32_t>{2});
  for (bool from_logits : {false, true}) {
    const Found sparse =
        loss_of(SparseCategoricalCrossentropy{.from_logits = from_logits, .label_smoothing = 0.3},
                label, row(from_logits ? scores : shares));
    const Found dense =
        loss_of(CategoricalCrossentropy{.from_logits = from_logits, .label_smoothing = 0.3},
                {0, 0, 1, 0}, from_logits ? scores : shares);
    EXPECT_NEAR(sparse.loss, dense.loss, 1e-14);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(sparse.slopes[i], dense.slopes[i], 1e-14);
  }
}

TEST(Losses, OfLabelsNameThemselvesWhereTheDataHaveMoreClasses) {
  const std::vector<Loss> losses{Hinge{}, SquaredHinge{},
                                 BinaryFocalCrossentropy{.from_logits = true}};
  for (const Loss& loss : losses) {
    const Tensor labels({3}, std::vector<std::int32_t>{0, 1, 2});
    Sequential model{Input{1}, Dense{.units = 1}};
    model.compile({.loss = loss});
    const auto data = data::from_tensors(Tensor({3, 1}, {0.0f, 1.0f, 2.0f}), labels);
    const std::string message = message_of([&] { model.fit(data); });
    EXPECT_TRUE(
        message.starts_with(std::string(loss.type()) + " is for two classes, the data have 3"))
        << message;
  }
}

TEST(Losses, OnProbabilitiesSayHowTheModelShouldEnd) {
  const auto refused = [](const Loss& loss) {
    return message_of([&] { check_pairing(loss, "linear"); });
  };
  EXPECT_NE(refused(KLDivergence{}).find("to fix   end the model in softmax"), std::string::npos);
  EXPECT_NE(refused(BinaryFocalCrossentropy{}).find("or end the model in sigmoid"),
            std::string::npos);
  EXPECT_NE(refused(CategoricalFocalCrossentropy{}).find("or end the model in softmax"),
            std::string::npos);
}

}  // namespace
}  // namespace sloy
