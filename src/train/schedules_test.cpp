#include <gtest/gtest.h>
#include <sloy/ops.h>
#include <sloy/schedules.h>

#include <cmath>
#include <numbers>

#include "harness/messages.h"
#include "train/valley.h"

namespace sloy {
namespace {

using harness::message_of;

/// A schedule's rates against its formula, in steps that matter and between them.
void expect_rates(const LearningRate& rate, const std::function<double(double)>& formula,
                  std::int64_t until) {
  for (std::int64_t step = 0; step <= until; ++step) {
    const double expected = formula(static_cast<double>(step));
    EXPECT_NEAR(rate.at(step), expected, 1e-13 * std::abs(expected) + 1e-18) << "step " << step;
  }
}

TEST(Schedules, ANumberIsTheSameAtEveryStep) {
  const LearningRate rate = 0.25;
  EXPECT_FALSE(rate.is_schedule());
  EXPECT_EQ(rate.at(0), 0.25);
  EXPECT_EQ(rate.at(1000), 0.25);
}

TEST(Schedules, ExponentialDecay) {
  ExponentialDecay decay{.initial_learning_rate = 0.3, .decay_steps = 4, .decay_rate = 0.7};
  expect_rates(
      decay, [](double s) { return 0.3 * std::pow(0.7, s / 4); }, 13);
  decay.staircase = true;
  expect_rates(
      decay, [](double s) { return 0.3 * std::pow(0.7, std::floor(s / 4)); }, 13);
}

TEST(Schedules, PiecewiseConstantDecayIsExact) {
  const LearningRate rate =
      PiecewiseConstantDecay{.boundaries = {3, 7}, .values = {0.1, 0.03, 0.007}};
  for (int step = 0; step <= 10; ++step) {
    EXPECT_EQ(rate.at(step), step <= 3 ? 0.1 : step <= 7 ? 0.03 : 0.007) << "step " << step;
  }
  EXPECT_EQ(rate.at(1'000'000'000), 0.007);
}

TEST(Schedules, PolynomialDecay) {
  PolynomialDecay decay{
      .initial_learning_rate = 0.3, .decay_steps = 5, .end_learning_rate = 0.01, .power = 1.5};
  const auto formula = [](double s, double steps) {
    return (0.3 - 0.01) * std::pow(1 - s / steps, 1.5) + 0.01;
  };
  expect_rates(
      decay, [&](double s) { return formula(std::min(s, 5.0), 5); }, 12);
  decay.cycle = true;
  expect_rates(
      decay, [&](double s) { return formula(s, 5 * std::max(1.0, std::ceil(s / 5))); }, 17);
}

TEST(Schedules, InverseTimeDecay) {
  InverseTimeDecay decay{.initial_learning_rate = 0.3, .decay_steps = 4, .decay_rate = 0.5};
  expect_rates(
      decay, [](double s) { return 0.3 / (1 + 0.5 * s / 4); }, 13);
  decay.staircase = true;
  expect_rates(
      decay, [](double s) { return 0.3 / (1 + 0.5 * std::floor(s / 4)); }, 13);
}

double wave(double share) { return 0.5 * (1 + std::cos(std::numbers::pi * share)); }

TEST(Schedules, CosineDecay) {
  const CosineDecay decay{.initial_learning_rate = 0.3, .decay_steps = 9, .alpha = 0.1};
  expect_rates(
      decay, [](double s) { return 0.3 * (0.9 * wave(std::min(s, 9.0) / 9) + 0.1); }, 12);
  EXPECT_EQ(LearningRate(CosineDecay{.initial_learning_rate = 1, .decay_steps = 9}).at(9), 0);
}

TEST(Schedules, CosineDecayAfterAWarmUp) {
  const CosineDecay decay{.initial_learning_rate = 0.01,
                          .decay_steps = 6,
                          .alpha = 0.2,
                          .warmup_target = 0.3,
                          .warmup_steps = 4};
  expect_rates(
      decay,
      [](double s) {
        if (s < 4) return 0.01 + (0.3 - 0.01) * s / 4;
        return 0.3 * (0.8 * wave(std::min(s - 4, 6.0) / 6) + 0.2);
      },
      13);
}

/// Waves of 3, 6, 12 … steps; the first steps of waves are what a rounding would miss.
TEST(Schedules, CosineDecayRestarts) {
  const CosineDecayRestarts restarts{
      .initial_learning_rate = 0.3, .first_decay_steps = 3, .m_mul = 0.5, .alpha = 0.1};
  expect_rates(
      restarts,
      [](double s) {
        double begin = 0, length = 3, height = 1;
        while (s >= begin + length) begin += length, length *= 2, height *= 0.5;
        return 0.3 * (0.9 * height * wave((s - begin) / length) + 0.1);
      },
      50);
}

TEST(Schedules, CosineDecayRestartsWithWavesOfOneLength) {
  const CosineDecayRestarts restarts{
      .initial_learning_rate = 0.3, .first_decay_steps = 7, .t_mul = 1, .m_mul = 0.8, .alpha = 0.1};
  expect_rates(
      restarts,
      [](double s) {
        const double height = std::pow(0.8, std::floor(s / 7));
        return 0.3 * (0.9 * height * wave(std::fmod(s, 7) / 7) + 0.1);
      },
      50);
}

/// Waves need not begin at whole steps.
TEST(Schedules, CosineDecayRestartsWithWavesOfBrokenLengths) {
  const CosineDecayRestarts restarts{
      .initial_learning_rate = 1, .first_decay_steps = 5, .t_mul = 1.3};
  expect_rates(
      restarts,
      [](double s) {
        double begin = 0, length = 5;
        while (s >= begin + length) begin += length, length *= 1.3;
        return wave((s - begin) / length);
      },
      60);
}

TEST(Schedules, ALinearWarmUpBeforeAnyOther) {
  const LinearWarmup warmup{
      .schedule =
          ExponentialDecay{.initial_learning_rate = 0.3, .decay_steps = 4, .decay_rate = 0.7},
      .warmup_steps = 5,
      .initial_learning_rate = 0.05};
  expect_rates(
      warmup,
      [](double s) {
        return s < 5 ? 0.05 + (0.3 - 0.05) * s / 5 : 0.3 * std::pow(0.7, (s - 5) / 4);
      },
      13);
  expect_rates(
      LinearWarmup{.schedule = 0.2, .warmup_steps = 4},
      [](double s) { return 0.2 * std::min(1.0, s / 4); }, 8);
}

struct Halved {
  Value call(Value step) const { return 0.1 * power(0.5, floor(step / 3)); }
};

TEST(Schedules, OneOfTheUsersOwnIsUsedAsAnyOther) {
  expect_rates(
      Halved{}, [](double s) { return 0.1 * std::pow(0.5, std::floor(s / 3)); }, 10);
}

/// The scalar of the state is what the next step uses.
TEST(Schedules, EachStepEndsWithTheRateOfTheNext) {
  for (const auto& [backend, precision, tolerance] :
       {std::tuple{BackendKind::reference, NumericPrecision::float64, 1e-12},
        {BackendKind::cpu, NumericPrecision::float32, 2e-6}}) {
    Valley valley;
    const LearningRate rate =
        CosineDecay{.initial_learning_rate = 0.2, .decay_steps = 20, .alpha = 0.05};
    const SGD sgd{.learning_rate = rate};
    const Program step = step_of(valley.loss, sgd.minimize(valley.loss), backend, precision);
    State state(step.variables(), {.precision = precision});
    Pair w{-5, -2};
    for (int done = 0; done < 30; ++done) {
      EXPECT_NEAR(item(state, learning_rate_variable), rate.at(done), tolerance);
      step.run(state, {});
      for (std::size_t i = 0; i < 2; ++i) w[i] -= rate.at(done) * slope_at(w)[i];
      EXPECT_NEAR(pair_of(state, valley.w)[0], w[0], 10 * tolerance);
    }
  }
}

/// In a fit of two batches an update the schedule moves on with updates.
TEST(Schedules, CountUpdatesNotBatches) {
  Valley valley;
  const Optimizer optimizer{
      SGD{.learning_rate = PiecewiseConstantDecay{.boundaries = {1}, .values = {0.5, 0.25}}},
      {.gradient_accumulation_steps = 2}};
  const Program update = step_of(valley.loss, optimizer.minimize(valley.loss));
  State state(update.variables(), {.precision = NumericPrecision::float64});
  const VariableId steps = state.variables()->find("step");
  for (const auto& [done, expected] : {std::pair{1, 0.5}, {3, 0.25}, {5, 0.25}}) {
    state.set_scalar(steps, done);  // an update is the second of two
    update.run(state, {});
    EXPECT_EQ(item(state, learning_rate_variable), expected);
  }
}

TEST(Schedules, AreReadAndWritten) {
  const Config written = parse_toml(R"(
    type = "SGD"
    learning_rate = { type = "LinearWarmup", schedule = { type = "PolynomialDecay", initial_learning_rate = 0.5, decay_steps = 100, end_learning_rate = 0.01, power = 2.0, cycle = true }, warmup_steps = 10, initial_learning_rate = 0.001 }
    momentum = 0.0
    nesterov = false
    momentum_form = "keras"
  )");
  const Optimizer optimizer = optimizer_from_config(written);
  EXPECT_EQ(optimizer.learning_rate().at(10), 0.5);
  EXPECT_EQ(to_config(optimizer), written);
  for (const TypeEntry<LearningRate>& entry : schedule_types()) {
    const Config made = to_config(entry.make_default());
    LearningRate back;
    from_config(made, back);
    EXPECT_EQ(to_config(back), made) << entry.name;
  }
  LearningRate unknown;
  EXPECT_TRUE(message_of([&] {
                from_config(Config("CosinDecay"), unknown);
              }).find("did you mean 'CosineDecay'?") != std::string::npos);
}

TEST(Schedules, SayWhichArgumentCannotBe) {
  const auto refused = [](const LearningRate& rate) {
    const std::string message = message_of([&] { static_cast<void>(rate.at(0)); });
    return message.substr(0, message.find('\n'));
  };
  EXPECT_EQ(refused(CosineDecay{.initial_learning_rate = 0.1}),
            "the schedule's decay_steps must be 1 or more, not 0");
  EXPECT_EQ(refused(CosineDecay{.decay_steps = 5}),
            "the schedule's initial_learning_rate can't be 0");
  EXPECT_EQ(refused(CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 5, .alpha = 2}),
            "the schedule's alpha can't be 2");
  EXPECT_EQ(refused(CosineDecay{.decay_steps = 5, .warmup_target = 0.1}),
            "the schedule's warmup_steps must be 1 or more, not 0");
  EXPECT_EQ(refused(ExponentialDecay{.initial_learning_rate = 0.1, .decay_steps = 5}),
            "the schedule's decay_rate can't be 0");
  EXPECT_EQ(refused(PiecewiseConstantDecay{.boundaries = {5, 5}, .values = {1, 2, 3}}),
            "the schedule's boundary can't be 5");
  EXPECT_EQ(refused(PiecewiseConstantDecay{.boundaries = {5}, .values = {1}}),
            "PiecewiseConstantDecay needs 2 values for its boundaries, not 1");
  EXPECT_EQ(refused(CosineDecayRestarts{
                .initial_learning_rate = 0.1, .first_decay_steps = 5, .t_mul = 0.5}),
            "the schedule's t_mul can't be 0.5");
  EXPECT_EQ(refused(LinearWarmup{.schedule = CosineDecay{}, .warmup_steps = 3}),
            "the schedule's decay_steps must be 1 or more, not 0");
}

}  // namespace
}  // namespace sloy
