#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "commands.h"
#include "console.h"
#include "forecast.h"
#include "kernel_options.h"
#include "report.h"
#include "sources.h"
#include "steps_text.h"

namespace sloy::cli {
namespace {

struct Arguments {
  Common common;
  RecipeSource source;
  KernelOptions kernels;
  std::string memory_limit;
  bool explain = false;
};

Config step_event(const Plan::Step& step, bool explain) {
  Config event;
  event["event"] = "step";
  event["op"] = step.op;
  event["layer"] = step.path;
  event["phase"] = std::string(phase_name(step.phase));
  event["kernel"] = step.kernel;
  event["implementation"] = step.implementation;
  event["flops"] = step.flops;
  event["bytes"] = step.bytes;
  event["slow"] = step.slow;
  event["again"] = step.again;
  event["scratch_bytes"] = static_cast<std::int64_t>(step.scratch_bytes);
  event["tuned"] = step.tuned;
  if (!explain) return event;
  event["operands"] = to_config(step.operands);
  Config::List refused;
  for (const auto& [offer, reason] : step.refused) {
    Config one;
    one["kernel"] = offer;
    one["reason"] = reason;
    refused.push_back(std::move(one));
  }
  event["refused"] = std::move(refused);
  return event;
}

/// What is foreseen of a run on this machine.
struct Forecast {
  std::size_t process_bytes;  ///< the program, its libraries and kernels, once it is compiled
  std::size_t peak_bytes;
  MachineSpeed machine;
  double step_seconds;
  double unlimited_seconds;  ///< of a step without the memory limit
};

/// `unlimited` makes the plan without the memory limit.
template <class MakePlan>
Forecast forecast(const Plan& plan, MakePlan unlimited) {
  // First, as measuring takes memory of its own.
  const std::size_t process = resident_bytes();
  const MachineSpeed machine = measure_machine(plan, measure_peak_gflops());
  const auto seconds = [&](const Plan& of) {
    return of.seconds(machine.gflops, machine.gigabytes_per_second);
  };
  return {process, process + plan.total_bytes(), machine, seconds(plan),
          seconds(plan.saved_bytes > 0 ? unlimited() : plan)};
}

Config totals(const Plan& plan, const Forecast& forecast) {
  Config event;
  event["event"] = "plan";
  event["steps"] = static_cast<std::int64_t>(plan.steps.size());
  event["arena_bytes"] = static_cast<std::int64_t>(plan.arena_bytes);
  event["scratch_bytes"] = static_cast<std::int64_t>(plan.scratch_bytes);
  event["state_bytes"] = static_cast<std::int64_t>(plan.state_bytes);
  event["constant_bytes"] = static_cast<std::int64_t>(plan.constant_bytes);
  event["input_bytes"] = static_cast<std::int64_t>(plan.input_bytes);
  event["saving_bytes"] = static_cast<std::int64_t>(plan.saving_bytes);
  event["process_bytes"] = static_cast<std::int64_t>(forecast.process_bytes);
  event["peak_rss_bytes"] = static_cast<std::int64_t>(forecast.peak_bytes);
  event["flops"] = plan.flops;
  event["step_ms"] = 1e3 * forecast.step_seconds;
  event["saved_bytes"] = static_cast<std::int64_t>(plan.saved_bytes);
  event["flops_again"] = plan.flops_again;
  event["unlimited_step_ms"] = 1e3 * forecast.unlimited_seconds;
  return event;
}

std::string totals_text(const Plan& plan, const Forecast& forecast) {
  auto bytes = [](std::size_t count) { return bytes_text(static_cast<double>(count)); };
  std::vector<std::vector<std::string>> rows{
      {"peak memory, beside the data", bytes(forecast.peak_bytes)},
      {"  activations and gradients", bytes(plan.arena_bytes)},
      {"    of these kernels' scratch", bytes(plan.scratch_bytes)},
      {"  parameters and optimiser", bytes(plan.state_bytes)},
      {"  constants", bytes(plan.constant_bytes)},
      {"  batches", bytes(plan.input_bytes)},
      {"  saving", bytes(plan.saving_bytes)},
      {"  the program, its libraries and kernels", bytes(forecast.process_bytes)},
      {"time a step, about", fmt::format("{:.3g} ms", 1e3 * forecast.step_seconds)},
      {"work a step", fmt::format("{:.3g} GFLOP", plan.flops / 1e9)},
      {"kernel calls a step", std::to_string(plan.steps.size())}};
  if (plan.saved_bytes > 0) {
    rows.push_back({"saved by the memory limit", bytes(plan.saved_bytes)});
    rows.push_back({"  for work done again", fmt::format("{:.3g} GFLOP", plan.flops_again / 1e9)});
    rows.push_back({"  time a step without, about",
                    fmt::format("{:.3g} ms", 1e3 * forecast.unlimited_seconds)});
  }
  return table_text(rows);
}

/// Seconds that the reorder takes, about: all it does is to move memory.
double seconds_of(const Plan& plan, const Plan::Reorder& reorder, const MachineSpeed& machine) {
  return plan.steps[reorder.step].least_seconds(machine.gflops, machine.gigabytes_per_second);
}

Config reorder_event(const Plan& plan, const Plan::Reorder& reorder, const MachineSpeed& machine) {
  Config event;
  event["event"] = "reorder";
  event["of"] = reorder.of_weight ? "weight" : "activation";
  event["value"] = reorder.value;
  event["type"] = reorder.type;
  event["from"] = reorder.from;
  event["to"] = reorder.to;
  event["bytes"] = plan.steps[reorder.step].bytes;
  event["ms"] = 1e3 * seconds_of(plan, reorder, machine);
  event["readers"] = to_config(reorder.readers);
  return event;
}

/// The kernels, in the order they run.
std::string steps_text(const Plan& plan) {
  std::string text;
  for (const Plan::Step& step : plan.steps) {
    std::string line = fmt::format("{:<9} {:<24} {:<28} {}", phase_name(step.phase), step.path,
                                   step.op, step.kernel);
    if (step.implementation != step.kernel) line += "  " + step.implementation;
    if (step.tuned) line += "  (by its time)";
    if (step.again) line += "  (again)";
    text += line + "\n";
    for (const std::string& operand : step.operands) text += "            " + operand + "\n";
    for (const auto& [offer, reason] : step.refused) {
      text += fmt::format("            not {}: {}\n", offer, reason);
    }
  }
  return text;
}

/// The values that are written anew in another order: of activations first, then of weights.
std::string reorders_text(const Plan& plan, const MachineSpeed& machine) {
  std::string text;
  for (const bool of_weight : {false, true}) {
    std::string list;
    double bytes = 0, seconds = 0;
    int count = 0;
    for (const Plan::Reorder& reorder : plan.reorders) {
      if (reorder.of_weight != of_weight) continue;
      const double moved = plan.steps[reorder.step].bytes;
      const double taken = seconds_of(plan, reorder, machine);
      list += fmt::format("  {}   {}\n    {} to {}, {} read and written, about {:.2g} ms\n",
                          reorder.value, reorder.type, reorder.from, reorder.to, bytes_text(moved),
                          1e3 * taken);
      for (const std::string& reader : reorder.readers) list += "    for " + reader + "\n";
      bytes += moved;
      seconds += taken;
      ++count;
    }
    text += fmt::format("reorders of {}: {}", of_weight ? "weights" : "activations", count);
    if (count > 0) text += fmt::format(", {}, about {:.2g} ms", bytes_text(bytes), 1e3 * seconds);
    text += "\n" + list;
  }
  return text;
}

int plan(const Arguments& arguments) {
  apply(arguments.common);
  Recipe recipe = read_recipe(arguments.source, arguments.common);
  apply(arguments.kernels, recipe.train);
  set_memory_limit(arguments.memory_limit, recipe.train.memory_limit);
  const data::Header header = recipe.load_header();
  Model model = recipe.make_model(header.spec);
  const CompileOptions compile = recipe.compile_options();
  model.compile(compile);
  FitOptions options = recipe.fit_options();
  options.checkpoints = "checkpoints";  // as train does; none is written
  const Plan made = model.plan(header.spec, header.examples, options);
  const Forecast foreseen = forecast(made, [&] {
    CompileOptions without = recipe.compile_options();
    without.memory_limit = {};
    model.compile(without);
    return model.plan(header.spec, header.examples, options);
  });
  for (const Notice& notice : notices(made)) note(notice.what());
  for (const Notice& notice : notices(compile.tuning)) note(notice.what());
  if (arguments.common.json) {
    for (const Plan::Step& step : made.steps) emit(step_event(step, arguments.explain));
    if (arguments.explain) {
      for (const Plan::Reorder& reorder : made.reorders) {
        emit(reorder_event(made, reorder, foreseen.machine));
      }
    }
    emit(totals(made, foreseen));
    return done;
  }
  if (arguments.explain) {
    print(steps_text(made) + "\n" + reorders_text(made, foreseen.machine) + "\n");
  }
  print(totals_text(made, foreseen));
  return done;
}

}  // namespace

void add_plan(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("plan", "Memory and work of a training step, before anything runs");
  auto arguments = std::make_shared<Arguments>();
  add_common(*command, arguments->common);
  add_recipe(*command, arguments->source);
  add_memory_limit(*command, arguments->memory_limit);
  command->add_flag("--explain", arguments->explain,
                    "Each kernel, its operands' layouts, and why faster ones refused; then every "
                    "reorder that is left, who wants it and why");
  add_kernel_options(*command, arguments->kernels);
  command->footer(
      "Examples:\n"
      "  sloy plan --model cnn --data fashion-mnist\n"
      "  sloy plan recipe.toml --set train.batch_size=256 --explain");
  command->callback([arguments, &action] { action = [arguments] { return plan(*arguments); }; });
}

}  // namespace sloy::cli
