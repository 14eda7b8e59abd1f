#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>

#include "commands.h"
#include "console.h"
#include "forecast.h"
#include "report.h"
#include "usage.h"
#include "workloads.h"

namespace sloy::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  Common common;
  std::vector<std::string> workloads;
  bool predict = false;
  bool profile = false;
  double seconds = 3;
  std::int64_t steps = 0;
  std::int64_t batch_size = 0;
};

double since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

/// The training step of a workload and four batches it runs over in turn.
class Training {
 public:
  Training(const Workload& workload, std::int64_t batch_size, std::uint64_t seed) {
    auto begun = Clock::now();
    Model model = workload.make();
    CompileOptions options = workload.compile_options();
    options.seed = seed;
    model.compile(options);
    program_ = model.training_program(workload.spec(), batch_size);
    step_.emplace(program_.step(batch_size));
    state_ = State(program_.variables(), {.seed = seed});
    for (std::uint64_t i = 0; i < 4; ++i) {
      batches_.push_back(random_batch(workload, batch_size, seed + i));
      feeds_.push_back({batches_.back()[0].data(), batches_.back()[1].data()});
    }
    auto ready = Clock::now();
    run();
    first_run_seconds_ = since(ready);
    first_step_seconds_ = since(begun);
  }

  void run() { step_->run(state_, feeds_[next_++ % feeds_.size()]); }
  void run(std::span<double> seconds) {
    step_->run(state_, feeds_[next_++ % feeds_.size()], seconds);
  }
  const Plan& plan() const { return step_->plan(); }
  /// Of the first step alone, and from nothing to its end.
  double first_run_seconds() const { return first_run_seconds_; }
  double first_step_seconds() const { return first_step_seconds_; }
  std::size_t planned_bytes() const {
    return plan().arena_bytes + state_.bytes().size() + plan().constant_bytes +
           batches_.size() * plan().input_bytes;
  }

 private:
  Program program_;
  std::optional<Step> step_;
  State state_;
  std::vector<std::vector<Tensor>> batches_;
  std::vector<std::vector<const void*>> feeds_;
  std::size_t next_ = 0;
  double first_run_seconds_ = 0;
  double first_step_seconds_ = 0;
};

/// Seconds of single calls in ascending order, or of the mean of many where one is too short to be
/// timed.
std::vector<double> time_calls(const std::function<void()>& call, double seconds) {
  for (int i = 0; i < 3; ++i) call();
  auto begun = Clock::now();
  call();
  int together = std::max(1, static_cast<int>(1e-3 / std::max(since(begun), 1e-7)));
  std::vector<double> times;
  auto all = Clock::now();
  while (times.size() < 8 || since(all) < seconds) {
    begun = Clock::now();
    for (int i = 0; i < together; ++i) call();
    times.push_back(since(begun) / together);
  }
  std::sort(times.begin(), times.end());
  return times;
}

/// Seconds of the first `steps` of a training, without a warm-up, in ascending order.
std::vector<double> time_first_steps(Training& training, std::int64_t steps) {
  std::vector<double> times{training.first_run_seconds()};
  while (static_cast<std::int64_t>(times.size()) < steps) {
    auto begun = Clock::now();
    training.run();
    times.push_back(since(begun));
  }
  std::sort(times.begin(), times.end());
  return times;
}

/// Mean seconds of each kernel call, in the order of the plan.
std::vector<double> profile(Training& training, int runs) {
  std::vector<double> seconds(training.plan().steps.size());
  for (int i = 0; i < runs; ++i) training.run(seconds);
  for (double& s : seconds) s /= runs;
  return seconds;
}

void emit_profile(const Workload& workload, const Plan& plan, const std::vector<double>& seconds) {
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    const Plan::Step& step = plan.steps[i];
    Config event;
    event["event"] = "call";
    event["workload"] = std::string(workload.name);
    event["layer"] = step.path;
    event["op"] = step.op;
    event["kernel"] = step.kernel;
    event["implementation"] = step.implementation;
    event["ms"] = 1e3 * seconds[i];
    event["flops"] = step.flops;
    emit(event);
  }
}

/// The calls that take longest first, without those that take next to nothing.
void print_profile(const Plan& plan, const std::vector<double>& seconds) {
  const double all = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  std::vector<std::size_t> order(seconds.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t x, std::size_t y) { return seconds[x] > seconds[y]; });
  std::vector<std::vector<std::string>> rows{{"layer", "op", "kernel", "ms", "share", "GFLOP/s"}};
  for (std::size_t i : order) {
    if (seconds[i] < 0.002 * all) break;
    const Plan::Step& step = plan.steps[i];
    std::string kernel = step.kernel + " " + step.implementation.substr(0, 40);
    rows.push_back({step.path.empty() ? "-" : step.path, step.op, kernel,
                    fmt::format("{:.3f}", 1e3 * seconds[i]),
                    fmt::format("{:.1f} %", 100 * seconds[i] / all),
                    fmt::format("{:.1f}", step.flops / seconds[i] / 1e9)});
  }
  print(table_text(rows));
}

Config timing_event(const Workload& workload, const char* timed, std::int64_t batch_size,
                    const std::vector<double>& times) {
  const double median = times[times.size() / 2];
  Config event;
  event["event"] = "bench";
  event["workload"] = std::string(workload.name);
  event["batch_size"] = batch_size;
  event["timed"] = timed;
  event["ms"] = 1e3 * median;
  event["ms_min"] = 1e3 * times.front();
  event["steps_per_second"] = 1 / median;
  event["examples_per_second"] = static_cast<double>(batch_size) / median;
  return event;
}

/// Training steps. Without a peak the event has no share of it and no forecast.
Config measure(const Workload& workload, const Arguments& arguments, std::optional<double> peak) {
  std::int64_t batch_size = arguments.batch_size > 0 ? arguments.batch_size : workload.batch_size;
  Training training(workload, batch_size, arguments.common.seed.value_or(0));
  std::vector<double> times = arguments.steps > 0
                                  ? time_first_steps(training, arguments.steps)
                                  : time_calls([&] { training.run(); }, arguments.seconds);
  double median = times[times.size() / 2];
  double gflops = training.plan().flops / median / 1e9;
  Config event = timing_event(workload, "step", batch_size, times);
  event["gflops"] = gflops;
  event["planned_bytes"] = static_cast<std::int64_t>(training.planned_bytes());
  event["peak_rss_bytes"] = static_cast<std::int64_t>(peak_resident_bytes());
  event["first_step_seconds"] = training.first_step_seconds();
  if (peak) {  // after the peak of memory: the forecast measures how fast it is
    event["share_of_peak"] = gflops / *peak;
    event["forecast_ms"] = 1e3 * forecast_seconds(training.plan(), *peak);
  }
  if (arguments.profile) {
    const auto seconds = profile(training, std::clamp(static_cast<int>(1 / median), 5, 1000));
    if (arguments.common.json) {
      emit_profile(workload, training.plan(), seconds);
    } else {
      print_profile(training.plan(), seconds);
    }
  }
  return event;
}

/// Model::predict of one example: what a program that asks a model waits for.
Config measure_predictions(const Workload& workload, const Arguments& arguments) {
  const std::int64_t batch_size = std::max<std::int64_t>(arguments.batch_size, 1);
  Model model = workload.make();
  const Tensor features =
      random_batch(workload, batch_size, arguments.common.seed.value_or(0)).front();
  const PredictOptions options{.batch_size = batch_size};
  auto begun = Clock::now();
  model.predict(features, options);
  const double first = since(begun);
  Config event =
      timing_event(workload, "prediction", batch_size,
                   time_calls([&] { model.predict(features, options); }, arguments.seconds));
  event["peak_rss_bytes"] = static_cast<std::int64_t>(peak_resident_bytes());
  event["first_step_seconds"] = first;
  return event;
}

int bench(const Arguments& arguments) {
  apply(arguments.common);
  std::vector<const Workload*> chosen;
  for (const std::string& name : arguments.workloads) chosen.push_back(&find_workload(name));
  if (chosen.empty()) {
    for (const Workload& workload : workloads()) chosen.push_back(&workload);
  }
  if (arguments.predict && (arguments.profile || arguments.steps > 0)) {
    throw ConfigError("--predict goes with neither --profile nor --steps", {},
                      "leave one of them out");
  }
  // The measurement takes longer than a first step.
  std::optional<double> peak;
  if (!arguments.predict && arguments.steps == 0) peak = measure_peak_gflops();
  std::vector<std::vector<std::string>> rows{{"workload", "ms", "forecast", "steps/s", "examples/s",
                                              "GFLOP/s", "of peak", "planned", "resident"}};
  for (const Workload* workload : chosen) {
    say(arguments.common, fmt::format("{}: {}", workload->name, workload->description));
    Config event = arguments.predict ? measure_predictions(*workload, arguments)
                                     : measure(*workload, arguments, peak);
    if (arguments.common.json) {
      emit(event);
      continue;
    }
    auto cell = [&](const char* key, double unit, const char* form) {
      const Config* value = event.find(key);
      return value ? fmt::format(fmt::runtime(form), unit * value->as_number()) : std::string("-");
    };
    auto bytes = [&](const char* key) {
      const Config* value = event.find(key);
      return value ? bytes_text(value->as_number()) : std::string("-");
    };
    const char* four = "{:.4g}";
    rows.push_back({std::string(workload->name), cell("ms", 1, four), cell("forecast_ms", 1, four),
                    cell("steps_per_second", 1, four), cell("examples_per_second", 1, four),
                    cell("gflops", 1, four), cell("share_of_peak", 100, "{:.0f} %"),
                    bytes("planned_bytes"), bytes("peak_rss_bytes")});
  }
  if (!arguments.common.json) print(table_text(rows));
  return done;
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("bench",
                         "Times training steps of the workloads other libraries are "
                         "compared on");
  auto arguments = std::make_shared<Arguments>();
  add_common(*command, arguments->common);
  std::string names;
  for (const Workload& workload : workloads()) {
    names += (names.empty() ? "" : ", ") + std::string(workload.name);
  }
  command->add_option("workloads", arguments->workloads, names + " (default: all)");
  command->add_flag("--predict", arguments->predict,
                    "Time predictions of one example in place of training steps");
  command->add_flag("--profile", arguments->profile, "Time of each kernel call");
  command->add_option("--seconds", arguments->seconds, "How long to time each (default 3)")
      ->check(positive_number());
  command
      ->add_option("--steps", arguments->steps,
                   "Only the first steps, this many, without a warm-up")
      ->check(whole_number(1));
  command->add_option("--batch-size", arguments->batch_size, "Instead of the workload's own")
      ->check(whole_number(1));
  command->footer(
      "Resident bytes are the process's peak so far: for one workload's own, run it alone.\n"
      "Examples:\n"
      "  sloy bench W3\n"
      "  sloy bench W4 --profile\n"
      "  sloy bench W5 --predict\n"
      "  sloy bench W3 --steps 1");
  command->callback([arguments, &action] { action = [arguments] { return bench(*arguments); }; });
}

}  // namespace sloy::cli
