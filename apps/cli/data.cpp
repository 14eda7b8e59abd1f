#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>

#include "commands.h"
#include "console.h"
#include "report.h"
#include "sources.h"

namespace sloy::cli {
namespace {

struct Arguments {
  Common common;
  DataSource source;
};

std::string names_of_kinds() {
  std::string names;
  for (const auto& kind : data::file_kinds()) {
    names += (names.empty() ? "" : ", ") + std::string(kind.name);
  }
  return names;
}

int list(const Arguments& arguments) {
  for (const std::string& name : data::names()) {
    if (arguments.common.json) {
      Config event;
      event["event"] = "data";
      event["name"] = name;
      emit(event);
    } else {
      print(name);
    }
  }
  if (!arguments.common.json) return done;
  for (const auto& kind : data::file_kinds()) {
    Config event;
    event["event"] = "data_kind";
    event["kind"] = std::string(kind.name);
    emit(event);
  }
  return done;
}

/// The class that a first target says, in any form of LabelMode.
std::size_t class_of(const Tensor& target) {
  if (target.size() == 1) return static_cast<std::size_t>(target.item());
  const std::span<const float> row = target.values<float>();
  return static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

std::vector<std::int64_t> class_counts(const data::Dataset& dataset) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(dataset.spec().num_classes), 0);
  for (std::int64_t i = 0; !counts.empty() && i < dataset.size(); ++i) {
    const std::size_t label = class_of(dataset[i].targets[0]);
    if (label < counts.size()) ++counts[label];
  }
  return counts;
}

Config describe(const std::string& part, const data::Dataset& dataset) {
  data::Statistics statistics = data::statistics(dataset);
  Config event;
  event["event"] = "data";
  event["part"] = part;
  event["examples"] = dataset.size();
  event["features"] = to_string(dataset.spec().features);
  event["target"] = to_string(dataset.spec().targets);
  event["mean"] = to_config(statistics.mean);
  event["deviation"] = to_config(statistics.standard_deviation);
  Config::Map counts;
  std::vector<std::int64_t> by_class = class_counts(dataset);
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    const auto& names = dataset.spec().class_names;
    counts.emplace_back(c < names.size() ? names[c] : std::to_string(c), by_class[c]);
  }
  event["classes"] = std::move(counts);
  return event;
}

std::string numbers_text(const Config& list) {
  std::string text;
  for (const Config& number : list.as_list()) {
    text += fmt::format("{}{:.4g}", text.empty() ? "" : ", ", number.as_number());
  }
  return text;
}

int show(const Arguments& arguments) {
  apply(arguments.common);
  const data::Parts parts = read_data(arguments.source).load();
  tell_skipped(parts);
  for (const auto& [part, dataset] :
       {std::pair{"train", parts.train}, std::pair{"validation", parts.validation},
        std::pair{"test", parts.test}}) {
    if (dataset.empty()) continue;
    Config event = describe(part, dataset);
    if (arguments.common.json) {
      emit(event);
      continue;
    }
    print(fmt::format("{:<12}{} examples of {}, target {}", part, count_text(dataset.size()),
                      event.at("features").as_string(), event.at("target").as_string()));
    print(fmt::format("            mean {}   deviation {}", numbers_text(event.at("mean")),
                      numbers_text(event.at("deviation"))));
    std::vector<std::vector<std::string>> rows{{"            class", "examples"}};
    for (const auto& [name, count] : event.at("classes").as_map()) {
      rows.push_back({"            " + name, count_text(count.as_integer())});
    }
    if (rows.size() > 1) print(table_text(rows));
  }
  return done;
}

}  // namespace

void add_data(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("data", "Data sets: list them, look at one, pack one");
  command->require_subcommand(1);
  command->footer("Examples:\n  sloy data list\n  sloy data show fashion-mnist");
  auto arguments = std::make_shared<Arguments>();
  CLI::App* list_command = command->add_subcommand("list", "Names of the data sets known");
  add_common(*list_command, arguments->common);
  list_command->footer("Files of your own need no name: sloy data show PATH. Their kinds are " +
                       names_of_kinds() +
                       ".\n"
                       "Example:\n"
                       "  sloy data list --json");
  list_command->callback(
      [arguments, &action] { action = [arguments] { return list(*arguments); }; });

  CLI::App* show_command = command->add_subcommand("show", "Sizes, classes and statistics");
  add_common(*show_command, arguments->common);
  show_command->add_option("data", arguments->source.data, data_help)->required();
  add_data_settings(*show_command, arguments->source);
  show_command->footer(
      "Examples:\n"
      "  sloy data show fashion-mnist\n"
      "  sloy data show moons --set data.generated.size=1000");
  show_command->callback(
      [arguments, &action] { action = [arguments] { return show(*arguments); }; });
  add_data_pack(*command, action);
}

}  // namespace sloy::cli
