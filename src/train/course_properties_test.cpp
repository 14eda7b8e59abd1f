// What the courses say of training beside the formulas: each sentence a test.

#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>
#include <numbers>

#include "train/valley.h"

namespace sloy {
namespace {

using Numbers = std::vector<double>;

const Numbers xs{0.5, -1, 2, 1.5, -0.25, 1}, ys{1, 0, 2, -1, 0.5, 1};
constexpr std::int64_t examples = 6;

data::Dataset line() {
  return data::from_tensors(Tensor({examples, 1}, xs), Tensor({examples, 1}, ys));
}

CompileOptions in_double(const Optimizer& optimizer, const Loss& loss) {
  return {.optimizer = optimizer,
          .loss = loss,
          .backend = BackendKind::reference,
          .precision = NumericPrecision::float64};
}

FitOptions silent(int epochs, std::int64_t batch_size) {
  return {
      .epochs = epochs, .batch_size = batch_size, .shuffle = false, .verbose = Verbosity::silent};
}

/// w ← w − η·g with the mean gradient of all examples, of a batch (the last one smaller), of one.
TEST(Descent, IsByTheWholeSetByBatchesOrOneByOne) {
  constexpr double rate = 0.1;
  for (std::size_t size : {6u, 4u, 1u}) {
    Sequential model{Input{1}, Dense{.units = 1}};
    model.compile(in_double(SGD{.learning_rate = rate}, MeanSquaredError{}));
    model.set_weight("dense/kernel", Tensor(Shape{1, 1}, Numbers{0.5}));
    model.set_weight("dense/bias", Tensor(Shape{1}, Numbers{-0.25}));
    model.fit(line(), silent(2, static_cast<std::int64_t>(size)));

    double w = 0.5, b = -0.25;
    for (int epoch = 0; epoch < 2; ++epoch) {
      for (std::size_t first = 0; first < xs.size(); first += size) {
        const std::size_t end = std::min(first + size, xs.size());
        double dw = 0, db = 0;
        for (std::size_t i = first; i < end; ++i) {
          const double error = 2 * (w * xs[i] + b - ys[i]) / double(end - first);
          dw += error * xs[i];
          db += error;
        }
        w -= rate * dw;
        b -= rate * db;
      }
    }
    EXPECT_NEAR(model.weight("dense/kernel").item(), w, 1e-12) << "batches of " << size;
    EXPECT_NEAR(model.weight("dense/bias").item(), b, 1e-12) << "batches of " << size;
  }
}

/// How far the first step goes at a gradient of `slope`, with a rate of 1.
double first_step(const Optimizer& optimizer, double slope) {
  Graph graph;
  const VariableId w = graph.variables().add(parameter("w", Tensor({1}, Numbers{0})));
  const Value loss = slope * sum(graph.variable(w));
  const Program step = step_of(loss, optimizer.minimize(loss));
  State state(step.variables(), {.precision = NumericPrecision::float64});
  step.run(state, {});
  return -state.get(w).cast(DType::float64).item();
}

/// Each place of ε has a default of its own, which a small gradient shows.
TEST(Epsilon, HasADefaultForEachPlace) {
  constexpr double g = 1e-5;
  const auto adam = [](EpsilonPlace place) {
    return first_step(Adam{.learning_rate = 1, .epsilon_place = place}, g);
  };
  const double root = std::sqrt(0.001);  // of 1 − β₂
  EXPECT_NEAR(adam(EpsilonPlace::uncorrected), root * g / (root * g + 1e-7), 1e-12);
  EXPECT_NEAR(adam(EpsilonPlace::outside_root), g / (g + 1e-7), 1e-12);
  EXPECT_NEAR(adam(EpsilonPlace::inside_root), g / std::sqrt(g * g + 1e-14), 1e-12);
  const auto rmsprop = [](EpsilonPlace place) {
    return first_step(RMSprop{.learning_rate = 1, .epsilon_place = place}, g);
  };
  EXPECT_NEAR(rmsprop(EpsilonPlace::inside_root), g / std::sqrt(0.1 * g * g + 1e-7), 1e-12);
  EXPECT_NEAR(rmsprop(EpsilonPlace::outside_root), g / (std::sqrt(0.1) * g + 1e-8), 1e-12);
  const auto adagrad = [](EpsilonPlace place) {
    return first_step(
        Adagrad{.learning_rate = 1, .initial_accumulator_value = 0, .epsilon_place = place}, g);
  };
  EXPECT_NEAR(adagrad(EpsilonPlace::inside_root), g / std::sqrt(g * g + 1e-7), 1e-12);
  EXPECT_NEAR(adagrad(EpsilonPlace::outside_root), g / (g + 1e-10), 1e-12);
}

TEST(Epsilon, IsAboveZero) {
  EXPECT_THROW(first_step(RMSprop{.epsilon = 0}, 1), ConfigError);
  EXPECT_THROW(first_step(Adagrad{.epsilon = 0}, 1), ConfigError);
  EXPECT_THROW(first_step(Adam{.epsilon = 0}, 1), ConfigError);
}

/// Outside the root e is about what e² is inside: far from both they are the same step.
TEST(Epsilon, InsideTheRootIsTheSquareOfThatOutside) {
  constexpr double epsilon = 1e-4;
  for (double g : {1e-8, 1.0}) {
    const double outside = first_step(
        Adam{.learning_rate = 1, .epsilon = epsilon, .epsilon_place = EpsilonPlace::outside_root},
        g);
    const double inside = first_step(Adam{.learning_rate = 1,
                                          .epsilon = epsilon * epsilon,
                                          .epsilon_place = EpsilonPlace::inside_root},
                                     g);
    EXPECT_NEAR(inside / outside, 1, 2e-4) << g;
  }
}

/// The last 1 / (1 − β) values have 1 − 1/e of an average's weight.
TEST(AveragedWeights, LookBackOverAboutOneOverOneMinusBetaSteps) {
  for (double beta : {0.9, 0.98, 0.99}) {
    Graph graph;
    const VariableId w = graph.variables().add(parameter("w", Tensor({1}, Numbers{3})));
    const Value loss = sum(graph.variable(w));
    const Optimizer stays{SGD{.learning_rate = 0},
                          {.use_ema = true, .ema_momentum = beta, .ema_bias_correction = true}};
    const Program step = step_of(loss, stays.minimize(loss));
    State state(step.variables(), {.precision = NumericPrecision::float64});
    for (int t = 0; t < std::lround(1 / (1 - beta)); ++t) step.run(state, {});
    const VariableId average = state.variables()->find("optimizer/w/ema");
    EXPECT_NEAR(state.get(average).cast(DType::float64).item() / 3, 1 - 1 / std::numbers::e, 0.02);
  }
}

/// Course 002 adds penalties to the sum over n examples: its λ is n times ours, and its rate η / n.
TEST(Penalties, OfASumOverExamplesAreTimesTheirNumber) {
  const auto trained = [](double scale, Reduction reduction) {
    Sequential model{Input{1},
                     Dense{.units = 1,
                           .kernel_initializer = Constant{0.5},
                           .kernel_regularizer = L1L2{.l1 = 0.05 * scale, .l2 = 0.1 * scale}}};
    model.compile(
        in_double(SGD{.learning_rate = 0.1 / scale}, Loss(MeanSquaredError{}, {reduction})));
    model.fit(line(), silent(5, examples));
    return model.weight("dense/kernel").item();
  };
  EXPECT_NEAR(trained(1, Reduction::sum_over_batch_size), trained(examples, Reduction::sum), 1e-12);
  EXPECT_GT(std::abs(trained(1, Reduction::sum) - trained(examples, Reduction::sum)), 1e-3);
}

/// Metrics are never used for the gradient.
TEST(Metrics, ChangeNothingThatIsLearned) {
  const auto trained = [](const PerOutput<Metric>& metrics) {
    Sequential model{Input{1}, Dense{.units = 4, .activation = tanh}, Dense{.units = 1}};
    model.compile({.optimizer = Adam{}, .loss = MeanSquaredError{}, .metrics = metrics});
    model.fit(line(), silent(3, 4));
    return model.weight("dense_1/kernel");
  };
  EXPECT_EQ(trained({}), trained({MeanAbsoluteError{}, R2Score{}, RootMeanSquaredError{}}));
}

/// A new mask at each step and for each example.
TEST(Dropout, DrawsAnewAtEachStepAndForEachExample) {
  Graph graph;
  Build build(graph, true);
  Scope scope = Scope(build).enter("dropout");
  const Value x = graph.input("x", {DType::float32, {batch, 200}});
  const Value y = Dropout{.rate = 0.5}.call(scope, x);
  const VariableId w = graph.variables().add(parameter("w", Tensor({200}, Numbers(200, 1))));
  const Value loss = sum(y * graph.variable(w));
  const Program step = compile({.outputs = {y}, .updates = SGD{}.minimize(loss)});
  State state(step.variables());
  const Tensor ones({3, 200}, std::vector<float>(600, 1));
  std::vector<std::vector<float>> masks;
  for (int t = 0; t < 3; ++t) {
    const Results results = step.run(state, {ones});
    const auto numbers = results[0].values<float>();
    for (std::size_t example = 0; example < 3; ++example) {
      masks.emplace_back(numbers.begin() + 200 * static_cast<std::ptrdiff_t>(example),
                         numbers.begin() + 200 * static_cast<std::ptrdiff_t>(example + 1));
    }
  }
  for (std::size_t a = 0; a < masks.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) EXPECT_NE(masks[a], masks[b]) << a << ' ' << b;
  }
}

/// Running statistics begin at 0 and 1, and inference leaves them as they are.
TEST(BatchNormalization, BeginsAtMeanZeroAndVarianceOne) {
  Sequential model{Input{2}, BatchNormalization{.epsilon = 0.01}};
  const Tensor zeros(DType::float32, {2}), ones({2}, std::vector<float>{1, 1});
  const Tensor x({2, 2}, std::vector<float>{5, -3, 7, 100});
  for (int times = 0; times < 2; ++times) {
    EXPECT_EQ(model.weight("batch_normalization/moving_mean"), zeros);
    EXPECT_EQ(model.weight("batch_normalization/moving_variance"), ones);
    const Tensor y = model.predict(x);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(y.values<float>()[i], x.values<float>()[i] / std::sqrt(1.01), 1e-4);
    }
  }
}

}  // namespace
}  // namespace sloy
