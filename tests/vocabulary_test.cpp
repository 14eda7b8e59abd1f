/// Every type of tests/vocabulary in a recipe with arguments that are not its
/// defaults: two steps by `sloy train` and the same two in this process end in
/// the same weights, and of what was saved this process and another predict the
/// same bits. A line has the type alone, which is put into a small recipe, or
/// names the file of a whole one.
#include <gtest/gtest.h>
#include <sloy/sloy.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "harness/process.h"

namespace sloy {
namespace {

using harness::bytes_of_file;
using harness::Finished;
using harness::run_sloy;
using harness::TemporaryDirectory;

/// A line of tests/vocabulary: its columns, without the spaces around them.
struct Word {
  std::string name;
  std::string kind;
  std::string type;
  std::string recipe;
};

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<Word> words() {
  std::ifstream file("tests/vocabulary");
  std::vector<Word> found;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::vector<std::string> columns;
    std::size_t begin = 0;
    for (std::size_t end; (end = line.find('|', begin)) != std::string::npos; begin = end + 1) {
      columns.push_back(trimmed(line.substr(begin, end - begin)));
    }
    if (columns.size() < 4) ADD_FAILURE() << line;
    found.push_back({columns.at(0), columns.at(1), columns.at(2), columns.at(3)});
  }
  return found;
}

/// What the recipe column says, as TOML says a value.
Config value_of(const Word& word) { return parse_toml("value = " + word.recipe).at("value"); }

/// The file of a whole recipe; empty where the line has a type.
std::string file_of(const Word& word) {
  const Config value = value_of(word);
  const bool is_file = value.is_string() && value.as_string().ends_with(".toml");
  return is_file ? value.as_string() : "";
}

/// Whether a type, or a key, is somewhere in a recipe.
bool holds(const Config& recipe, const std::string& name) {
  if (recipe.is_string()) return recipe.as_string() == name;
  if (recipe.is_list()) {
    return std::ranges::any_of(recipe.as_list(),
                               [&](const Config& item) { return holds(item, name); });
  }
  if (!recipe.is_map()) return false;
  return std::ranges::any_of(recipe.as_map(), [&](const auto& entry) {
    return entry.first == name || holds(entry.second, name);
  });
}

/// The recipe of a word: 24 points of two coordinates, two steps.
class RecipeText {
 public:
  explicit RecipeText(const Word& word) {
    // { in = [4, 3], … }: what a layer takes, a list of those where it has several inputs;
    // { data = "plane", … }: what is learned; the rest is the type.
    Config value = value_of(word);
    Config around = Config::Map{};
    if (value.is_map()) {
      std::erase_if(value.as_map(), [&](const auto& entry) {
        if (entry.first != "in" && entry.first != "data") return false;
        around.as_map().push_back(entry);
        return true;
      });
    }
    if (const Config* data = around.find("data")) set_data(data->as_string());
    if (word.kind == "layer") {
      add_layer(value, around);
    } else if (word.kind == "activation") {
      layers_ = dense(6, {{"activation", value}});
    } else if (word.kind == "initializer") {
      layers_ = dense(6, {{"kernel_initializer", value}});
    } else if (word.kind == "regularizer") {
      layers_ = dense(6, {{"kernel_regularizer", value}});
    } else if (word.kind == "constraint") {
      layers_ = dense(6, {{"kernel_constraint", value}});
    } else if (word.kind == "schedule") {
      train_["optimizer"] = Config::Map{{"type", "SGD"}, {"learning_rate", value}};
    } else if (word.kind == "loss") {
      set_loss(value);
    } else if (word.kind == "metric") {
      train_["metrics"] = Config::List{value};
    } else if (word.kind == "callback") {
      train_["callbacks"] = Config::List{value};
    } else if (word.kind == "optimizer") {
      train_["optimizer"] = value;
    } else {
      ADD_FAILURE() << "the recipe of a " << word.kind << " isn't known: " << word.name;
    }
  }

  std::string text() const {
    Config::List layers = layers_;
    layers.push_back(Config::Map{{"type", "Dense"}, {"units", last_units_}, {"activation", last_}});
    Config train = train_;
    train["epochs"] = 1;
    train["batch_size"] = 12;
    if (!train.find("loss")) {
      train["loss"] = Config::Map{{"type", "SparseCategoricalCrossentropy"}, {"from_logits", true}};
    }
    Config recipe;
    recipe["seed"] = 11;
    recipe["data"] = Config::Map{
        {"name", data_}, {"label_mode", label_mode_}, {"generated", Config::Map{{"size", 30}}}};
    recipe["model"] = Config::Map{{"layer", layers}};
    recipe["train"] = train;
    return to_toml(recipe);
  }

 private:
  static Config::List dense(int units, Config::Map more = {}) {
    Config::Map layer{{"type", "Dense"}, {"units", units}};
    layer.insert(layer.end(), more.begin(), more.end());
    return {Config(layer)};
  }

  /// The layer between dense ones, on the shape it takes; of several inputs on a branch for each.
  void add_layer(const Config& layer, const Config& around) {
    if (layer.is_map() && layer.at("type").as_string() == "Input") {
      layers_.insert(layers_.begin(), layer);
      return;
    }
    Config::List shapes{Config::List{6}};
    if (const Config* in = around.find("in")) {
      shapes = in->as_list().front().is_list() ? in->as_list() : Config::List{*in};
    }
    Config::List branches;
    layers_ = dense(6, {{"name", "body"}});
    for (const Config& shape : shapes) {
      const std::string number = std::to_string(branches.size());
      branches.emplace_back("shaped_" + number);
      std::int64_t numbers = 1;
      for (const Config& size : shape.as_list()) numbers *= size.as_integer();
      layers_.push_back(Config::Map{{"type", "Dense"},
                                    {"units", numbers},
                                    {"name", "branch_" + number},
                                    {"inputs", Config::List{"body"}}});
      layers_.push_back(
          Config::Map{{"type", "Reshape"}, {"target_shape", shape}, {"name", branches.back()}});
    }
    layers_.push_back(layer);
    if (branches.size() > 1) layers_.back()["inputs"] = branches;
    layers_.push_back("Flatten");
  }

  /// Of the plane a number is learned.
  void set_data(const std::string& data) {
    data_ = data;
    if (data != "plane") return;
    last_units_ = 1;
    train_["loss"] = "MeanSquaredError";
  }

  /// Of two classes a number is learned that is 0 or 1: a count to Poisson.
  void set_loss(const Config& loss) {
    train_["loss"] = loss;
    const Loss made = loss_from_config(loss);
    const bool is_of_classes = made.as<SparseCategoricalCrossentropy>() != nullptr;
    const bool is_of_two = made.as<BinaryCrossentropy>() || made.as<BinaryFocalCrossentropy>() ||
                           made.as<Hinge>() || made.as<SquaredHinge>() || made.as<Poisson>();
    const bool is_of_rows = made.as<CategoricalCrossentropy>() || made.as<KLDivergence>() ||
                            made.as<CategoricalFocalCrossentropy>() ||
                            made.as<CategoricalHinge>() || made.as<CosineSimilarity>();
    const bool takes_shares = made.prediction() == Prediction::probabilities ||
                              made.as<KLDivergence>() || made.as<Poisson>();
    if (takes_shares) last_ = is_of_classes || is_of_rows ? "softmax" : "sigmoid";
    if (is_of_rows) label_mode_ = "categorical";
    if (is_of_two) label_mode_ = "binary";
    if (is_of_classes || is_of_rows) return;
    last_units_ = 1;
    if (!is_of_two) data_ = "plane";  // one number to predict
  }

  std::string data_ = "moons";
  std::string label_mode_ = "int";
  Config::List layers_ = dense(6);
  int last_units_ = 2;
  std::string last_ = "linear";
  Config train_ = Config::Map{};
};

/// Images of 28×28 with labels from 0 to 9, for recipes that learn Fashion-MNIST.
void write_images(const std::string& directory) {
  std::filesystem::create_directories(directory);
  for (const auto& [part, count] : {std::pair{"train", 26}, std::pair{"t10k", 10}}) {
    const auto size = static_cast<char>(count);
    std::string images{0, 0, 8, 3, 0, 0, 0, size, 0, 0, 0, 28, 0, 0, 0, 28};
    std::string labels{0, 0, 8, 1, 0, 0, 0, size};
    for (int i = 0; i < count; ++i) {
      for (int pixel = 0; pixel < 784; ++pixel) {
        images += static_cast<char>((pixel * (i % 10 + 3) + 7 * i) % 251);
      }
      labels += static_cast<char>(i % 10);
    }
    const std::string path = directory + "/" + part;
    std::ofstream(path + "-images-idx3-ubyte", std::ios::binary) << images;
    std::ofstream(path + "-labels-idx1-ubyte", std::ios::binary) << labels;
  }
}

class Vocabulary : public testing::Test {
 protected:
  void check(const Word& word) {
    SCOPED_TRACE(word.name + ": " + word.recipe);
    const TemporaryDirectory directory;
    std::string recipe_file = file_of(word);
    std::vector<std::string> more;
    if (recipe_file.empty()) {
      const std::string text = RecipeText(word).text();
      SCOPED_TRACE(text);
      recipe_file = directory / "recipe.toml";
      std::ofstream(recipe_file) << text;
    } else if (bytes_of_file(recipe_file).find("\"fashion-mnist\"") != std::string::npos) {
      write_images(directory / "images");
      more = {"--data", directory / "images", "--set", "train.epochs=1",
              "--set",  "train.batch_size=12"};
    }
    check_recipe(word, recipe_file, more, directory);
  }

 private:
  static void check_recipe(const Word& word, const std::string& recipe_file,
                           const std::vector<std::string>& more,
                           const TemporaryDirectory& directory) {
    std::vector<std::string> command{"train", recipe_file, "--out", directory / "run", "--quiet"};
    command.insert(command.end(), more.begin(), more.end());
    const Finished trained = run_sloy(command);
    ASSERT_EQ(trained.exit_code, 0) << trained.err;

    const Recipe recipe = Recipe::read(directory / "run/recipe.toml");
    const data::Parts data = recipe.load_data();
    const Tensor examples = data.test.features()[0];
    const std::string file = directory / "run/model.safetensors";
    Model loaded = Model::load(file);
    const std::vector<Tensor> here = loaded.predict(std::vector{examples});
    expect_predictions_of_another_process(file, examples, loaded.output_names(), here);
    if (word.kind == "callback") return;  // it writes files: they are the program's

    Model model = recipe.make_model(data.train.spec());
    model.compile(recipe.compile_options());
    FitOptions options = recipe.fit_options(data);
    options.verbose = Verbosity::silent;
    model.fit(data.train, options);
    for (const std::string& name : model.weight_names()) {
      EXPECT_EQ(model.weight(name), loaded.weight(name)) << name;
    }
    EXPECT_EQ(model.predict(std::vector{examples}), here);
  }

  static void expect_predictions_of_another_process(const std::string& model,
                                                    const Tensor& examples,
                                                    const std::vector<std::string>& outputs,
                                                    const std::vector<Tensor>& expected) {
    const TemporaryDirectory directory;
    write_tensor(directory / "examples.npy", examples);
    ASSERT_EQ(outputs.size(), expected.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      std::vector<std::string> ask{"predict", model, directory / "examples.npy", "--out",
                                   directory / "predictions.npy"};
      if (outputs.size() > 1) ask.insert(ask.end(), {"--layer", outputs[i]});
      const Finished predicted = run_sloy(ask);
      ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
      EXPECT_EQ(read_tensor(directory / "predictions.npy"), expected[i]) << outputs[i];
    }
  }
};

/// A word may be in the list more than once: each recipe is tried once.
TEST_F(Vocabulary, IsTrainedSavedAndLoaded) {
  std::set<std::pair<std::string, std::string>> done;
  for (const Word& word : words()) {
    if (word.recipe.starts_with('-')) continue;  // the line says why
    if (!done.insert({word.kind, word.recipe}).second) continue;
    check(word);
  }
  EXPECT_GT(done.size(), 20u);
}

/// Arguments that are the defaults would prove less.
TEST_F(Vocabulary, HasArgumentsThatAreNotDefaults) {
  for (const Word& word : words()) {
    if (word.recipe.starts_with('-') || word.kind == "activation") continue;
    const Config value = value_of(word);
    if (value.is_string()) continue;  // a type without arguments
    EXPECT_GT(value.as_map().size(), 1u) << word.name;
  }
}

/// The type of a line, or the key that it is about, is part of its recipe.
TEST_F(Vocabulary, IsInTheRecipeThatItsLineNames) {
  for (const Word& word : words()) {
    if (word.recipe.starts_with('-') || word.kind == "activation") continue;
    const std::string file = file_of(word);
    const std::size_t colons = word.type.rfind("::");
    if (word.kind == "model" && colons == std::string::npos) continue;  // no type
    const std::string name = colons == std::string::npos ? word.type : word.type.substr(colons + 2);
    const Config recipe = file.empty() ? value_of(word) : read_toml(file);
    EXPECT_TRUE(holds(recipe, name)) << word.name << ": " << word.recipe << " has no " << name;
  }
}

/// What is a type and no recipe can have: it takes a function.
TEST_F(Vocabulary, HasARecipeForEveryType) {
  const std::set<std::string> types_without{
      "- a function, `confusion_matrix`, that `evaluate` and `sloy eval` call",
      "- fit stops by itself, with a NumericError", "- fit's `verbose`"};
  for (const Word& word : words()) {
    const bool is_type = word.kind != "model" && word.kind != "data";
    if (!is_type || !word.recipe.starts_with('-')) continue;
    EXPECT_TRUE(types_without.contains(word.type)) << word.name << ": " << word.recipe;
  }
}

}  // namespace
}  // namespace sloy
