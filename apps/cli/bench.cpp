#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>

#include "commands.h"
#include "console.h"
#include "forecast.h"
#include "kernel_options.h"
#include "profile_report.h"
#include "report.h"
#include "run_directory.h"
#include "sources.h"
#include "usage.h"
#include "workloads.h"

namespace sloy::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Arguments {
  Common common;
  std::vector<std::string> workloads;
  bool predict = false;
  KernelOptions kernels;
  bool profile = false;
  std::string trace;
  double seconds = 3;
  std::int64_t steps = 0;
  std::int64_t batch_size = 0;
  std::string precision = "float32";
  std::string memory_limit;
};

double since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

/// The training step of a workload and four batches it runs over in turn.
class Training {
 public:
  Training(const Workload& workload, std::int64_t batch_size, const Arguments& arguments) {
    auto begun = Clock::now();
    const std::uint64_t seed = arguments.common.seed.value_or(0);
    Model model = workload.make();
    CompileOptions options = workload.compile_options();
    options.seed = seed;
    apply(arguments.kernels, options);
    if (arguments.precision == "mixed_bfloat16") {
      options.precision = NumericPrecision::mixed_bfloat16;
    }
    set_memory_limit(arguments.memory_limit, options.memory_limit);
    model.compile(options);
    tuning_ = options.tuning;
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
  Profile profile(double seconds) {
    return sloy::profile(*step_, state_, feeds_[0], {.seconds = seconds});
  }
  const Plan& plan() const { return step_->plan(); }
  /// Of the first step alone, and from nothing to its end.
  double first_run_seconds() const { return first_run_seconds_; }
  const Tuning& tuning() const { return tuning_; }
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
  Tuning tuning_;
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

/// Writes the trace of a step to the file asked for, or into a directory of its own. Gives its
/// path.
fs::path write_trace(const std::string& trace, std::string_view workload, const std::string& file) {
  if (!file.empty()) {
    write_text(file, trace);
    return file;
  }
  const RunDirectory directory = RunDirectory::unused(fmt::format("bench-{}", workload));
  write_text(directory.path() / "trace.json", trace);
  return directory.path() / "trace.json";
}

void report_profile(const Workload& workload, const Profile& taken, const Plan& plan,
                    const Arguments& arguments, double peak) {
  const MachineSpeed machine = measure_machine(plan, peak);
  const std::string trace = chrome_trace(taken, fmt::format("sloy bench {}", workload.name));
  const std::string file = write_trace(trace, workload.name, arguments.trace).string();
  if (!arguments.common.json) {
    print(profile_text(taken, machine) + "\ntrace     " + file +
          "   for chrome://tracing and ui.perfetto.dev\n\n");
    return;
  }
  std::vector<Config> events = profile_events(taken, machine, workload.name);
  events.back()["trace"] = file;
  for (Config& event : events) emit(std::move(event));
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
  Training training(workload, batch_size, arguments);
  for (const Notice& notice : notices(training.tuning())) note(notice.what());
  std::vector<double> times = arguments.steps > 0
                                  ? time_first_steps(training, arguments.steps)
                                  : time_calls([&] { training.run(); }, arguments.seconds);
  double median = times[times.size() / 2];
  double gflops = training.plan().flops / median / 1e9;
  Config event = timing_event(workload, "step", batch_size, times);
  event["precision"] = arguments.precision;
  event["gflops"] = gflops;
  event["arena_bytes"] = static_cast<std::int64_t>(training.plan().arena_bytes);
  event["saved_bytes"] = static_cast<std::int64_t>(training.plan().saved_bytes);
  event["flops_again"] = training.plan().flops_again;
  event["planned_bytes"] = static_cast<std::int64_t>(training.planned_bytes());
  event["peak_rss_bytes"] = static_cast<std::int64_t>(peak_resident_bytes());
  event["first_step_seconds"] = training.first_step_seconds();
  if (peak) {  // after the peak of memory: the forecast measures how fast it is
    event["share_of_peak"] = gflops / *peak;
    event["forecast_ms"] = 1e3 * forecast_seconds(training.plan(), *peak);
  }
  if (arguments.profile) {
    report_profile(workload, training.profile(arguments.seconds), training.plan(), arguments,
                   *peak);
  }
  return event;
}

/// The program that Model::predict runs, call by call.
void profile_predictions(const Workload& workload, Model& model, const Tensor& features,
                         const Arguments& arguments, double peak) {
  Graph graph;
  Build build(graph, false);
  const Value x = graph.input("x", model.input_types().front());
  const Program program = compile({.outputs = {model(build, x)}});
  State state(program.variables());
  const void* feed = features.data();
  const std::int64_t batch_size = features.shape().size(0);
  const Profile taken =
      profile(program.step(batch_size), state, {&feed, 1}, {.seconds = arguments.seconds});
  report_profile(workload, taken, program.plan(batch_size), arguments, peak);
}

/// Model::predict of one example: what a program that asks a model waits for.
Config measure_predictions(const Workload& workload, const Arguments& arguments,
                           std::optional<double> peak) {
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
  if (arguments.profile) profile_predictions(workload, model, features, arguments, *peak);
  return event;
}

/// A model predicts as it is: what a training is compiled with doesn't reach that.
void refuse_options_of_training(const Arguments& arguments) {
  const std::pair<const char*, bool> options[] = {
      {"--steps", arguments.steps > 0},
      {"--precision", arguments.precision != "float32"},
      {"--memory-limit", !arguments.memory_limit.empty()},
      {"--convolution", !arguments.kernels.convolution.empty()},
      {"--tune", arguments.kernels.tune}};
  for (const auto& [name, is_given] : options) {
    if (!is_given) continue;
    throw ConfigError(fmt::format("--predict does not go with {}", name), {},
                      "leave one of them out");
  }
}

int bench(const Arguments& arguments) {
  apply(arguments.common);
  if (!arguments.trace.empty() && !(arguments.profile && arguments.workloads.size() == 1)) {
    throw ConfigError("--trace takes one workload's profile", {},
                      "as sloy bench W3 --profile --trace w3.json");
  }
  std::vector<const Workload*> chosen;
  for (const std::string& name : arguments.workloads) chosen.push_back(&find_workload(name));
  if (chosen.empty()) {
    for (const Workload& workload : workloads()) chosen.push_back(&workload);
  }
  if (arguments.predict) refuse_options_of_training(arguments);
  // The measurement takes longer than a first step.
  std::optional<double> peak;
  if (arguments.profile || (!arguments.predict && arguments.steps == 0)) {
    peak = measure_peak_gflops();
  }
  std::vector<std::vector<std::string>> rows{{"workload", "ms", "forecast", "steps/s", "examples/s",
                                              "GFLOP/s", "of peak", "planned", "resident"}};
  for (const Workload* workload : chosen) {
    say(arguments.common, fmt::format("{}: {}", workload->name, workload->description));
    Config event = arguments.predict ? measure_predictions(*workload, arguments, peak)
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
  command->add_flag("--profile", arguments->profile,
                    "Where the time goes, by kind, op, layer and kernel call, against what the "
                    "machine can do; writes a trace for chrome://tracing and Perfetto");
  command
      ->add_option("--trace", arguments->trace,
                   "The trace's file (default: runs/<time>-bench-W/trace.json)")
      ->check(not_empty());
  add_kernel_options(*command, arguments->kernels);
  command->add_option("--seconds", arguments->seconds, "How long to time each (default 3)")
      ->check(positive_number());
  command
      ->add_option("--steps", arguments->steps,
                   "Only the first steps, this many, without a warm-up")
      ->check(whole_number(1));
  command->add_option("--batch-size", arguments->batch_size, "Instead of the workload's own")
      ->check(whole_number(1));
  command
      ->add_option("--precision", arguments->precision,
                   "float32 (default) or mixed_bfloat16: how the step computes")
      ->check(one_of({"float32", "mixed_bfloat16"}));
  add_memory_limit(*command, arguments->memory_limit);
  command->footer(
      "Resident bytes are the process's peak so far: for one workload's own, run it alone.\n"
      "Examples:\n"
      "  sloy bench W3\n"
      "  sloy bench W4 --profile\n"
      "  sloy bench W5 --predict --profile\n"
      "  sloy bench W3 --steps 1\n"
      "  sloy bench W4 --convolution direct\n"
      "  sloy bench W5 --precision mixed_bfloat16");
  command->callback([arguments, &action] { action = [arguments] { return bench(*arguments); }; });
}

}  // namespace sloy::cli
