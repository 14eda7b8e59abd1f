/// Where a command's recipe, model and data come from.
#pragma once

#include <sloy/sloy.h>

#include <optional>
#include <string>
#include <vector>

#include "console.h"

namespace CLI {
class App;
}

namespace sloy::cli {

/// RECIPE.toml, or --model and --data, with --set on top.
struct RecipeSource {
  std::string file;
  std::string model;
  std::string data;
  std::string data_directory;
  std::vector<std::string> overrides;
};

void add_recipe(CLI::App& command, RecipeSource& source);
/// Whether a file is named as models are, or begins as they do.
bool is_model_file(const std::string& path);
/// Throws FileError on a file that is no model.
Model load_model(const std::string& path);
/// Throws ConfigError where neither a file nor a model is given, or both are.
Recipe read_recipe(const RecipeSource& source, const Common& common);
/// "cnn-fashion-mnist", or the file's name without its ending: what run directories are called.
std::string name_of(const RecipeSource& source, const Recipe& recipe);

}  // namespace sloy::cli
