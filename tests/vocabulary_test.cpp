/// Every type of tests/vocabulary in a recipe with arguments that are not its
/// defaults: two steps by `sloy train` and the same two in this process end in
/// the same weights, and another process that loads them predicts the same
/// bits.
#include <gtest/gtest.h>
#include <sloy/sloy.h>

#include <fstream>
#include <map>
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

/// The recipe of a word: 24 points of two coordinates, two steps.
class RecipeText {
 public:
  explicit RecipeText(const Word& word) {
    // { in = [4, 3], … }: what a layer takes; the rest is the layer.
    Config value = parse_toml("value = " + word.recipe).at("value");
    const Config shape = detail::take_keys(value, std::array<std::string_view, 1>{"in"});
    if (word.kind == "layer") {
      add_layer(value, shape);
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
    recipe["data"] = Config::Map{{"name", data_}, {"generated", Config::Map{{"size", 30}}}};
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

  /// The layer between dense ones, on the shape it takes; of several inputs
  /// twice the same.
  void add_layer(const Config& layer, const Config& shape) {
    Config::List sizes{6};
    if (const Config* in = shape.find("in")) sizes = in->as_list();
    std::int64_t numbers = 1;
    for (const Config& size : sizes) numbers *= size.as_integer();
    layers_ = dense(static_cast<int>(numbers));
    layers_.push_back(
        Config::Map{{"type", "Reshape"}, {"target_shape", sizes}, {"name", "shaped"}});
    layers_.push_back(layer);
    layers_.push_back("Flatten");
  }

  void set_loss(const Config& loss) {
    train_["loss"] = loss;
    const Loss made = loss_from_config(loss);
    const bool is_of_classes = made.as<SparseCategoricalCrossentropy>() != nullptr;
    const bool is_of_two = made.as<BinaryCrossentropy>() || made.as<BinaryFocalCrossentropy>() ||
                           made.as<Hinge>() || made.as<SquaredHinge>();
    const bool takes_shares = made.prediction() == Prediction::probabilities ||
                              made.as<KLDivergence>() || made.as<Poisson>();
    if (takes_shares) last_ = is_of_classes ? "softmax" : "sigmoid";
    if (!is_of_classes) last_units_ = 1;
    if (!is_of_classes && !is_of_two) data_ = "plane";  // one number to predict
  }

  std::string data_ = "moons";
  Config::List layers_ = dense(6);
  int last_units_ = 2;
  std::string last_ = "linear";
  Config train_ = Config::Map{};
};

class Vocabulary : public testing::Test {
 protected:
  void check(const Word& word) {
    SCOPED_TRACE(word.name + ": " + word.recipe);
    const TemporaryDirectory directory;
    const std::string text = RecipeText(word).text();
    SCOPED_TRACE(text);
    const std::string recipe_file = directory / "recipe.toml";
    std::ofstream(recipe_file) << text;
    const Finished trained =
        run_sloy({"train", recipe_file, "--out", directory / "run", "--quiet"});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;

    const Recipe recipe = Recipe::read(recipe_file);
    const data::Split data = recipe.load_data();
    Model model = recipe.make_model(data.train.spec());
    model.compile(recipe.compile_options());
    FitOptions options = recipe.fit_options(data);
    options.verbose = Verbosity::silent;
    options.callbacks.clear();  // they write files
    if (word.kind == "callback") return;
    model.fit(data.train, options);

    const Tensor points = data.test.features()[0];
    const Tensor here = model.predict(points);
    write_tensor(directory / "points.npy", points);
    const Finished predicted =
        run_sloy({"predict", directory / "run/model.safetensors", directory / "points.npy", "--out",
                  directory / "predictions.npy"});
    ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
    const Tensor there = read_tensor(directory / "predictions.npy");
    EXPECT_EQ(there, here);
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
    const Config value = parse_toml("value = " + word.recipe).at("value");
    if (value.is_string()) continue;  // a type without arguments
    EXPECT_GT(value.as_map().size(), 1u) << word.name;
  }
}

}  // namespace
}  // namespace sloy
