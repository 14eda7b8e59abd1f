#include "sources.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

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
      ->check(assignment())
      ->allow_extra_args(false)
      ->take_all();
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
  if (!source.data.empty()) override_value(config, "data.name=" + quoted(source.data));
  if (!source.data_directory.empty()) {
    override_value(config, "data.directory=" + quoted(source.data_directory));
  }
  for (const std::string& assignment : source.overrides) override_value(config, assignment);
  if (common.seed) override_value(config, "seed=" + std::to_string(*common.seed));
  return Recipe::from_config(config);
}

std::string name_of(const RecipeSource& source, const Recipe& recipe) {
  if (!source.file.empty()) return fs::path(source.file).stem().string();
  return recipe.data.name.empty() ? source.model : source.model + "-" + recipe.data.name;
}

}  // namespace sloy::cli
