#include <cmath>

#include "train/valley.h"

namespace sloy {
namespace {

/// 1 − βᵗ.
double corrected(double beta, int t) { return 1 - std::pow(beta, t); }

TEST(OptimizerFormulas, Descent) {
  expect_follows(SGD{.learning_rate = 0.1},
                 each([](double w, double g, int, Slots&) { return w - 0.1 * g; }));
}

TEST(OptimizerFormulas, MomentumThatHoldsTheRate) {
  const auto velocity = [](double g, Slots& kept) { return kept[0] = 0.8 * kept[0] - 0.05 * g; };
  expect_follows(SGD{.learning_rate = 0.05, .momentum = 0.8},
                 each([&](double w, double g, int, Slots& kept) { return w + velocity(g, kept); }));
  expect_follows(SGD{.learning_rate = 0.05, .momentum = 0.8, .nesterov = true},
                 each([&](double w, double g, int, Slots& kept) {
                   return w + 0.8 * velocity(g, kept) - 0.05 * g;
                 }));
}

/// Course 004's h = βh + g, w −= ηh, and Nesterov's as PyTorch has it.
TEST(OptimizerFormulas, HeavyBall) {
  const auto ball = [](double g, Slots& kept) { return kept[0] = 0.8 * kept[0] + g; };
  expect_follows(
      SGD{.learning_rate = 0.05, .momentum = 0.8, .momentum_form = MomentumForm::heavy_ball},
      each([&](double w, double g, int, Slots& kept) { return w - 0.05 * ball(g, kept); }));
  expect_follows(SGD{.learning_rate = 0.05,
                     .momentum = 0.8,
                     .nesterov = true,
                     .momentum_form = MomentumForm::heavy_ball},
                 each([&](double w, double g, int, Slots& kept) {
                   return w - 0.05 * (g + 0.8 * ball(g, kept));
                 }));
}

/// Course 002's v = βv + (1 − β)g, w −= ηv.
TEST(OptimizerFormulas, AveragedMomentum) {
  const auto average = [](double g, Slots& kept) { return kept[0] = 0.8 * kept[0] + 0.2 * g; };
  expect_follows(
      SGD{.learning_rate = 0.2, .momentum = 0.8, .momentum_form = MomentumForm::averaged},
      each([&](double w, double g, int, Slots& kept) { return w - 0.2 * average(g, kept); }));
  expect_follows(SGD{.learning_rate = 0.2,
                     .momentum = 0.8,
                     .nesterov = true,
                     .momentum_form = MomentumForm::averaged},
                 each([&](double w, double g, int, Slots& kept) {
                   return w - 0.2 * (0.2 * g + 0.8 * average(g, kept));
                 }));
}

/// The averaged momentum at rate η is the heavy ball at η(1 − β).
TEST(OptimizerFormulas, AveragedMomentumIsHeavyBallAtASmallerRate) {
  for (const bool nesterov : {false, true}) {
    Pair found[2];
    for (const bool average : {false, true}) {
      const double rate = average ? 0.3 : 0.3 * (1 - 0.9);
      const SGD optimizer{
          .learning_rate = rate,
          .momentum = 0.9,
          .nesterov = nesterov,
          .momentum_form = average ? MomentumForm::averaged : MomentumForm::heavy_ball};
      Valley valley;
      const Program step = step_of(valley.loss, optimizer.minimize(valley.loss));
      State state(step.variables(), {.precision = NumericPrecision::float64});
      for (int t = 0; t < 40; ++t) step.run(state, {});
      found[average] = pair_of(state, valley.w);
    }
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(found[0][i], found[1][i], 1e-13);
  }
}

TEST(OptimizerFormulas, RMSprop) {
  const auto spread = [](double g, Slots& kept) { return kept[0] = 0.7 * kept[0] + 0.3 * g * g; };
  expect_follows(RMSprop{.learning_rate = 0.05, .rho = 0.7, .epsilon = 0.01},
                 each([&](double w, double g, int, Slots& kept) {
                   return w - 0.05 * g / std::sqrt(spread(g, kept) + 0.01);
                 }));
  expect_follows(RMSprop{.learning_rate = 0.05,
                         .rho = 0.7,
                         .epsilon = 0.01,
                         .epsilon_place = EpsilonPlace::outside_root},
                 each([&](double w, double g, int, Slots& kept) {
                   return w - 0.05 * g / (std::sqrt(spread(g, kept)) + 0.01);
                 }));
  expect_follows(
      RMSprop{
          .learning_rate = 0.02, .rho = 0.7, .momentum = 0.6, .epsilon = 0.01, .centered = true},
      each([&](double w, double g, int, Slots& kept) {
        const double v = spread(g, kept);
        kept[1] = 0.7 * kept[1] + 0.3 * g;
        kept[2] = 0.6 * kept[2] + 0.02 * g / std::sqrt(v - kept[1] * kept[1] + 0.01);
        return w - kept[2];
      }));
}

TEST(OptimizerFormulas, Adagrad) {
  const auto squares = [](double g, Slots& kept) { return kept[0] += g * g; };
  expect_follows(Adagrad{.learning_rate = 0.3, .epsilon = 0.01},
                 each([&](double w, double g, int,
                          Slots& kept) { return w - 0.3 * g / std::sqrt(squares(g, kept) + 0.01); },
                      0.1));
  expect_follows(Adagrad{.learning_rate = 0.3,
                         .initial_accumulator_value = 0,
                         .epsilon = 0.01,
                         .epsilon_place = EpsilonPlace::outside_root},
                 each([&](double w, double g, int, Slots& kept) {
                   return w - 0.3 * g / (std::sqrt(squares(g, kept)) + 0.01);
                 }));
}

TEST(OptimizerFormulas, Adadelta) {
  expect_follows(Adadelta{.learning_rate = 0.9, .rho = 0.8, .epsilon = 0.01},
                 each([](double w, double g, int, Slots& kept) {
                   kept[0] = 0.8 * kept[0] + 0.2 * g * g;
                   const double change = g * std::sqrt(kept[1] + 0.01) / std::sqrt(kept[0] + 0.01);
                   kept[1] = 0.8 * kept[1] + 0.2 * change * change;
                   return w - 0.9 * change;
                 }));
}

/// Adam's averages of g and g².
void move_moments(double g, Slots& kept, double beta_1 = 0.9, double beta_2 = 0.999) {
  kept[0] = beta_1 * kept[0] + (1 - beta_1) * g;
  kept[1] = beta_2 * kept[1] + (1 - beta_2) * g * g;
}

TEST(OptimizerFormulas, Adam) {
  expect_follows(Adam{.learning_rate = 0.1, .epsilon = 0.01},
                 each([](double w, double g, int t, Slots& kept) {
                   move_moments(g, kept);
                   const double rate = 0.1 * std::sqrt(corrected(0.999, t)) / corrected(0.9, t);
                   return w - rate * kept[0] / (std::sqrt(kept[1]) + 0.01);
                 }));
  expect_follows(
      Adam{.learning_rate = 0.1, .epsilon = 0.01, .epsilon_place = EpsilonPlace::outside_root},
      each([](double w, double g, int t, Slots& kept) {
        move_moments(g, kept);
        const double root = std::sqrt(kept[1] / corrected(0.999, t));
        return w - 0.1 * kept[0] / corrected(0.9, t) / (root + 0.01);
      }));
  expect_follows(
      Adam{.learning_rate = 0.1, .epsilon = 0.01, .epsilon_place = EpsilonPlace::inside_root},
      each([](double w, double g, int t, Slots& kept) {
        move_moments(g, kept);
        const double root = std::sqrt(kept[1] / corrected(0.999, t) + 0.01);
        return w - 0.1 * kept[0] / corrected(0.9, t) / root;
      }));
}

/// Whose v never falls: β₂ is small here, so that without the maximum it would.
TEST(OptimizerFormulas, AMSGrad) {
  expect_follows(Adam{.learning_rate = 0.3, .beta_2 = 0.5, .epsilon = 0.01, .amsgrad = true},
                 each([](double w, double g, int t, Slots& kept) {
                   move_moments(g, kept, 0.9, 0.5);
                   kept[2] = std::max(kept[2], kept[1]);
                   const double rate = 0.3 * std::sqrt(corrected(0.5, t)) / corrected(0.9, t);
                   return w - rate * kept[0] / (std::sqrt(kept[2]) + 0.01);
                 }));
}

TEST(OptimizerFormulas, AdamW) {
  expect_follows(AdamW{.learning_rate = 0.1, .weight_decay = 0.2, .epsilon = 0.01},
                 each([](double w, double g, int t, Slots& kept) {
                   w -= 0.1 * 0.2 * w;
                   move_moments(g, kept);
                   const double rate = 0.1 * std::sqrt(corrected(0.999, t)) / corrected(0.9, t);
                   return w - rate * kept[0] / (std::sqrt(kept[1]) + 0.01);
                 }));
}

TEST(OptimizerFormulas, Adamax) {
  expect_follows(Adamax{.learning_rate = 0.1, .beta_1 = 0.8, .beta_2 = 0.7, .epsilon = 0.01},
                 each([](double w, double g, int t, Slots& kept) {
                   kept[0] = 0.8 * kept[0] + 0.2 * g;
                   kept[1] = std::max(0.7 * kept[1], std::abs(g));
                   return w - 0.1 / corrected(0.8, t) * kept[0] / (kept[1] + 0.01);
                 }));
}

TEST(OptimizerFormulas, Nadam) {
  for (const double decay : {1.0, 0.004}) {
    expect_follows(
        Nadam{.learning_rate = 0.1, .beta_1 = 0.8, .epsilon = 0.01, .momentum_decay = decay},
        each([decay](double w, double g, int t, Slots& kept) {
          const auto mu = [&](int step) { return 0.8 * (1 - 0.5 * std::pow(0.96, step * decay)); };
          double product = 1;
          for (int step = 1; step <= t; ++step) product *= mu(step);
          move_moments(g, kept, 0.8);
          const double ahead =
              mu(t + 1) * kept[0] / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product);
          return w - 0.1 * ahead / (std::sqrt(kept[1] / corrected(0.999, t)) + 0.01);
        }));
  }
}

TEST(OptimizerFormulas, Lion) {
  expect_follows(Lion{.learning_rate = 0.013, .beta_1 = 0.8, .beta_2 = 0.6},
                 each([](double w, double g, int, Slots& kept) {
                   const double c = 0.8 * kept[0] + 0.2 * g;
                   kept[0] = 0.6 * kept[0] + 0.4 * g;
                   return w - 0.013 * (c > 0 ? 1 : c < 0 ? -1 : 0);
                 }));
}

double length(const Pair& x) { return std::hypot(x[0], x[1]); }

TEST(OptimizerFormulas, Lamb) {
  for (const double decay : {0.0, 0.3}) {
    std::array<Slots, 2> kept{};
    expect_follows(Lamb{.learning_rate = 0.02, .epsilon = 0.01, .weight_decay_in_ratio = decay},
                   [&](const Pair& w, const Pair& g, int t) {
                     if (t == 1) kept = {};
                     Pair change;
                     for (std::size_t i = 0; i < 2; ++i) {
                       move_moments(g[i], kept[i]);
                       const double root = std::sqrt(kept[i][1] / corrected(0.999, t));
                       change[i] = kept[i][0] / corrected(0.9, t) / (root + 0.01) + decay * w[i];
                     }
                     const double rate = 0.02 * length(w) / length(change);
                     return Pair{w[0] - rate * change[0], w[1] - rate * change[1]};
                   });
  }
}

TEST(OptimizerFormulas, Lars) {
  for (const double momentum : {0.0, 0.7}) {
    Pair velocity{};
    expect_follows(Lars{.learning_rate = 0.5,
                        .momentum = momentum,
                        .trust_coefficient = 0.1,
                        .weight_decay_in_ratio = 0.3},
                   [&](const Pair& w, const Pair& g, int t) {
                     if (t == 1) velocity = {};
                     const double ratio = 0.1 * length(w) / (length(g) + 0.3 * length(w));
                     Pair next = w;
                     for (std::size_t i = 0; i < 2; ++i) {
                       velocity[i] = momentum * velocity[i] + 0.5 * ratio * (g[i] + 0.3 * w[i]);
                       next[i] -= velocity[i];
                     }
                     return next;
                   });
  }
}

/// Layers that begin at 0 could never leave it by a share of their length.
TEST(OptimizerFormulas, TheTrustRatioOfAWeightOfZerosIsOne) {
  for (const Optimizer& optimizer : {Optimizer(Lars{.learning_rate = 0.5, .momentum = 0}),
                                     Optimizer(Lamb{.learning_rate = 0.5})}) {
    Graph graph;
    const VariableId w =
        graph.variables().add(parameter("w", Tensor({2}, std::vector<double>{0, 0})));
    const Value loss = sum(graph.variable(w));
    const Program step = step_of(loss, optimizer.minimize(loss));
    State state(step.variables(), {.precision = NumericPrecision::float64});
    step.run(state, {});
    EXPECT_NEAR(pair_of(state, w)[0], -0.5, 1e-6) << optimizer.type();
  }
}

}  // namespace
}  // namespace sloy
