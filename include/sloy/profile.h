/// Profiles: what each kernel call of a step takes, against what the machine can do.
///
///     Model model = Sequential{Input{2}, Dense{.units = 8}, Dense{.units = 1}};
///     model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
///     data::Spec spec{{DType::float32, {2}}, {DType::float32, {1}}};
///     Program program = model.training_program(spec, 32);
///     State state(program.variables());
///     Tensor x(DType::float32, {32, 2}), y(DType::float32, {32, 1});
///     std::vector<const void*> feeds{x.data(), y.data()};
///     Profile taken = profile(program.step(32), state, feeds, {.seconds = 0.1});
///     std::string trace = chrome_trace(taken, "my model");
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/program.h>

namespace sloy {

/// Times of a step and of the calls it is made of: means over the middle half of the runs, by their
/// length. No time is scaled to fit another.
struct Profile {
  struct Call {
    Plan::Step step;     ///< what it does
    double seconds = 0;  ///< less what reading the clock takes
  };
  std::vector<Call> calls = {};  ///< in the order they run
  /// Of the whole step, in runs of their own that no clock is read in, in turn with the others.
  double step_seconds = 0;
  int runs = 0;  ///< of either kind

  /// How much of the step the calls' times explain: their sum over step_seconds.
  SLOY_EXPORT double explained() const;
};

/// How a profile is taken.
struct ProfileOptions {
  double seconds = 1;  ///< how long to run, about
};

/// Runs the step many times, as step.run does: the state changes as in training. Throws what
/// step.run throws, and ConfigError on seconds that are not above 0.
SLOY_EXPORT Profile profile(const Step& step, State& state, std::span<const void* const> feeds,
                            ProfileOptions options = {});

/// The step as a trace in JSON, for chrome://tracing and Perfetto: an event for each call, with its
/// layer, op, kernel, bytes and operations, one after the other within an event for the step.
SLOY_EXPORT std::string chrome_trace(const Profile& profile, std::string_view name);

}  // namespace sloy
