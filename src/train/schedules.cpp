#include <fmt/format.h>
#include <sloy/ops.h>
#include <sloy/program.h>
#include <sloy/schedules.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/arguments.h"
#include "base/words.h"
#include "nn/custom_types.h"

namespace sloy {
namespace {

void check_steps(std::string_view argument, std::int64_t steps) {
  require_positive(fmt::format("the schedule's {}", argument), steps);
}

void check(bool holds, std::string_view argument, double value, std::string_view needed) {
  require_number(holds, fmt::format("the schedule's {}", argument), value, needed);
}

void check_initial(double rate) { check(rate > 0, "initial_learning_rate", rate, "above 0"); }

/// s / decay_steps, in whole numbers for a staircase.
Value periods(Value step, std::int64_t decay_steps, bool staircase) {
  const Value p = step / static_cast<double>(decay_steps);
  return staircase ? floor(p) : p;
}

/// sin(x) for 0 ≤ x ≤ π/2 to the last digits of a double: x·(1 − x²/3!·(…)) of Taylor's series, a
/// few operations on one number.
Value sine_of_quarter(Value x) {
  const Value squared = square(x);
  Value rest = x.graph().constant(1.0);
  for (int n = 22; n >= 2; n -= 2) rest = 1 - rest * squared / (n * (n + 1));
  return x * rest;
}

/// ½(1 + cos(π·p)) for p from 0 to 1, written sin²(½π·(1 − p)): near its end it keeps its digits.
Value half_wave(Value p) { return square(sine_of_quarter((1 - p) * (std::numbers::pi / 2))); }

/// values[i] for the i with below[i] < s ≤ below[i + 1], which one of them must be: one term of the
/// sum is not 0, so that the value is exact.
Value piece(Value step, const std::vector<double>& below, const std::vector<double>& values) {
  Graph& graph = step.graph();
  const Shape shape{static_cast<std::int64_t>(values.size())};
  const std::vector<double> above(below.begin() + 1, below.end());
  const Value is_past = greater(
      step, graph.constant(Tensor(shape, std::vector<double>(below.begin(), below.end() - 1))));
  const Value is_within = less_equal(step, graph.constant(Tensor(shape, above)));
  return sum(is_past * is_within * graph.constant(Tensor(shape, values)));
}

/// Later than any training gets.
constexpr double never = 1e18;

}  // namespace

Value LearningRate::call(Value step) const {
  return held_ ? held_->call(step) : step.graph().constant(number_);
}

double LearningRate::at(std::int64_t step) const {
  if (!held_) return number_;
  Graph graph;
  return evaluate(call(graph.constant(static_cast<double>(step))), {}, NumericPrecision::float64)
      .item();
}

Value ExponentialDecay::call(Value step) const {
  check_initial(initial_learning_rate);
  check_steps("decay_steps", decay_steps);
  check(decay_rate > 0, "decay_rate", decay_rate, "above 0");
  const Value p = periods(step, decay_steps, staircase);
  return initial_learning_rate * exp(p * std::log(decay_rate));
}

Value PiecewiseConstantDecay::call(Value step) const {
  if (values.size() != boundaries.size() + 1) {
    throw ConfigError(fmt::format("PiecewiseConstantDecay needs {} for its boundaries, not {}",
                                  counted(boundaries.size() + 1, "value"), values.size()),
                      {}, "give one value more than boundaries");
  }
  std::vector<double> limits{-1};
  for (std::int64_t boundary : boundaries) {
    const auto limit = static_cast<double>(boundary);
    check(limit > limits.back(), "boundary", limit, "above those before it");
    limits.push_back(limit);
  }
  for (double value : values) check(value >= 0, "value", value, "of 0 or more");
  limits.push_back(never);
  return piece(step, limits, values);
}

Value PolynomialDecay::call(Value step) const {
  check_initial(initial_learning_rate);
  check_steps("decay_steps", decay_steps);
  check(end_learning_rate >= 0, "end_learning_rate", end_learning_rate, "of 0 or more");
  check(power > 0, "power", power, "above 0");
  const Value p = step / static_cast<double>(decay_steps);
  // −⌊−p⌋ is ⌈p⌉: how often decay_steps has to be taken to hold s, once at least.
  const Value share = cycle ? p / maximum(-floor(-p), 1.0) : minimum(p, 1.0);
  const Value falling = power == 1 ? 1 - share : sloy::power(1 - share, power);
  return (initial_learning_rate - end_learning_rate) * falling + end_learning_rate;
}

Value InverseTimeDecay::call(Value step) const {
  check_initial(initial_learning_rate);
  check_steps("decay_steps", decay_steps);
  check(decay_rate >= 0, "decay_rate", decay_rate, "of 0 or more");
  return initial_learning_rate / (1 + decay_rate * periods(step, decay_steps, staircase));
}

Value CosineDecay::call(Value step) const {
  check_steps("decay_steps", decay_steps);
  check(alpha >= 0 && alpha <= 1, "alpha", alpha, "from 0 to 1");
  const auto decayed = [&](double from, Value s) {
    const Value wave = half_wave(minimum(s / static_cast<double>(decay_steps), 1.0));
    return from * ((1 - alpha) * wave + alpha);
  };
  if (!warmup_target) {
    check_initial(initial_learning_rate);
    return decayed(initial_learning_rate, step);
  }
  check(initial_learning_rate >= 0, "initial_learning_rate", initial_learning_rate, "of 0 or more");
  check(*warmup_target > 0, "warmup_target", *warmup_target, "above 0");
  check_steps("warmup_steps", warmup_steps);
  const auto line = static_cast<double>(warmup_steps);
  const Value rising =
      (*warmup_target - initial_learning_rate) * (step / line) + initial_learning_rate;
  return where(less(step, line), rising, decayed(*warmup_target, maximum(step - line, 0.0)));
}

Value CosineDecayRestarts::call(Value step) const {
  check_initial(initial_learning_rate);
  check_steps("first_decay_steps", first_decay_steps);
  check(t_mul >= 1, "t_mul", t_mul, "of 1 or more");
  check(m_mul > 0, "m_mul", m_mul, "above 0");
  check(alpha >= 0 && alpha <= 1, "alpha", alpha, "from 0 to 1");

  const auto first = static_cast<double>(first_decay_steps);
  const auto rate = [&](Value height, Value p) {
    return initial_learning_rate * ((1 - alpha) * height * half_wave(minimum(p, 1.0)) + alpha);
  };
  if (t_mul == 1) {
    const Value wave = floor(step / first);
    return rate(exp(wave * std::log(m_mul)), step / first - wave);
  }
  // Where each wave begins is known here in double; the logarithm of a step, as in Keras, would
  // miss a beginning by a rounding. Step s is in wave i from ⌈begins[i]⌉ on, so after that less ½.
  constexpr double longest = 1e9;
  constexpr double largest = 1e30;  // of a float, with room: 0 times it is 0
  std::vector<double> limits, begins, lengths, heights;
  double begin = 0, length = first, height = 1;
  while (begin < longest) {
    limits.push_back(std::ceil(begin) - 0.5);
    begins.push_back(begin);
    lengths.push_back(length);
    heights.push_back(height);
    begin += length;
    length = std::min(length * t_mul, largest);
    height = std::min(height * m_mul, largest);
  }
  limits.push_back(never);
  return rate(piece(step, limits, heights),
              (step - piece(step, limits, begins)) / piece(step, limits, lengths));
}

Value LinearWarmup::call(Value step) const {
  check_steps("warmup_steps", warmup_steps);
  check(initial_learning_rate >= 0, "initial_learning_rate", initial_learning_rate, "of 0 or more");
  const auto line = static_cast<double>(warmup_steps);
  const Value target = schedule.call(step.graph().constant(0.0));
  const Value rising = initial_learning_rate + (target - initial_learning_rate) * (step / line);
  return where(less(step, line), rising, schedule.call(maximum(step - line, 0.0)));
}

std::span<const TypeEntry<LearningRate>> schedule_types() {
  static constexpr std::array types{type_entry<LearningRate, ExponentialDecay>(),
                                    type_entry<LearningRate, PiecewiseConstantDecay>(),
                                    type_entry<LearningRate, PolynomialDecay>(),
                                    type_entry<LearningRate, InverseTimeDecay>(),
                                    type_entry<LearningRate, CosineDecay>(),
                                    type_entry<LearningRate, CosineDecayRestarts>(),
                                    type_entry<LearningRate, LinearWarmup>()};
  return types;
}

Config to_config(const LearningRate& rate) {
  if (!rate.held_) return rate.number_;
  return detail::described_config(rate.held_->type(), rate.held_->fields());
}

void from_config(const Config& config, LearningRate& rate) {
  if (config.is_number()) {
    rate = config.as_number();
    return;
  }
  const std::span<const TypeEntry<LearningRate>> custom = CustomTypesInUse::current().schedules;
  rate = make_described<LearningRate>(config, "schedule", {schedule_types(), custom});
}

}  // namespace sloy
