#include "sources.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sloy::cli {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw FileError("the recipe " + path + " can't be read", {},
                    "give an existing file, or --model with one of the shipped recipes");
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
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

Recipe read_recipe(const RecipeSource& source, const Common& common) {
  if (source.file.empty() == source.model.empty()) {
    throw ConfigError("give either a recipe file or --model", {},
                      "sloy train --model cnn --data fashion-mnist");
  }
  Config config = source.file.empty()
                      ? parse_toml(Recipe::shipped_text(source.model), source.model + ".toml")
                      : parse_toml(read_text(source.file), source.file);
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
