#include "sources.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

namespace sloy::cli {
namespace {

Config read_file(const std::string& path) {
  if (is_model_file(path)) {
    throw ConfigError("this is a model, a recipe is needed", {{"file", path}},
                      "give the recipe.toml of the run that made it");
  }
  const std::vector<std::string> shipped = Recipe::shipped_names();
  const bool is_shipped = std::find(shipped.begin(), shipped.end(), path) != shipped.end();
  if (is_shipped && !std::filesystem::exists(path)) {
    throw ConfigError("there is no file " + path, {}, "--model " + path + " is the shipped recipe");
  }
  return read_toml(path);
}

std::string quoted(const std::string& value) { return to_json(Config(value)); }

}  // namespace

void add_recipe(CLI::App& command, RecipeSource& source) {
  command.add_option("recipe", source.file, "A recipe (TOML)");
  std::string shipped;
  for (const std::string& name : Recipe::shipped_names()) {
    shipped += (shipped.empty() ? "" : ", ") + name;
  }
  command.add_option("--model", source.model, "A recipe shipped with the program: " + shipped);
  command.add_option("--data", source.data, "A data set by name: see `sloy data list`");
  command.add_option("--data-dir", source.data_directory, "Where that data set's files are");
  command
      .add_option("--set", source.overrides,
                  "KEY=VALUE puts a value over the recipe's, as train.epochs=3")
      ->allow_extra_args(false)
      ->take_all();
}

bool is_model_file(const std::string& path) {
  return std::filesystem::path(path).extension() == ".safetensors";
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
  if (!source.data.empty()) override_value(config, "data.name=" + quoted(source.data));
  if (!source.data_directory.empty()) {
    override_value(config, "data.directory=" + quoted(source.data_directory));
  }
  for (const std::string& assignment : source.overrides) override_value(config, assignment);
  if (common.seed) override_value(config, "seed=" + std::to_string(*common.seed));
  return Recipe::from_config(config);
}

std::string name_of(const RecipeSource& source, const Recipe& recipe) {
  if (!source.file.empty()) return std::filesystem::path(source.file).stem().string();
  return recipe.data.name.empty() ? source.model : source.model + "-" + recipe.data.name;
}

}  // namespace sloy::cli
