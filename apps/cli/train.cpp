#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>

#include "callback_files.h"
#include "commands.h"
#include "console.h"
#include "interrupt.h"
#include "kernel_options.h"
#include "option_words.h"
#include "report.h"
#include "run_directory.h"
#include "sources.h"
#include "usage.h"

namespace sloy::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  Common common;
  RecipeSource source;
  std::string out;
  bool resume = false;
  KernelOptions kernels;
  std::string memory_limit;
};

/// Ends the fit when a signal came.
struct StopOnSignal {
  void on_train_batch_end(sloy::Run& run, const Logs&) {
    if (signal_received() != 0) run.interrupt();
  }
};

/// Results on stdout while somebody reads them. A training goes on without: it has a model to save.
class Results {
 public:
  void emit(const Config& event) {
    write([&] { cli::emit(event); });
  }
  void print(const std::string& text) {
    write([&] { cli::print(text); });
  }

 private:
  template <class Write>
  void write(Write write) {
    if (!is_read_) return;
    try {
      write();
    } catch (const NobodyReads&) {
      is_read_ = false;
      note("nobody reads the output any more: the training goes on to its end");
    }
  }
  bool is_read_ = true;
};

/// One JSON object an epoch.
struct EmitEpochs {
  Results& results;
  void on_epoch_end(sloy::Run& run, const Logs& logs) {
    Config event;
    event["event"] = "epoch";
    event["epoch"] = run.epoch() + 1;
    event["steps"] = run.steps();
    for (const auto& [name, value] : logs) event[name] = value;
    event["seconds"] = run.seconds();
    event["examples_per_second"] = run.examples_per_second();
    event["images_per_second"] = run.examples_per_second();
    event["data_wait"] = run.data_wait();
    results.emit(event);
  }
};

/// Where no progress is shown, which says notices above itself.
struct SayNotices {
  void on_notice(sloy::Run&, const Notice& notice) { note(notice.what()); }
};

/// Once everything is known to fit: what the run is made of, for --resume and for people.
struct RecordRun {
  RunDirectory& directory;
  const Recipe& recipe;
  const Tuning& tuning;
  bool& begun;
  void on_train_begin(sloy::Run&) {
    directory.record(recipe, tuning);
    begun = true;
  }
  void on_epoch_end(sloy::Run&, const Logs&) { directory.keep(); }
};

void say_interrupted(const Arguments& arguments, const fs::path& directory) {
  std::string command = "sloy train";
  const auto add = [&](const std::string& option, const std::string& value) {
    if (!value.empty()) command += option + " " + shell_word(value);
  };
  const RecipeSource& source = arguments.source;
  add("", source.file);
  add(" --model", source.model);
  add(" --data", source.data);
  add(" --data-dir", source.data_directory);
  for (const std::string& assignment : source.overrides) add(" --set", assignment);
  if (arguments.common.seed) add(" --seed", std::to_string(*arguments.common.seed));
  add(" --convolution", arguments.kernels.convolution);
  if (arguments.kernels.tune) command += " --tune";
  add(" --memory-limit", arguments.memory_limit);
  add(" --out", directory.string());
  tell("interrupted; to go on from the last finished epoch:\n  " + command + " --resume");
}

FitOptions fit_options(const Arguments& arguments, const Recipe& recipe, const data::Parts& data,
                       RunDirectory& directory, Results& results) {
  FitOptions options = recipe.fit_options(data);
  options.callbacks = place_callbacks(options.callbacks, directory, arguments.source.file);
  options.checkpoints = directory.checkpoints();
  options.resume = arguments.resume;
  options.callbacks.push_back(StopOnSignal{});
  if (arguments.common.quiet || arguments.common.json) {
    options.verbose = Verbosity::silent;
    options.callbacks.push_back(SayNotices{});
  }
  if (arguments.common.json) options.callbacks.push_back(EmitEpochs{results});
  return options;
}

/// Numbers of kernels that are exactly 0, as a proximal penalty makes them, and all of theirs.
struct Zeros {
  std::int64_t count = 0;
  std::int64_t all = 0;
};
Zeros zeros_of(const Model& model) {
  Zeros zeros;
  for (const std::string& name : model.weight_names()) {
    if (!name.ends_with("kernel"))
      continue;  // first biases are 0, as is much of a whitening matrix
    const Tensor numbers = model.weight(name).cast(DType::float32);
    const std::span<const float> values = numbers.values<float>();
    zeros.count += std::count(values.begin(), values.end(), 0.0f);
    zeros.all += numbers.size();
  }
  return zeros;
}

/// What the trained model does on the test data, where there are any.
void report(const Arguments& arguments, const Recipe& recipe, Model& model,
            const data::Dataset& test, const std::string& path, double seconds, Results& results) {
  Config event;
  event["event"] = "done";
  event["model"] = path;
  event["seconds"] = seconds;
  if (test.empty()) {
    note("the data have no test part: the model is measured on none");
  } else {
    Evaluation measured = model.evaluate(test, {.batch_size = recipe.train.batch_size});
    for (const auto& [name, value] : measured.logs) event["test_" + name] = value;
    if (!arguments.common.json) results.print("test      " + logs_text(measured.logs));
  }
  if (const Zeros zeros = zeros_of(model); zeros.count > 0) {
    event["zero_weights"] = zeros.count;
    if (!arguments.common.json) {
      results.print(fmt::format("zeros     {} of {} numbers of kernels", zeros.count, zeros.all));
    }
  }
  event["peak_rss_bytes"] = static_cast<std::int64_t>(peak_resident_bytes());
  if (arguments.common.json) {
    results.emit(event);
  } else {
    results.print("model     " + path);
  }
}

int train(const Arguments& arguments) {
  apply(arguments.common);
  if (arguments.resume && arguments.out.empty()) {
    throw ConfigError("--resume needs --out", {}, "name the run's directory: --out DIR --resume");
  }
  Recipe recipe = read_recipe(arguments.source, arguments.common);
  apply(arguments.kernels, recipe.train);
  set_memory_limit(arguments.memory_limit, recipe.train.memory_limit);
  RunDirectory directory = arguments.out.empty()
                               ? RunDirectory::unused(name_of(arguments.source, recipe))
                               : RunDirectory(arguments.out, arguments.resume);
  if (arguments.resume) directory.check_same(recipe);

  const data::Parts data = recipe.load_data();
  tell_about(data, is_by_options(arguments.source));
  Model model = recipe.make_model(data.train.spec());
  CompileOptions compile = recipe.compile_options();
  // What was measured when the run began is repeated, whatever this machine would choose now.
  if (compile.tuning && arguments.resume && fs::exists(directory.tuning())) {
    compile.tuning = Tuning::recorded(directory.tuning().string());
  }
  const Tuning tuning = compile.tuning;
  model.compile(std::move(compile));
  bool begun = false;
  Results results;
  FitOptions options = fit_options(arguments, recipe, data, directory, results);
  options.callbacks.push_back(RecordRun{directory, recipe, tuning, begun});
  options.callbacks.push_back(
      CSVLogger{.filename = (directory.path() / "log.csv").string(), .append = arguments.resume});

  watch_signals();
  auto start = std::chrono::steady_clock::now();
  try {
    model.fit(data.train, options);
    directory.keep();
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (int signal = signal_received(); signal != 0) {
      say_interrupted(arguments, directory.path());
      return signal == SIGTERM ? terminated : interrupted;
    }
    const std::string path = directory.path() / "model.safetensors";
    model.save(path);
    report(arguments, recipe, model, data.test, path, seconds, results);
  } catch (const FileError& error) {
    // From here on a file that can't be written is no mistake of the arguments.
    if (!begun) throw;
    complain(error.what());
    return failed;
  }
  return done;
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("train", "Trains a model");
  auto arguments = std::make_shared<Arguments>();
  add_common(*command, arguments->common);
  add_recipe(*command, arguments->source);
  command->add_option("--out", arguments->out, "Run directory (default: runs/<time>-<name>)")
      ->check(not_empty());
  command->add_flag("--resume", arguments->resume,
                    "Go on with the run in --out from its last finished epoch");
  add_kernel_options(*command, arguments->kernels);
  add_memory_limit(*command, arguments->memory_limit);
  command->footer(
      "Examples:\n"
      "  sloy train --model cnn --data fashion-mnist\n"
      "  sloy train --model mlp --data moons --set train.epochs=20 --out runs/moons\n"
      "  sloy train recipe.toml --seed 7 --json\n"
      "  sloy train recipe.toml --out runs/a --resume");
  command->callback([arguments, &action] { action = [arguments] { return train(*arguments); }; });
}

}  // namespace sloy::cli
