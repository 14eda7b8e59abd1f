#include <sloy/scope.h>

#include <cmath>

#include "harness/messages.h"
#include "train/valley.h"

namespace sloy {
namespace {

using harness::message_of;

/// Two weights of two numbers, "encoder/conv/kernel" and "head/bias", with gradients that are
/// given.
struct TwoWeights {
  Graph graph;
  VariableId kernel, bias;
  Value loss;

  TwoWeights(const Pair& kernel_slope, const Pair& bias_slope, const Pair& start = {0, 0}) {
    const auto add = [&](const char* name) {
      return graph.variables().add(
          parameter(name, Tensor({2}, std::vector<double>(start.begin(), start.end()))));
    };
    const auto linear = [&](VariableId id, const Pair& slope) {
      const std::vector<double> numbers(slope.begin(), slope.end());
      return sum(graph.variable(id) * graph.constant(Tensor({2}, numbers)));
    };
    kernel = add("encoder/conv/kernel");
    bias = add("head/bias");
    loss = linear(kernel, kernel_slope) + linear(bias, bias_slope);
  }

  /// The weights after one step, kernel first.
  std::array<Pair, 2> after(const Optimizer& optimizer) {
    const Program step = step_of(loss, optimizer.minimize(loss));
    State state(step.variables(), {.precision = NumericPrecision::float64});
    step.run(state, {});
    return {pair_of(state, kernel), pair_of(state, bias)};
  }
};

void expect_near(const Pair& found, const Pair& expected) {
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(found[i], expected[i], 1e-14);
}

/// What one step of descent at rate 1 makes of gradients: the weights are their negatives.
std::array<Pair, 2> clipped(const OptimizerOptions& options, const Pair& kernel, const Pair& bias) {
  return TwoWeights(kernel, bias).after({SGD{.learning_rate = 1}, options});
}

TEST(Clipping, ByNormIsOfEachWeight) {
  const auto [kernel, bias] = clipped({.clipnorm = 2.0}, {3, 4}, {0.3, 0.4});
  expect_near(kernel, {-3 * 0.4, -4 * 0.4});
  expect_near(bias, {-0.3, -0.4});
  const auto [zeros, others] = clipped({.clipnorm = 2.0}, {0, 0}, {6, 8});
  expect_near(zeros, {0, 0});
  expect_near(others, {-1.2, -1.6});
}

TEST(Clipping, ByValueIsOfEachNumber) {
  const auto [kernel, bias] = clipped({.clipvalue = 0.5}, {3, -0.4}, {-0.6, 0.5});
  expect_near(kernel, {-0.5, 0.4});
  expect_near(bias, {0.5, -0.5});
}

TEST(Clipping, ByGlobalNormIsOfAllTogether) {
  const auto [kernel, bias] = clipped({.global_clipnorm = 6.5}, {3, 4}, {12, 0});
  expect_near(kernel, {-1.5, -2});
  expect_near(bias, {-6, 0});
  const auto [small, smaller] = clipped({.global_clipnorm = 14}, {3, 4}, {12, 0});
  expect_near(small, {-3, -4});
  expect_near(smaller, {-12, 0});
}

TEST(WeightDecay, DecoupledComesBeforeTheStepAndCoupledIsAGradient) {
  // Adam's first step is about the rate, whatever the gradient: what is coupled disappears in it.
  const Adam adam{.learning_rate = 0.1, .epsilon_place = EpsilonPlace::outside_root};
  const auto after = [&](WeightDecayForm form) {
    return TwoWeights({1, 1}, {1, 1}, {2, 2})
        .after({adam, {.weight_decay = 0.5, .weight_decay_form = form}})[0][0];
  };
  EXPECT_NEAR(after(WeightDecayForm::decoupled), 2 - 0.1 * 0.5 * 2 - 0.1, 1e-6);
  EXPECT_NEAR(after(WeightDecayForm::coupled), 2 - 0.1, 1e-6);
}

TEST(WeightDecay, OfTheOptionAndOfAdamWAreTheSame) {
  const auto path = [](const Optimizer& optimizer) {
    Valley valley;
    const Program step = step_of(valley.loss, optimizer.minimize(valley.loss));
    State state(step.variables(), {.precision = NumericPrecision::float64});
    for (int t = 0; t < 20; ++t) step.run(state, {});
    return pair_of(state, valley.w);
  };
  EXPECT_EQ(path(AdamW{.learning_rate = 0.05, .weight_decay = 0.3}),
            path({Adam{.learning_rate = 0.05}, {.weight_decay = 0.3}}));
}

/// Of course 004's slides one prints β₂/2: the factor is 2, for both forms at plain descent.
TEST(WeightDecay, OfDescentIsTwiceTheL2Penalty) {
  constexpr double beta_2 = 0.03;
  const auto path = [](bool penalty, const OptimizerOptions& options) {
    Valley valley;
    Value loss = valley.loss;
    if (penalty) loss = loss + beta_2 * sum(square(valley.graph.variable(valley.w)));
    const Optimizer optimizer{SGD{.learning_rate = 0.1}, options};
    const Program step = step_of(loss, optimizer.minimize(loss));
    State state(step.variables(), {.precision = NumericPrecision::float64});
    for (int t = 0; t < 30; ++t) step.run(state, {});
    return pair_of(state, valley.w);
  };
  const Pair penalised = path(true, {});
  for (const auto form : {WeightDecayForm::decoupled, WeightDecayForm::coupled}) {
    expect_near(path(false, {.weight_decay = 2 * beta_2, .weight_decay_form = form}), penalised);
  }
  EXPECT_GT(std::abs(path(false, {.weight_decay = beta_2 / 2})[0] - penalised[0]), 1e-2);
}

TEST(WeightDecay, LeavesOutWhatIsExcluded) {
  const OptimizerOptions options{.weight_decay = 0.5, .exclude_from_weight_decay = {"bias"}};
  const auto [kernel, bias] =
      TwoWeights({0, 0}, {0, 0}, {2, 2}).after({SGD{.learning_rate = 0.1}, options});
  expect_near(kernel, {2 - 0.1, 2 - 0.1});
  expect_near(bias, {2, 2});
  const auto [own_kernel, own_bias] = TwoWeights({0, 0}, {0, 0}, {2, 2})
                                          .after({AdamW{.learning_rate = 0.1, .weight_decay = 0.5},
                                                  {.exclude_from_weight_decay = {"bias"}}});
  expect_near(own_kernel, {2 - 0.1, 2 - 0.1});
  expect_near(own_bias, {2, 2});
}

TEST(LearningRateMultipliers, TheLongestPathCounts) {
  const auto [kernel, bias] =
      TwoWeights({1, 1}, {1, 1})
          .after({SGD{.learning_rate = 1},
                  {.learning_rate_multipliers = {{"encoder/conv", 0.25}, {"encoder", 0.5}}}});
  expect_near(kernel, {-0.25, -0.25});
  expect_near(bias, {-1, -1});
}

TEST(LearningRateMultipliers, AreOfTheDecayAndTheProximalStepToo) {
  TwoWeights two({0, 0}, {0, 0}, {2, 2});
  two.graph.variables()[two.bias].after_update = [](Value weight, Value rate) {
    return weight - rate;
  };
  const auto [kernel, bias] =
      two.after({SGD{.learning_rate = 0.1},
                 {.weight_decay = 0.5,
                  .exclude_from_weight_decay = {"bias"},
                  .learning_rate_multipliers = {{"encoder", 0.5}, {"head", 3}}}});
  expect_near(kernel, {2 - 0.05, 2 - 0.05});
  expect_near(bias, {2 - 0.3, 2 - 0.3});
}

/// The states of a valley's weights and of what an optimizer keeps, step by step.
struct Watched {
  Valley valley;
  Optimizer optimizer;
  Program step;
  State state;

  explicit Watched(Optimizer given)
      : optimizer(std::move(given)),
        step(step_of(valley.loss, optimizer.minimize(valley.loss))),
        state(step.variables(), {.precision = NumericPrecision::float64}) {}
  Pair weights() const { return pair_of(state, valley.w); }
};

TEST(AveragedWeights, BeginAtTheFirstWeightsAsInKeras) {
  Watched plain{SGD{.learning_rate = 0.1}};
  Watched watched{{SGD{.learning_rate = 0.1}, {.use_ema = true, .ema_momentum = 0.8}}};
  Pair average{};
  for (int t = 1; t <= 6; ++t) {
    plain.step.run(plain.state, {});
    watched.step.run(watched.state, {});
    EXPECT_EQ(watched.weights(), plain.weights()) << "the average changes no step";
    for (std::size_t i = 0; i < 2; ++i) {
      const double now = plain.weights()[i];
      average[i] = t == 1 ? now : 0.8 * average[i] + 0.2 * now;
    }
  }
  watched.optimizer.take_average(watched.state);
  expect_near(watched.weights(), average);
}

/// v₀ = 0, v_t = βv_{t−1} + (1 − β)θ_t with β = 0.9: v₁ is 0.1·θ₁, and v_t / (1 − βᵗ) is used.
TEST(AveragedWeights, AreCorrectedWhereThatIsWanted) {
  Watched watched{{SGD{.learning_rate = 0.1},
                   {.use_ema = true, .ema_momentum = 0.9, .ema_bias_correction = true}}};
  Pair average{};
  for (int t = 1; t <= 5; ++t) {
    watched.step.run(watched.state, {});
    for (std::size_t i = 0; i < 2; ++i) {
      average[i] = 0.9 * average[i] + 0.1 * watched.weights()[i];
    }
    expect_near(pair_of(watched.state, watched.state.variables()->find("optimizer/w/ema")),
                average);
    if (t == 1) {
      EXPECT_NEAR(average[0], 0.1 * watched.weights()[0], 1e-15);
    }
  }
  watched.optimizer.take_average(watched.state);
  const double correction = 1 - std::pow(0.9, 5);
  expect_near(watched.weights(), {average[0] / correction, average[1] / correction});
}

TEST(AveragedWeights, TakeTheWeightsPlaceAsOftenAsIsWanted) {
  for (const bool corrected : {false, true}) {
    Watched watched{{SGD{.learning_rate = 0.1},
                     {.use_ema = true,
                      .ema_momentum = 0.5,
                      .ema_overwrite_frequency = 3,
                      .ema_bias_correction = corrected}}};
    Pair w{-5, -2}, average{};
    for (int t = 1; t <= 7; ++t) {
      watched.step.run(watched.state, {});
      for (std::size_t i = 0; i < 2; ++i) {
        w[i] -= 0.1 * slope_at(w)[i];
        const double beta = t == 1 && !corrected ? 0 : 0.5;
        average[i] = beta * average[i] + (1 - beta) * w[i];
        if (t % 3 == 0) w[i] = average[i] / (corrected ? 1 - std::pow(0.5, t) : 1);
      }
      expect_near(watched.weights(), w);
    }
  }
}

TEST(AveragedWeights, AreLeftAloneBeforeTheFirstStep) {
  Watched watched{{SGD{}, {.use_ema = true}}};
  watched.optimizer.take_average(watched.state);
  expect_near(watched.weights(), {-5, -2});
}

/// y = x·w, whose squared error is a mean over the batch.
struct Regression {
  std::shared_ptr<Variables> variables = std::make_shared<Variables>();
  Graph update{variables}, accumulate{variables};
  VariableId w = variables->add(parameter("w", Tensor({2, 1}, std::vector<double>{0.5, -1})));

  Value loss_in(Graph& graph) const {
    const Value x = graph.input("x", {DType::float32, {batch, 2}});
    const Value y = graph.input("y", {DType::float32, {batch, 1}});
    return mean(square(matmul(x, graph.variable(w)) - y));
  }
};

TEST(Accumulation, OfSmallBatchesIsTheStepOfTheLargeOne) {
  const Tensor x({6, 2}, std::vector<double>{1, 2, -1, 0.5, 0.3, -2, 2, 1, 0.1, 0.7, -1.5, 1});
  const Tensor y({6, 1}, std::vector<double>{1, -2, 0.5, 3, -1, 0.2});
  const auto part = [](const Tensor& of, std::int64_t third) {
    const auto columns = static_cast<std::size_t>(of.shape().size(1));
    return Tensor(
        {2, of.shape().size(1)},
        of.values<double>().subspan(static_cast<std::size_t>(third) * 2 * columns, 2 * columns));
  };
  const auto compiled = [](Value loss, std::vector<Graph::Update> updates) {
    return step_of(loss, std::move(updates));
  };
  const Adam adam{.learning_rate = 0.1, .beta_2 = 0.9, .epsilon = 0.01};
  const OptimizerOptions shared{.global_clipnorm = 2.5, .weight_decay = 0.1};

  Regression large;
  const Value large_loss = large.loss_in(large.update);
  const Program whole = compiled(large_loss, Optimizer(adam, shared).minimize(large_loss));
  State expected(whole.variables(), {.precision = NumericPrecision::float64});

  OptimizerOptions options = shared;
  options.gradient_accumulation_steps = 3;
  const Optimizer optimizer(adam, options);
  Regression small;
  const Value update_loss = small.loss_in(small.update);
  const Value accumulate_loss = small.loss_in(small.accumulate);
  const Program update = compiled(update_loss, optimizer.minimize(update_loss));
  const Program accumulate = compiled(accumulate_loss, optimizer.accumulate(accumulate_loss));
  State state(update.variables(), {.precision = NumericPrecision::float64});

  for (int t = 0; t < 5; ++t) {
    whole.run(expected, {x, y});
    const Pair before = pair_of(state, small.w);
    accumulate.run(state, {part(x, 0), part(y, 0)});
    accumulate.run(state, {part(x, 1), part(y, 1)});
    EXPECT_EQ(pair_of(state, small.w), before) << "no weight changes until the last";
    update.run(state, {part(x, 2), part(y, 2)});
    expect_near(pair_of(state, small.w), pair_of(expected, large.w));
  }
  EXPECT_EQ(item(state, step_variable), 15) << "random numbers differ from batch to batch";
}

/// The third update's Adam corrects by t = 3, not by the number of batches: above, and here alone.
TEST(Accumulation, CountsUpdates) {
  Graph graph;
  const VariableId w = graph.variables().add(parameter("w", Tensor({1}, std::vector<double>{0})));
  const VariableId steps = graph.variables().add({.name = std::string(step_variable),
                                                  .type = {DType::int32, {}},
                                                  .role = Role::scalar,
                                                  .trainable = false});
  OptimizerScope scope(graph, w, {.gradient_accumulation_steps = 4});
  const Program look = compile({.outputs = {scope.step_number()}});
  State state(look.variables());
  for (const auto& [done, update] : {std::pair{0, 1}, {3, 1}, {4, 2}, {11, 3}, {12, 4}}) {
    state.set_scalar(steps, done);
    EXPECT_EQ(look.run(state, {})[0].item(), update);
  }
}

TEST(OptimizerOptionsFiles, StandAmongTheOptimizersOwnKeys) {
  const Config written = parse_toml(R"(
    type = "SGD"
    learning_rate = 0.1
    momentum = 0.9
    nesterov = false
    momentum_form = "averaged"
    clipnorm = 1.5
    weight_decay = 0.01
    weight_decay_form = "coupled"
    exclude_from_weight_decay = ["bias"]
    use_ema = true
    ema_momentum = 0.9
    ema_overwrite_frequency = 10
    ema_bias_correction = true
    gradient_accumulation_steps = 4
    learning_rate_multipliers = [{ path = "encoder", multiplier = 0.1 }]
  )");
  const Optimizer optimizer = optimizer_from_config(written);
  EXPECT_EQ(optimizer.options().clipnorm, 1.5);
  EXPECT_EQ(optimizer.options().learning_rate_multipliers[0].multiplier, 0.1);
  EXPECT_EQ(to_config(optimizer), written);
  EXPECT_EQ(to_json(to_config(Optimizer(SGD{}))),
            R"({"type":"SGD","learning_rate":0.01,"momentum":0.0,"nesterov":false,)"
            R"("momentum_form":"keras"})");
}

TEST(OptimizerOptionsFiles, ADecayOfTheTypesOwnStaysItsOwn) {
  const Optimizer optimizer =
      optimizer_from_config(Config::Map{{"type", "AdamW"}, {"weight_decay", 0.25}});
  EXPECT_FALSE(optimizer.options().weight_decay);
  EXPECT_EQ(to_config(optimizer).at("weight_decay").as_number(), 0.25);
}

TEST(OptimizerOptionsFiles, AKeyThatIsNeithersIsRefused) {
  const std::string message = message_of([] {
    optimizer_from_config(Config::Map{{"type", "SGD"}, {"clip_norm", 1.0}});
  });
  EXPECT_TRUE(message.starts_with("there is no key 'clip_norm' here")) << message;
  EXPECT_NE(message.find("did you mean 'clipnorm'?"), std::string::npos) << message;
}

TEST(OptimizerOptionsErrors, SayWhatCannotBe) {
  const auto refused = [](const Optimizer& optimizer) {
    TwoWeights two({1, 1}, {1, 1});
    return message_of([&] { optimizer.minimize(two.loss); });
  };
  EXPECT_EQ(refused({SGD{}, {.clipnorm = 1.0, .clipvalue = 1.0}}),
            "gradients can be clipped in one way only\n"
            "  to fix   give one of clipnorm, clipvalue and global_clipnorm");
  EXPECT_EQ(refused({SGD{}, {.global_clipnorm = 0.0}}),
            "the optimizer's global_clipnorm can't be 0\n"
            "  to fix   give a number above 0");
  EXPECT_EQ(refused({SGD{}, {.weight_decay = -1.0}}),
            "the optimizer's weight_decay can't be -1\n"
            "  to fix   give a number of 0 or more");
  EXPECT_EQ(refused({SGD{}, {.use_ema = true, .ema_momentum = 1}}),
            "the optimizer's ema_momentum can't be 1\n"
            "  to fix   give a number from 0 to just below 1");
  EXPECT_EQ(refused({SGD{}, {.gradient_accumulation_steps = 0}}),
            "the optimizer's gradient_accumulation_steps must be 1 or more, not 0\n"
            "  to fix   set gradient_accumulation_steps to 1 or more");
  EXPECT_EQ(refused({AdamW{}, {.weight_decay = 0.1}}),
            "AdamW has a weight_decay of its own\n"
            "  to fix   write AdamW{.weight_decay = 0.1}, not the option");
  EXPECT_EQ(refused({SGD{}, {.learning_rate_multipliers = {{"encodr", 0.1}}}}),
            "learning_rate_multipliers names 'encodr', which leads to no weight that learns\n"
            "  to fix   did you mean 'encoder'?");
  EXPECT_EQ(refused({SGD{}, {.weight_decay = 0.1, .exclude_from_weight_decay = {"gamma"}}}),
            "exclude_from_weight_decay names 'gamma', which is in no weight's path\n"
            "  to fix   give a part of a path, as \"bias\"");
  EXPECT_EQ(refused({SGD{}, {.learning_rate_multipliers = {{"head", -1}}}}),
            "the optimizer's multiplier for 'head' can't be -1\n"
            "  to fix   give a number of 0 or more");
}

}  // namespace
}  // namespace sloy
