#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "commands.h"
#include "console.h"
#include "interrupt.h"
#include "sources.h"
#include "usage.h"

namespace sloy::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  Common common;
  DataSource source;
  std::string out;
};

/// Thrown once a signal came.
struct Interrupted {};

/// A line on a terminal, drawn again in place.
class Progress {
 public:
  Progress(const Common& common, std::int64_t all)
      : is_shown_(!common.quiet && isatty(STDERR_FILENO) != 0), all_(all) {}
  ~Progress() {
    if (is_shown_) std::fprintf(stderr, "\r\x1b[K");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void operator()(std::int64_t examples) {
    if (signal_received() != 0) throw Interrupted{};
    const auto now = std::chrono::steady_clock::now();
    if (!is_shown_ || now < next_) return;
    next_ = now + std::chrono::milliseconds(100);
    std::fprintf(stderr, "\rpacked %s of %s examples", count_text(examples).c_str(),
                 count_text(all_).c_str());
    std::fflush(stderr);
  }

 private:
  bool is_shown_;
  std::int64_t all_;
  std::chrono::steady_clock::time_point next_ = {};
};

void report(const Arguments& arguments, const std::string& part, const data::Dataset& dataset) {
  if (dataset.empty()) return;
  const fs::path file = fs::path(arguments.out) / (part + ".sloydata");
  const auto bytes = static_cast<std::int64_t>(fs::file_size(file));
  if (!arguments.common.json) {
    print(fmt::format("{:<12}{} examples, {}: {}", part, count_text(dataset.size()),
                      bytes_text(static_cast<double>(bytes)), file.string()));
    return;
  }
  Config event;
  event["event"] = "packed";
  event["part"] = part;
  event["examples"] = dataset.size();
  event["bytes"] = bytes;
  event["file"] = file.string();
  emit(event);
}

/// Throws ConfigError on a setting that says how data are used: packed data don't keep it.
void check_settings(const DataSource& source) {
  constexpr std::string_view section = "data.";
  for (const std::string& setting : source.overrides) {
    std::string key = setting.substr(0, setting.find_first_of("=[ "));
    if (!key.starts_with(section) || !is_of_use(key.erase(0, section.size()))) continue;
    throw ConfigError(
        fmt::format("packed data are the examples as they are: {} is said to a training", key),
        {{"where", "--set " + setting}}, "leave it out, and give it to sloy train");
  }
}

int pack(const Arguments& arguments) {
  apply(arguments.common);
  check_settings(arguments.source);
  RecipeData source = read_data(arguments.source);
  // How labels and features are used is said where they are.
  source.label_mode = data::LabelMode::integer;
  source.target = data::Target::targets;
  const data::Parts parts = source.load();
  tell_about(parts, is_by_options(arguments.source));
  watch_signals();
  try {
    Progress progress(arguments.common,
                      parts.train.size() + parts.validation.size() + parts.test.size());
    data::pack(parts, arguments.out,
               {.progress = [&](std::int64_t examples) { progress(examples); }});
  } catch (const Interrupted&) {
    say(arguments.common, "interrupted: nothing is packed");
    return signal_received() == SIGTERM ? terminated : interrupted;
  }
  report(arguments, "train", parts.train);
  report(arguments, "validation", parts.validation);
  report(arguments, "test", parts.test);
  return done;
}

}  // namespace

void add_data_pack(CLI::App& data, Action& action) {
  CLI::App* command =
      data.add_subcommand("pack", "Packs data into files that are read an example at a time");
  auto arguments = std::make_shared<Arguments>();
  add_common(*command, arguments->common);
  command->add_option("data", arguments->source.data, data_help)->required();
  command
      ->add_option("--out", arguments->out,
                   "The directory that is made: train.sloydata, validation.sloydata, test.sloydata")
      ->required()
      ->check(not_empty());
  add_data_settings(*command, arguments->source);
  command->footer(
      "Examples:\n"
      "  sloy data pack fashion-mnist --out packed\n"
      "  sloy data pack photos --set data.image_size=128 --out packed\n"
      "  sloy train --model cnn --data packed");
  command->callback([arguments, &action] { action = [arguments] { return pack(*arguments); }; });
}

}  // namespace sloy::cli
