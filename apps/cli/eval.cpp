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

/// Throws DataError where a table, or the classes of any data, are read otherwise than those the
/// model learned from: its numbers would stand for something else.
void check_read_alike(const Model& model, const data::Spec& spec) {
  const auto refuse = [](std::string_view what, const std::string& learned,
                         const std::string& found, const std::string& fix) {
    throw DataError(fmt::format("these data have other {} than those the model learned from", what),
                    {{"learned", learned}, {"found", found}}, fix);
  };
  const std::vector<std::string>& names = model.class_names();
  if (!names.empty() && !spec.class_names.empty() && names != spec.class_names) {
    refuse("classes", fmt::format("{}", fmt::join(names, ", ")),
           fmt::format("{}", fmt::join(spec.class_names, ", ")),
           "measure it on data with these classes, in this order");
  }
  if (!model.table_form() || !spec.table_form) return;
  const auto columns_of = [](const data::TableForm& form) {
    std::string text;
    for (const data::TableColumn& column : form.columns) {
      text += (text.empty() ? "" : ", ") + column.name;
      if (!column.categories.empty()) {
        text += fmt::format(" ({})", fmt::join(column.categories, ", "));
      }
    }
    return text;
  };
  const std::string learned = columns_of(*model.table_form());
  const std::string found = columns_of(*spec.table_form);
  if (learned == found) return;
  refuse("columns or categories", learned, found,
         "give a table with these columns in this order and these categories, or measure it as the "
         "recipe's test_path");
}

int evaluate(const Arguments& arguments) {
  apply(arguments.common);
  Model model = load_model(arguments.model);
  const data::Parts parts = read_data(arguments.source).load();
  tell_about(parts);
  const data::Dataset& dataset = arguments.part == "train"        ? parts.train
                                 : arguments.part == "validation" ? parts.validation
                                                                  : parts.test;
  if (dataset.empty()) {
    throw DataError(fmt::format("the data have no {} part", arguments.part), {},
                    "measure another with --part, or give larger data");
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
    print(confusion_text(*result.confusion_matrix, dataset.spec().class_names));
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
  command->add_option("--part", arguments->part, "test (default), validation or train")
      ->check(one_of({"test", "validation", "train"}));
  command->add_option("--batch-size", arguments->batch_size, "Examples at a time (default 128)")
      ->check(whole_number(1));
  command->footer(
      "Examples:\n"
      "  sloy eval model.safetensors --data fashion-mnist\n"
      "  sloy eval model.safetensors --data moons --set data.generated.seed=5\n"
      "  sloy eval runs/a/model.safetensors --data runs/a/recipe.toml");
  command->callback(
      [arguments, &action] { action = [arguments] { return evaluate(*arguments); }; });
}

}  // namespace sloy::cli
