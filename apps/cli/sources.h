/// Where a command's recipe, model and data come from.
#pragma once

#include <sloy/sloy.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console.h"

namespace CLI {
class App;
}

namespace sloy::cli {

/// --data and --data-dir, with --set on top.
struct DataSource {
  std::string data;
  std::string data_directory;
  std::string bad_files;
  std::vector<std::string> overrides;
};

/// RECIPE.toml, or --model and --data, with --set on top.
struct RecipeSource : DataSource {
  std::string file;
  std::string model;
};

/// --memory-limit, and what it says put over a recipe's.
void add_memory_limit(CLI::App& command, std::string& text);
void set_memory_limit(const std::string& text, MemoryLimit& limit);
void add_recipe(CLI::App& command, RecipeSource& source);
/// Adds --data-dir and --set: what --data says is the command's own to ask for.
void add_data_settings(CLI::App& command, DataSource& source);
/// What --data takes, for its help.
inline constexpr const char* data_help =
    "A data set by name (`sloy data list`), files of your own (a CSV table, an npz file, a "
    "directory of IDX files, of npy files or of a directory of images for each class …), or a "
    "recipe whose data are meant";
/// Whether a key of [data] says how data are used, whichever they are.
bool is_of_use(std::string_view key);
/// Whether a file is named as models are, or begins as they do.
bool is_model_file(const std::string& path);
/// Throws FileError on a file that is no model.
Model load_model(const std::string& path);
/// Throws ConfigError where neither a file nor a model is given, or both are.
Recipe read_recipe(const RecipeSource& source, const Common& common);
/// The data alone. Throws ConfigError where --set is of anything else.
RecipeData read_data(const DataSource& source);
/// The same for a model: images of a folder, where nothing else is said, and rows of a table in the
/// form it takes.
RecipeData read_data_for(const Model& model, const DataSource& source);
/// Throws DataError where a table, or the classes of any data, are read otherwise than those the
/// model learned from: its numbers would stand for something else.
void check_read_alike(const Model& model, const data::Spec& spec);
/// Whether the data are described by options: by no recipe's file.
bool is_by_options(const DataSource& source);
bool is_by_options(const RecipeSource& source);
/// Says on stderr which files were left out, if any, and what is probably not as it was meant; what
/// to do about it in options, where the data are described by those.
void tell_about(const data::Parts& parts, bool by_options = false);
/// "cnn-fashion-mnist", or the file's name without its ending: what run directories are called.
std::string name_of(const RecipeSource& source, const Recipe& recipe);

}  // namespace sloy::cli
