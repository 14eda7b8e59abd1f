#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "commands.h"
#include "console.h"
#include "interrupt.h"
#include "report.h"
#include "sources.h"

namespace sloy::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  Common common;
  RecipeSource source;
  std::string out;
  bool resume = false;
  std::string convolution;
};

/// Ends the fit when a signal came.
struct StopOnSignal {
  void on_train_batch_end(sloy::Run& run, const Logs&) {
    if (signal_received() != 0) run.interrupt();
  }
};

/// One JSON object an epoch.
struct EmitEpochs {
  void on_epoch_end(sloy::Run& run, const Logs& logs) {
    Config event;
    event["event"] = "epoch";
    event["epoch"] = run.epoch() + 1;
    event["steps"] = run.steps();
    for (const auto& [name, value] : logs) event[name] = value;
    event["seconds"] = run.seconds();
    event["images_per_second"] = run.examples_per_second();
    emit(event);
  }
};

std::string now_text() {
  std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &parts);
  return text;
}

/// The run's directory, made and known to be writable before anything is computed.
fs::path make_run_directory(const Arguments& arguments, const Recipe& recipe) {
  fs::path directory =
      arguments.out.empty()
          ? fs::path("runs") / (now_text() + "-" + name_of(arguments.source, recipe))
          : fs::path(arguments.out);
  std::error_code error;
  if (fs::exists(directory, error) && !fs::is_directory(directory, error)) {
    throw FileError("the run directory " + directory.string() + " is a file", {},
                    "give another --out");
  }
  if (!arguments.resume && fs::exists(directory, error) && !fs::is_empty(directory, error)) {
    throw FileError("the run directory " + directory.string() + " is not empty", {},
                    "give another --out, or --resume to go on with the run there");
  }
  fs::create_directories(directory, error);
  fs::path probe = directory / ".writable";
  std::ofstream file(probe);
  bool writable = !error && file && (file << "x").flush();
  file.close();
  fs::remove(probe, error);
  if (!writable) {
    throw FileError("can't write into the run directory " + directory.string(),
                    {{"found", "before training"}}, "give a writable one with --out");
  }
  return directory;
}

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  if (!(file << text) || !file.flush()) {
    throw FileError("can't write " + path.string(), {},
                    "make room on the disk, or give another --out");
  }
}

Config run_record(const Recipe& recipe) {
  Config record = to_config(about());
  record["seed"] = static_cast<std::int64_t>(recipe.seed);
  return record;
}

/// A resumed run must be the run it goes on with.
void check_same_recipe(const fs::path& directory, const Recipe& recipe) {
  std::ifstream file(directory / "recipe.toml", std::ios::binary);
  if (!file) return;
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Config before = parse_toml(text, (directory / "recipe.toml").string());
  Config now = parse_toml(recipe.to_toml());
  if (before == now) return;
  throw ConfigError("the run in " + directory.string() + " was begun with another recipe", {},
                    "repeat the arguments it was begun with, or give another --out");
}

void say_interrupted(const Arguments& arguments, const fs::path& directory) {
  std::string command = "sloy train";
  const RecipeSource& source = arguments.source;
  if (!source.file.empty()) command += " " + source.file;
  if (!source.model.empty()) command += " --model " + source.model;
  if (!source.data.empty()) command += " --data " + source.data;
  for (const std::string& assignment : source.overrides) command += " --set " + assignment;
  if (arguments.common.seed) command += fmt::format(" --seed {}", *arguments.common.seed);
  say(arguments.common,
      fmt::format("interrupted; to go on from the last finished epoch:\n  {} --out {} --resume",
                  command, directory.string()));
}

int train(const Arguments& arguments) {
  apply(arguments.common);
  Recipe recipe = read_recipe(arguments.source, arguments.common);
  if (!arguments.convolution.empty()) {
    from_config(Config(arguments.convolution), recipe.train.convolution);
  }
  fs::path directory = make_run_directory(arguments, recipe);
  if (arguments.resume) check_same_recipe(directory, recipe);

  data::Split data = recipe.load_data();
  Model model = recipe.make_model(data.train.spec());
  model.compile(recipe.compile_options());
  write_text(directory / "recipe.toml", recipe.to_toml());
  write_text(directory / "run.json", to_json(run_record(recipe)) + "\n");

  FitOptions options = recipe.fit_options();
  options.checkpoints = directory / "checkpoints";
  options.resume = arguments.resume;
  options.verbose =
      arguments.common.quiet || arguments.common.json ? Verbosity::silent : Verbosity::automatic;
  options.callbacks.push_back(StopOnSignal{});
  options.callbacks.push_back(
      CSVLogger{.filename = (directory / "log.csv").string(), .append = arguments.resume});
  if (arguments.common.json) options.callbacks.push_back(EmitEpochs{});

  watch_signals();
  auto begun = std::chrono::steady_clock::now();
  model.fit(data.train, options);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  if (int signal = signal_received(); signal != 0) {
    say_interrupted(arguments, directory);
    return signal == SIGTERM ? terminated : interrupted;
  }
  fs::path path = directory / "model.safetensors";
  model.save(path);

  Config event;
  event["event"] = "done";
  event["model"] = path.string();
  event["seconds"] = seconds;
  if (!data.test.empty()) {
    Evaluation test = model.evaluate(data.test, {.batch_size = recipe.train.batch_size});
    for (const auto& [name, value] : test.logs) event["test_" + name] = value;
    if (!arguments.common.json) print("test      " + logs_text(test.logs));
  }
  event["peak_rss_bytes"] = static_cast<std::int64_t>(peak_resident_bytes());
  if (arguments.common.json) {
    emit(event);
  } else {
    print("model     " + path.string());
  }
  return done;
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("train", "Trains a model");
  auto arguments = std::make_shared<Arguments>();
  add_common(*command, arguments->common);
  add_recipe(*command, arguments->source);
  command->add_option("--out", arguments->out, "Run directory (default: runs/<time>-<name>)");
  command->add_flag("--resume", arguments->resume,
                    "Go on with the run in --out from its last finished epoch");
  command
      ->add_option("--convolution", arguments->convolution,
                   "direct: no Winograd, for its smaller rounding errors")
      ->check(CLI::IsMember({"automatic", "direct"}));
  command->footer(
      "Examples:\n"
      "  sloy train --model cnn --data fashion-mnist\n"
      "  sloy train --model mlp --data moons --set train.epochs=20 --out runs/moons\n"
      "  sloy train recipe.toml --seed 7 --json\n"
      "  sloy train recipe.toml --out runs/a --resume");
  command->callback([arguments, &action] { action = [arguments] { return train(*arguments); }; });
}

}  // namespace sloy::cli
