#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <numeric>

#include "commands.h"
#include "console.h"
#include "forecast.h"
#include "report.h"
#include "sources.h"
#include "usage.h"
#include "workloads.h"

namespace sloy::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  Common common;
  std::vector<std::string> workloads;
  bool profile = false;
  double seconds = 3;
  std::int64_t batch_size = 0;
  std::string memory_limit;
};

double since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

/// The training step of a workload and four batches it runs over in turn.
class Training {
 public:
  Training(const Workload& workload, std::int64_t batch_size, std::uint64_t seed,
           MemoryLimit memory_limit) {
    auto begun = Clock::now();
    Model model = workload.make();
    CompileOptions options = workload.compile_options();
    options.seed = seed;
    options.memory_limit = memory_limit;
    model.compile(options);
    program_ = model.training_program(workload.spec(), batch_size);
    step_.emplace(program_.step(batch_size));
    state_ = State(program_.variables(), {.seed = seed});
    for (std::uint64_t i = 0; i < 4; ++i) {
      batches_.push_back(random_batch(workload, batch_size, seed + i));
      feeds_.push_back({batches_.back()[0].data(), batches_.back()[1].data()});
    }
    run();
    first_step_seconds_ = since(begun);
  }

  void run() { step_->run(state_, feeds_[next_++ % feeds_.size()]); }
  void run(std::span<double> seconds) {
    step_->run(state_, feeds_[next_++ % feeds_.size()], seconds);
  }
  const Plan& plan() const { return step_->plan(); }
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
  double first_step_seconds_ = 0;
};

/// Seconds of single steps, or of the mean of many where one is too short to be timed.
std::vector<double> time_steps(Training& training, double seconds) {
  for (int i = 0; i < 3; ++i) training.run();
  auto begun = Clock::now();
  training.run();
  int together = std::max(1, static_cast<int>(1e-3 / std::max(since(begun), 1e-7)));
  std::vector<double> times;
  auto all = Clock::now();
  while (times.size() < 8 || since(all) < seconds) {
    begun = Clock::now();
    for (int i = 0; i < together; ++i) training.run();
    times.push_back(since(begun) / together);
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

Config measure(const Workload& workload, const Arguments& arguments, double peak) {
  std::int64_t batch_size = arguments.batch_size > 0 ? arguments.batch_size : workload.batch_size;
  MemoryLimit memory_limit;
  set_memory_limit(arguments.memory_limit, memory_limit);
  Training training(workload, batch_size, arguments.common.seed.value_or(0), memory_limit);
  std::vector<double> times = time_steps(training, arguments.seconds);
  double median = times[times.size() / 2];
  double gflops = training.plan().flops / median / 1e9;
  Config event;
  event["event"] = "bench";
  event["workload"] = std::string(workload.name);
  event["batch_size"] = batch_size;
  event["ms"] = 1e3 * median;
  event["ms_min"] = 1e3 * times.front();
  event["steps_per_second"] = 1 / median;
  event["examples_per_second"] = static_cast<double>(batch_size) / median;
  event["gflops"] = gflops;
  event["share_of_peak"] = gflops / peak;
  event["arena_bytes"] = static_cast<std::int64_t>(training.plan().arena_bytes);
  event["saved_bytes"] = static_cast<std::int64_t>(training.plan().saved_bytes);
  event["flops_again"] = training.plan().flops_again;
  event["planned_bytes"] = static_cast<std::int64_t>(training.planned_bytes());
  event["peak_rss_bytes"] = static_cast<std::int64_t>(peak_resident_bytes());
  event["forecast_ms"] = 1e3 * forecast_seconds(training.plan(), peak);
  event["first_step_seconds"] = training.first_step_seconds();
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

int bench(const Arguments& arguments) {
  apply(arguments.common);
  std::vector<const Workload*> chosen;
  for (const std::string& name : arguments.workloads) chosen.push_back(&find_workload(name));
  if (chosen.empty()) {
    for (const Workload& workload : workloads()) chosen.push_back(&workload);
  }
  double peak = measure_peak_gflops();
  std::vector<std::vector<std::string>> rows{{"workload", "ms", "forecast", "steps/s", "examples/s",
                                              "GFLOP/s", "of peak", "planned", "resident"}};
  for (const Workload* workload : chosen) {
    say(arguments.common, fmt::format("{}: {}", workload->name, workload->description));
    Config event = measure(*workload, arguments, peak);
    if (arguments.common.json) {
      emit(event);
      continue;
    }
    auto number = [&](const char* key) { return event.at(key).as_number(); };
    rows.push_back({std::string(workload->name), fmt::format("{:.4g}", number("ms")),
                    fmt::format("{:.4g}", number("forecast_ms")),
                    fmt::format("{:.4g}", number("steps_per_second")),
                    fmt::format("{:.4g}", number("examples_per_second")),
                    fmt::format("{:.4g}", number("gflops")),
                    fmt::format("{:.0f} %", 100 * number("share_of_peak")),
                    bytes_text(number("planned_bytes")), bytes_text(number("peak_rss_bytes"))});
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
  command->add_flag("--profile", arguments->profile, "Time of each kernel call");
  command->add_option("--seconds", arguments->seconds, "How long to time each (default 3)")
      ->check(positive_number());
  command->add_option("--batch-size", arguments->batch_size, "Instead of the workload's own")
      ->check(whole_number(1));
  add_memory_limit(*command, arguments->memory_limit);
  command->footer(
      "Resident bytes are the process's peak so far: for one workload's own, run it alone.\n"
      "Examples:\n"
      "  sloy bench W3\n"
      "  sloy bench W4 --profile");
  command->callback([arguments, &action] { action = [arguments] { return bench(*arguments); }; });
}

}  // namespace sloy::cli
