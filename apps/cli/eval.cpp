#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "commands.h"
#include "console.h"
#include "report.h"
#include "sources.h"
#include "usage.h"

namespace sloy::cli {
namespace {

struct Arguments {
  Common common;
  std::string model;
  DataSource source;
  std::string part = "test";
  std::int64_t batch_size = 128;
};

Config counts(const Tensor& matrix) {
  std::int64_t classes = matrix.shape().size(0);
  auto values = matrix.values<double>();
  Config::List rows;
  for (std::int64_t r = 0; r < classes; ++r) {
    Config::List row;
    for (std::int64_t c = 0; c < classes; ++c) {
      row.push_back(static_cast<std::int64_t>(values[static_cast<std::size_t>(r * classes + c)]));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

data::Dataset part_of(const data::Parts& parts, std::string_view name) {
  if (name == "train") return parts.train;
  if (name == "validation") return parts.validation;
  if (name == "test") return parts.test;
  return parts.train.concatenated(parts.validation).concatenated(parts.test);
}

int evaluate(const Arguments& arguments) {
  apply(arguments.common);
  Model model = load_model(arguments.model);
  const data::Parts parts = read_data_for(model, arguments.source).load();
  tell_about(parts, is_by_options(arguments.source));
  const data::Dataset dataset = part_of(parts, arguments.part);
  if (dataset.empty()) {
    throw DataError(fmt::format("the data have no {} part", arguments.part), {},
                    "measure another: --part train, or --part all");
  }
  check_read_alike(model, dataset.spec());
  bool classifies = dataset.spec().num_classes > 1 && !model.output_types().empty() &&
                    model.output_types()[0].shape.rank() == 2;
  Evaluation result =
      model.evaluate(dataset, {.batch_size = arguments.batch_size, .confusion_matrix = classifies});
  for (const Notice& notice : result.notices) note(notice.what());
  if (arguments.common.json) {
    Config event;
    event["event"] = "eval";
    event["loss"] = result.loss;
    for (const auto& [name, value] : result.logs) event[name] = value;
    event["examples"] = result.examples;
    if (result.confusion_matrix) event["confusion_matrix"] = counts(*result.confusion_matrix);
    emit(event);
    return done;
  }
  print(fmt::format("{}   {} examples", logs_text(result.logs), count_text(result.examples)));
  if (result.confusion_matrix) {
    print("");
    print(confusion_text(*result.confusion_matrix, dataset.spec()));
  }
  return done;
}

}  // namespace

void add_eval(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("eval", "Measures a model on a data set");
  auto arguments = std::make_shared<Arguments>();
  add_common(*command, arguments->common);
  command->add_option("model", arguments->model, "A model (.safetensors)")->required();
  command->add_option("--data", arguments->source.data, data_help)->required();
  add_data_settings(*command, arguments->source);
  command->add_option("--part", arguments->part, "test (default), validation, train or all of them")
      ->check(one_of({"test", "validation", "train", "all"}));
  command->add_option("--batch-size", arguments->batch_size, "Examples at a time (default 128)")
      ->check(whole_number(1));
  command->footer(
      "Examples:\n"
      "  sloy eval model.safetensors --data fashion-mnist\n"
      "  sloy eval model.safetensors --data moons --set data.generated.seed=5\n"
      "  sloy eval runs/a/model.safetensors --data runs/a/recipe.toml\n"
      "  sloy eval runs/a/model.safetensors --data new-rows.csv --part all");
  command->callback(
      [arguments, &action] { action = [arguments] { return evaluate(*arguments); }; });
}

}  // namespace sloy::cli
