#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <optional>

#include "commands.h"
#include "console.h"
#include "data_report.h"
#include "label_report.h"
#include "option_words.h"
#include "sources.h"
#include "usage.h"

namespace sloy::cli {
namespace {

struct Arguments {
  Common common;
  DataSource source;
  std::string out;
  std::optional<std::int64_t> examples;
  bool augment = false;
  bool suspicious_labels = false;
  std::string model;
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

/// What is read must not be written over, nor become part of the data.
void check_output(const Arguments& arguments) {
  namespace fs = std::filesystem;
  if (fs::path(arguments.out).extension() != ".png") {
    throw ConfigError("--out is a PNG image", {{"given", arguments.out}},
                      "give a name that ends in .png");
  }
  std::error_code error;
  const fs::path data = fs::canonical(arguments.source.data, error);
  if (error || !fs::is_directory(data, error)) return;
  const fs::path out = fs::weakly_canonical(arguments.out, error);
  if (std::mismatch(data.begin(), data.end(), out.begin(), out.end()).first != data.end()) return;
  throw ConfigError("--out is among the data", {{"file", arguments.out}, {"data", data.string()}},
                    "give another directory");
}

/// Examples as they are in the first pass over them, changed in the others.
struct Preview {
  data::Dataset plain;
  data::Dataset changed;
  std::int64_t size() const { return plain.size(); }
  const data::Spec& spec() const { return changed.spec(); }
  void read(std::int64_t index, const data::Slot& slot) const {
    (slot.epoch == 0 ? plain : changed).read(index, slot);
  }
};

/// As a training changes them. Throws where they change in shape: both are drawn beside each other.
data::Dataset preview_of(const data::Dataset& train, const RecipeData& source) {
  if (source.augment.empty()) {
    throw ConfigError("--augment shows what [data] augment does, which says nothing", {},
                      "name a recipe that has it, or write --set "
                      "'data.augment=[{ type = \"RandomFlip\" }]'");
  }
  const data::Dataset changed = data::augmented(train, source.augment, 0);
  if (changed.spec().features == train.spec().features) return Preview{train, changed};
  throw DataError("the images change in shape, which no training takes",
                  {{"features", to_string(train.spec().features)},
                   {"augmented", to_string(changed.spec().features)}},
                  "keep the shape: RandomCrop with padding and no size, or RandomResizedCrop");
}

/// A picture of what is learned from.
void draw(const Arguments& arguments, const RecipeData& source, const data::Dataset& train) {
  constexpr std::int64_t shown = 10;
  constexpr std::int64_t shown_augmented = 2;
  constexpr std::int64_t passes = 5;
  data::ContactSheetOptions options{
      .examples = arguments.examples.value_or(arguments.augment ? shown_augmented : shown)};
  if (arguments.augment) options.repeats = passes;
  const data::Dataset drawn = arguments.augment ? preview_of(train, source) : train;
  write_png(arguments.out, data::contact_sheet(drawn, options));
}

void report(const Arguments& arguments, const Config& event, void (*print)(const Config&)) {
  if (arguments.common.json) {
    emit(event);
  } else {
    print(event);
  }
}

/// By a model every part is looked at; else the one that nets can learn from.
void report_labels(const Arguments& arguments, const NamedParts& parts, Model* model) {
  for (const auto& [part, dataset] : parts) {
    const std::uint64_t seed = arguments.common.seed.value_or(0);
    report(arguments, describe_labels(part, dataset, model, seed), print_labels);
    if (!model) break;
  }
}

/// Whether empty cells of a table would keep a training from beginning: here they get numbers.
bool fill_missing(RecipeData& source) {
  const auto* table = source.files.as<data::CsvFile>();
  if (!table || table->missing_values != data::MissingValues::refuse) return false;
  data::CsvFile filled = *table;
  filled.missing_values = data::MissingValues::mean;
  source.files = filled;
  return true;
}

void tell_filled(const Arguments& arguments, const data::Parts& parts) {
  std::string columns;
  for (const auto& [column, count] : parts.missing) {
    columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", column, count);
  }
  const Notice notice("values are missing: a training asks what becomes of them",
                      {{"columns", columns},
                       {"here",
                        "a number becomes its column's mean, a row without target is left "
                        "out"}},
                      "say missing_values = \"mean\", \"median\" or \"skip\"");
  note(is_by_options(arguments.source) ? with_options(notice.what()) : notice.what());
}

int show(const Arguments& arguments) {
  apply(arguments.common);
  if (!arguments.model.empty() && !arguments.suspicious_labels && !arguments.augment) {
    throw ConfigError("--model is of use with --suspicious-labels or --augment", {},
                      "give one of them too");
  }
  if (arguments.augment && arguments.out.empty()) {
    throw ConfigError("--augment draws, and needs --out", {}, "name a picture: --out sheet.png");
  }
  if (arguments.examples && arguments.out.empty()) {
    throw ConfigError("--examples says how many --out draws", {},
                      "name a picture: --out sheet.png");
  }
  if (!arguments.out.empty()) check_output(arguments);
  std::optional<Model> model;
  if (!arguments.model.empty() && arguments.suspicious_labels) model = load_model(arguments.model);
  RecipeData source = model ? read_data_for(*model, arguments.source) : read_data(arguments.source);
  if (!arguments.model.empty() && !model) {
    source.augment = Recipe::shipped(arguments.model).data.augment;
  }
  const bool fills = fill_missing(source);
  const data::Parts parts = source.load();
  tell_about(parts, is_by_options(arguments.source));
  if (fills && !parts.missing.empty()) tell_filled(arguments, parts);
  if (!arguments.out.empty()) draw(arguments, source, parts.train);
  NamedParts named{{"train", parts.train}, {"validation", parts.validation}, {"test", parts.test}};
  std::erase_if(named, [](const auto& part) { return part.second.empty(); });
  for (const auto& [part, dataset] : named) {
    report(arguments, describe_part(part, dataset, parts.missing), print_part);
  }
  report(arguments, describe_duplicates(named), print_duplicates);
  if (arguments.suspicious_labels) report_labels(arguments, named, model ? &*model : nullptr);
  return done;
}

}  // namespace

void add_data(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("data", "Data sets: list them, look at one, pack one");
  command->require_subcommand(1);
  command->footer("Examples:\n  sloy data list\n  sloy data show photos --out photos.png");
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

  CLI::App* show_command = command->add_subcommand(
      "show", "Sizes, classes, columns and statistics of data; pictures of them");
  add_common(*show_command, arguments->common);
  show_command->add_option("data", arguments->source.data, data_help)->required();
  add_data_settings(*show_command, arguments->source);
  show_command
      ->add_option("--out", arguments->out,
                   "Draw images, or points of the plane, into this PNG file, class by class")
      ->check(not_empty());
  show_command
      ->add_option("--examples", arguments->examples,
                   "Examples of each class that --out draws (default 10, with --augment 2)")
      ->check(whole_number(1, 1000));
  show_command->add_flag("--augment", arguments->augment,
                         "Draw each example as it is and as four epochs of a training would change "
                         "it, by what the data's recipe, --set data.augment, or a shipped recipe "
                         "that --model names says");
  show_command->add_flag("--suspicious-labels", arguments->suspicious_labels,
                         "List examples whose label is contradicted: by nets trained here on the "
                         "rest of the data, or by --model");
  show_command
      ->add_option("--model", arguments->model,
                   "For --suspicious-labels a model (.safetensors) that has not learned from the "
                   "labels; for --augment a shipped recipe")
      ->check(not_empty());
  show_command->footer(
      "Examples:\n"
      "  sloy data show fashion-mnist --out fashion.png\n"
      "  sloy data show rows.csv --set data.target_column=price\n"
      "  sloy data show photos --set data.image_size=64\n"
      "  sloy data show photos --set data.image_size=64 --augment --model photos --out "
      "changed.png\n"
      "  sloy data show recipe.toml --augment --out changed.png\n"
      "  sloy data show moons --set data.generated.size=1000");
  show_command->callback(
      [arguments, &action] { action = [arguments] { return show(*arguments); }; });
  add_data_pack(*command, action);
}

}  // namespace sloy::cli
