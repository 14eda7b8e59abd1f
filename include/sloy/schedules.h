/// Schedules: the learning rate of each step, as a function of how many were done before it. They
/// write graph, as optimizers do, so they work in any loop and are part of checkpoints. Steps are
/// updates of the weights: s of them so far; η₀ is initial_learning_rate. Names are Keras's.
///
/// An optimizer takes a schedule where it takes a number:
///
///     Adam adam{.learning_rate = CosineDecay{.initial_learning_rate = 1e-3, .decay_steps = 5000}};
///     double last = adam.learning_rate.at(5000);
///
/// In a recipe:
///
///     [train.optimizer]
///     type = "Adam"
///     learning_rate = { type = "CosineDecay", initial_learning_rate = 1e-3, decay_steps = 5000 }
///
/// One of your own is a struct with `call`, which is given the number of steps done, a float
/// scalar:
///
///     struct HalvedEveryHundred {
///       Value call(Value step) const { return 0.1 * power(0.5, floor(step / 100)); }
///     };
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <sloy/described.h>
#include <sloy/graph.h>

namespace sloy {

/// A type with a schedule's `call`.
template <class T>
concept ScheduleType = requires(const T& schedule, Value step) {
  { schedule.call(step) } -> std::same_as<Value>;
};

/// How fast an optimizer learns: a number, one of the schedules below, or one of your own.
class SLOY_EXPORT LearningRate {
 public:
  LearningRate(double rate = 0) : number_(rate) {}  // NOLINT: 0.1 is a learning rate
  template <class T>
  requires(!std::same_as<T, LearningRate> && ScheduleType<T>)
      LearningRate(T schedule)  // NOLINT: CosineDecay{…} is one
      : held_(std::make_shared<Held<T>>(std::move(schedule))) {}

  bool is_schedule() const { return held_ != nullptr; }
  /// Of the step that comes after so many, in `step`'s graph. Throws ConfigError where an argument
  /// of the schedule is out of its range.
  Value call(Value step) const;
  /// The same now, in double: for plots. `step` counts from 0.
  double at(std::int64_t step) const;
  /// "CosineDecay"; empty for a number.
  std::string_view type() const { return held_ ? held_->type() : std::string_view(); }
  friend SLOY_EXPORT Config to_config(const LearningRate& rate);

 private:
  struct Interface : detail::DescribedBase {
    virtual Value call(Value step) const = 0;
  };
  template <class T>
  struct Held final : detail::DescribedHolder<T, Interface> {
    using detail::DescribedHolder<T, Interface>::DescribedHolder;
    Value call(Value step) const override { return this->value.call(step); }
  };
  double number_ = 0;
  std::shared_ptr<const Interface> held_;
};

// An argument out of its range is a ConfigError when a step is made.

/// η₀·decay_rate^(s / decay_steps).
struct SLOY_EXPORT ExponentialDecay {
  double initial_learning_rate = 0;  ///< needed: the first rate, above 0
  std::int64_t decay_steps = 0;      ///< needed: 1 or more
  double decay_rate = 0;             ///< needed: above 0
  bool staircase = false;            ///< whether s / decay_steps is rounded down

  Value call(Value step) const;
  static void fields(auto&& field) {
    field("initial_learning_rate", &ExponentialDecay::initial_learning_rate, Needed{});
    field("decay_steps", &ExponentialDecay::decay_steps, Needed{});
    field("decay_rate", &ExponentialDecay::decay_rate, Needed{});
    field("staircase", &ExponentialDecay::staircase);
  }
};

/// values[i] for boundaries[i − 1] < s ≤ boundaries[i]: a rate that falls in steps.
struct SLOY_EXPORT PiecewiseConstantDecay {
  std::vector<std::int64_t> boundaries = {};  ///< needed: numbers of steps, in growing order
  std::vector<double> values = {};            ///< needed: rates, one more than boundaries

  Value call(Value step) const;
  static void fields(auto&& field) {
    field("boundaries", &PiecewiseConstantDecay::boundaries, Needed{});
    field("values", &PiecewiseConstantDecay::values, Needed{});
  }
};

/// (η₀ − end_learning_rate)·(1 − p)^power + end_learning_rate, with p = min(s, decay_steps) /
/// decay_steps.
struct SLOY_EXPORT PolynomialDecay {
  double initial_learning_rate = 0;   ///< needed: the first rate, above 0
  std::int64_t decay_steps = 0;       ///< needed: 1 or more
  double end_learning_rate = 0.0001;  ///< the last rate, 0 or more
  double power = 1;                   ///< above 0; 1: a line
  /// whether it starts over when it has ended: p = s / (decay_steps·max(1, ⌈s / decay_steps⌉))
  bool cycle = false;

  Value call(Value step) const;
  static void fields(auto&& field) {
    field("initial_learning_rate", &PolynomialDecay::initial_learning_rate, Needed{});
    field("decay_steps", &PolynomialDecay::decay_steps, Needed{});
    field("end_learning_rate", &PolynomialDecay::end_learning_rate);
    field("power", &PolynomialDecay::power);
    field("cycle", &PolynomialDecay::cycle);
  }
};

/// η₀ / (1 + decay_rate·s / decay_steps).
struct SLOY_EXPORT InverseTimeDecay {
  double initial_learning_rate = 0;  ///< needed: the first rate, above 0
  std::int64_t decay_steps = 0;      ///< needed: 1 or more
  double decay_rate = 0;             ///< needed: 0 or more
  bool staircase = false;            ///< whether s / decay_steps is rounded down

  Value call(Value step) const;
  static void fields(auto&& field) {
    field("initial_learning_rate", &InverseTimeDecay::initial_learning_rate, Needed{});
    field("decay_steps", &InverseTimeDecay::decay_steps, Needed{});
    field("decay_rate", &InverseTimeDecay::decay_rate, Needed{});
    field("staircase", &InverseTimeDecay::staircase);
  }
};

/// Half a wave of a cosine from η₀ to alpha·η₀ (Loshchilov and Hutter 2017): η₀·((1 − alpha)·½(1 +
/// cos(π·min(s, decay_steps) / decay_steps)) + alpha). With a warmup_target, a line from η₀ up to
/// it comes first, and the wave falls from there.
struct SLOY_EXPORT CosineDecay {
  double initial_learning_rate = 0;  ///< needed: the first rate, above 0, or 0 before a warm-up
  std::int64_t decay_steps = 0;      ///< needed: 1 or more; those of the warm-up not counted
  double alpha = 0;                  ///< the last rate as a share of the highest, from 0 to 1
  std::optional<double> warmup_target = {};  ///< rate at the warm-up's end; left out: no warm-up
  std::int64_t warmup_steps = 0;             ///< steps of the warm-up, 0 or more

  Value call(Value step) const;
  static void fields(auto&& field) {
    field("initial_learning_rate", &CosineDecay::initial_learning_rate, Needed{});
    field("decay_steps", &CosineDecay::decay_steps, Needed{});
    field("alpha", &CosineDecay::alpha);
    field("warmup_target", &CosineDecay::warmup_target);
    field("warmup_steps", &CosineDecay::warmup_steps);
  }
};

/// Waves as CosineDecay's, one after the other (SGDR; Loshchilov and Hutter 2017): the i-th, from
/// 0, is first_decay_steps·t_mulⁱ steps long and begins at η₀·((1 − alpha)·m_mulⁱ + alpha).
struct SLOY_EXPORT CosineDecayRestarts {
  double initial_learning_rate = 0;    ///< needed: the first rate, above 0
  std::int64_t first_decay_steps = 0;  ///< needed: 1 or more
  double t_mul = 2;                    ///< factor of each wave's length, 1 or more
  double m_mul = 1;                    ///< factor of each wave's first rate, above 0
  double alpha = 0;                    ///< the lowest rate as a share of the first, from 0 to 1

  Value call(Value step) const;
  static void fields(auto&& field) {
    field("initial_learning_rate", &CosineDecayRestarts::initial_learning_rate, Needed{});
    field("first_decay_steps", &CosineDecayRestarts::first_decay_steps, Needed{});
    field("t_mul", &CosineDecayRestarts::t_mul);
    field("m_mul", &CosineDecayRestarts::m_mul);
    field("alpha", &CosineDecayRestarts::alpha);
  }
};

/// initial_learning_rate + (r − initial_learning_rate)·s / warmup_steps, where r is the first rate
/// of another schedule, or a number, which then takes over (Goyal et al. 2017). Keras has it within
/// CosineDecay alone.
struct SLOY_EXPORT LinearWarmup {
  LearningRate schedule = 0.001;     ///< what follows: its s counts from the line's end
  std::int64_t warmup_steps = 0;     ///< needed: steps of the line, 1 or more
  double initial_learning_rate = 0;  ///< rate of the first step, 0 or more

  Value call(Value step) const;
  static void fields(auto&& field) {
    field("schedule", &LinearWarmup::schedule);
    field("warmup_steps", &LinearWarmup::warmup_steps, Needed{});
    field("initial_learning_rate", &LinearWarmup::initial_learning_rate);
  }
};

/// The number, or { type = …, fields… }. Throws ConfigError where it has members but no fields().
SLOY_EXPORT Config to_config(const LearningRate& rate);
/// Throws ConfigError on a type it doesn't find here or in CustomTypes, naming the nearest.
SLOY_EXPORT void from_config(const Config& config, LearningRate& rate);
template <ScheduleType T>
constexpr TypeEntry<LearningRate> register_schedule() {
  return type_entry<LearningRate, T>();
}
/// The built-in schedules, in the order of the reference.
SLOY_EXPORT std::span<const TypeEntry<LearningRate>> schedule_types();

}  // namespace sloy
