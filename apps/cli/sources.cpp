#include "sources.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "no_data.h"
#include "option_words.h"
#include "usage.h"

namespace sloy::cli {
namespace {

namespace fs = std::filesystem;

bool is_regular_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

/// A model's file begins with the length of its header in eight bytes, of which the last four are 0
/// below 4 GiB. A text has no such bytes.
bool begins_as_models(const std::string& path) {
  if (!is_regular_file(path)) return false;
  std::array<char, 8> first{};
  if (!std::ifstream(path, std::ios::binary).read(first.data(), first.size())) return false;
  return std::all_of(first.begin() + 4, first.end(), [](char byte) { return byte == 0; });
}

Config read_file(const std::string& path) {
  if (is_model_file(path)) {
    throw ConfigError("this is a model, a recipe is needed", {{"file", path}},
                      "give the recipe.toml of the run that made it");
  }
  const std::vector<std::string> shipped = Recipe::shipped_names();
  const bool is_shipped = std::find(shipped.begin(), shipped.end(), path) != shipped.end();
  if (is_shipped && !fs::exists(path)) {
    throw ConfigError("there is no file " + path, {}, "--model " + path + " is the shipped recipe");
  }
  return read_toml(path);
}

/// What an option of the command line gave.
Config said(const std::string& value, const std::string& option) {
  Config config(value);
  config.set_where(option + " " + value);
  return config;
}

/// [data] of files at a place, of the kind they look like.
Config files_said(const std::string& path) {
  if (const data::Files files = data::files_at(path)) {
    return Config::Map{{"kind", said(std::string(files.kind()), "--data")},
                       {"path", said(path, "--data")}};
  }
  throw unknown_data(path);
}

/// [data] as --data says it.
Config data_said(const std::string& data) {
  const std::vector<std::string> names = data::names();
  const bool is_name = std::find(names.begin(), names.end(), data) != names.end();
  if (!is_name && fs::path(data).extension() == ".toml") {
    const Config recipe = read_toml(data);
    if (const Config* section = recipe.find("data")) return *section;
    throw ConfigError("the recipe names no data", {{"recipe", data}}, "give it a [data]");
  }
  if (is_name) return Config::Map{{"name", said(data, "--data")}};
  std::error_code error;
  if (!fs::exists(data, error)) throw no_such_data(data);
  return files_said(data);
}

/// Whether it says how files are read, wherever they are, and data of that kind have it.
bool is_of_reading(std::string_view key, const Config* kind) {
  constexpr std::array<std::string_view, 8> keys{
      "image_size", "color_mode", "interpolation",  "crop_to_aspect_ratio",
      "test_split", "bad_files",  "missing_values", "task"};
  if (!kind || std::find(keys.begin(), keys.end(), key) == keys.end()) return false;
  for (const TypeEntry<data::Files>& known : data::file_kinds()) {
    if (known.name != kind->as_string()) continue;
    const Config defaults = data::to_config(known.make_default());
    return defaults.find(key) != nullptr;
  }
  return false;
}

/// Whether a key says no more than which data are meant.
bool is_of_choice(std::string_view key) {
  constexpr std::array<std::string_view, 3> keys{"name", "kind", "path"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// --data takes the place of the recipe's data and of all that belongs to them; how they are used
/// stays.
void choose_data(Config& recipe, const DataSource& source) {
  if (!source.data.empty()) {
    Config& section = recipe["data"];
    Config chosen = data_said(source.data);
    const Config* name = section.is_map() ? section.find("name") : nullptr;
    const Config* chosen_name = chosen.find("name");
    const bool is_same = name && chosen_name && *name == *chosen_name;
    if (section.is_map()) {
      std::string dropped;
      for (auto& [key, value] : section.as_map()) {
        if (chosen.find(key)) continue;
        const bool stays = is_same || is_of_use(key) || is_of_reading(key, chosen.find("kind"));
        if (stays) {
          chosen[key] = value;
        } else if (!is_of_choice(key)) {
          dropped += (dropped.empty() ? "" : ", ") + key;
        }
      }
      if (!dropped.empty()) {
        note("--data takes the place of the recipe's [data], of which is left out: " + dropped);
      }
    }
    section = std::move(chosen);
  }
  if (!source.data_directory.empty()) {
    recipe["data"]["directory"] = said(source.data_directory, "--data-dir");
  }
  if (!source.bad_files.empty()) {
    recipe["data"]["bad_files"] = said(source.bad_files, "--bad-files");
  }
}

/// Images in the form that a model takes, where nothing else is said.
data::ImageFolder in_form(data::ImageFolder folder, const data::ImageForm& form) {
  if (!folder.image_size.is_given()) {
    folder.image_size = {form.height, form.width};
    folder.interpolation = form.interpolation;
    folder.crop_to_aspect_ratio = form.crop_to_aspect_ratio;
  }
  if (!folder.color_mode) folder.color_mode = form.color_mode;
  return folder;
}

/// A table whose rows become what a model takes; its file may be written in another way.
data::CsvFile in_form(data::CsvFile table, const data::TableForm& form,
                      const std::vector<std::string>& class_names) {
  const data::CsvFile usual;
  if (table.separator == usual.separator) table.separator = form.separator;
  if (table.skip_rows == usual.skip_rows) table.skip_rows = form.skip_rows;
  if (!table.header) table.header = form.has_header;
  table.form = form;
  if (table.class_names.empty()) table.class_names = class_names;
  if (table.class_names.empty()) table.task = data::TableTask::regression;
  return table;
}

/// Throws where a shipped recipe says of what kind the data are, which are the user's own, and
/// nobody says where.
void check_has_data(const std::string& model, const RecipeData& data) {
  if (!data.files) return;
  const Config files = to_config(data.files);
  for (const char* key : {"path", "train_images"}) {  // IDX files may have paths of their own
    const Config* place = files.find(key);
    if (place && !place->as_string().empty()) return;
  }
  throw ConfigError(fmt::format("the recipe '{}' is for data of your own", model),
                    {{"kind", std::string(data.files.kind())}}, "say where they are: --data PATH");
}

void add_data_options(CLI::App& command, DataSource& source) {
  command.add_option("--data-dir", source.data_directory, "Where a named set's files are");
  command
      .add_option("--bad-files", source.bad_files,
                  "Files of an image folder that can't be read: error (default), skip, unchecked")
      ->check(one_of({"error", "skip", "unchecked"}));
}

void add_settings(CLI::App& command, DataSource& source, const std::string& meaning,
                  const std::string& example) {
  command.add_option("--set", source.overrides, meaning + ", as " + example)
      ->check(assignment(example))
      ->allow_extra_args(false)
      ->take_all();
}

/// How a setting that is not of the data is to be written.
std::string fix_of_setting(const std::string& assignment) {
  const std::string key = assignment.substr(0, assignment.find_first_of(".="));
  const std::vector<std::string> keys = data_keys();
  const bool is_key = std::find(keys.begin(), keys.end(), key) != keys.end();
  return is_key ? fmt::format("did you mean 'data.{}'?", assignment)
                : "write it as data.test_split=0.2";
}

}  // namespace

bool is_of_use(std::string_view key) {
  constexpr std::array<std::string_view, 5> keys{"validation", "workers", "label_mode", "target",
                                                 "augment"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

void add_memory_limit(CLI::App& command, std::string& text) {
  command
      .add_option(
          "--memory-limit", text,
          "The most a step may hold, as 600MB or 1.5GB: what does not fit is computed again")
      ->check(not_empty());
}

void set_memory_limit(const std::string& text, MemoryLimit& limit) {
  if (!text.empty()) from_config(said(text, "--memory-limit"), limit);
}

void add_recipe(CLI::App& command, RecipeSource& source) {
  command.add_option("recipe", source.file, "A recipe (TOML)");
  std::string shipped;
  for (const std::string& name : Recipe::shipped_names()) {
    shipped += (shipped.empty() ? "" : ", ") + name;
  }
  command.add_option("--model", source.model, "A recipe shipped with the program: " + shipped);
  command.add_option("--data", source.data, data_help)->check(not_empty());
  add_data_options(command, source);
  add_settings(command, source, "KEY=VALUE puts a value over the recipe's", "train.epochs=3");
}

void add_data_settings(CLI::App& command, DataSource& source) {
  add_data_options(command, source);
  add_settings(command, source, "KEY=VALUE says something of the data", "data.test_split=0.2");
}

bool is_model_file(const std::string& path) {
  return fs::path(path).extension() == ".safetensors" || begins_as_models(path);
}
Model load_model(const std::string& path) {
  if (is_model_file(path) || !is_regular_file(path)) return Model::load(path);
  const bool is_recipe = fs::path(path).extension() == ".toml";
  throw FileError(
      "this is no model", {{"file", path}},
      is_recipe ? "train the recipe: sloy train " + path : "name the model.safetensors of a run");
}

Recipe read_recipe(const RecipeSource& source, const Common& common) {
  if (source.file.empty() == source.model.empty()) {
    throw ConfigError(source.file.empty() ? "a recipe file or --model is needed"
                                          : "a recipe file and --model are both given",
                      {}, "give one of them, as --model cnn --data fashion-mnist");
  }
  Config config = source.file.empty()
                      ? parse_toml(Recipe::shipped_text(source.model), source.model + ".toml")
                      : read_file(source.file);
  choose_data(config, source);
  for (const std::string& assignment : source.overrides) override_value(config, assignment);
  if (common.seed) override_value(config, "seed=" + std::to_string(*common.seed));
  Recipe recipe = Recipe::from_config(config);
  if (!source.model.empty()) check_has_data(source.model, recipe.data);
  return recipe;
}

RecipeData read_data(const DataSource& source) {
  if (source.data.empty()) {
    throw ConfigError("--data is empty", {},
                      "name a set (`sloy data list`), a file, or the directory the files are in");
  }
  Config config = Config::Map{};
  choose_data(config, source);
  for (const std::string& assignment : source.overrides) {
    if (!assignment.starts_with("data.")) {
      throw ConfigError("only the data can be set here", {{"where", "--set " + assignment}},
                        fix_of_setting(assignment));
    }
    override_value(config, assignment);
  }
  RecipeData data;
  from_config(config.at("data"), data);
  return data;
}

RecipeData read_data_for(const Model& model, const DataSource& source) {
  RecipeData data = read_data(source);
  const auto* folder = data.files.as<data::ImageFolder>();
  const auto* table = data.files.as<data::CsvFile>();
  if (folder && model.image_form()) {
    data.files = in_form(*folder, *model.image_form());
  } else if (table && model.table_form()) {
    data.files = in_form(*table, *model.table_form(), model.class_names());
  }
  return data;
}

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

bool is_by_options(const DataSource& source) {
  return fs::path(source.data).extension() != ".toml";
}
bool is_by_options(const RecipeSource& source) {
  return source.file.empty() && is_by_options(static_cast<const DataSource&>(source));
}

void tell_about(const data::Parts& parts, bool by_options) {
  for (const Notice& notice : parts.notices) {
    note(by_options ? with_options(notice.what()) : notice.what());
  }
  constexpr std::size_t shown = 5;
  const auto count = parts.skipped.size();
  if (count == 0) return;
  std::string text =
      fmt::format("{} of the data's files or rows {} left out:", count, count == 1 ? "is" : "are");
  for (std::size_t i = 0; i < std::min(count, shown); ++i) {
    text += fmt::format("\n  {}: {}", parts.skipped[i].file, parts.skipped[i].why);
  }
  if (count > shown) text += fmt::format("\n  and {} more", count - shown);
  note(text);
}

std::string name_of(const RecipeSource& source, const Recipe& recipe) {
  if (!source.file.empty()) return fs::path(source.file).stem().string();
  const RecipeData& data = recipe.data;
  const Config files = to_config(data.files);
  const Config* path = data.files ? files.find("path") : nullptr;
  const std::string of = path ? fs::path(path->as_string()).stem().string() : data.name;
  return of.empty() ? source.model : source.model + "-" + of;
}

}  // namespace sloy::cli
