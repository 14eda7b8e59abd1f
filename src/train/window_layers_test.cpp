// Every layer with windows in a recipe, with arguments that are not the defaults: trained, saved
// and loaded, it gives the same bits.
#include <gtest/gtest.h>
#include <sloy/recipe.h>

#include <algorithm>
#include <set>

#include "harness/process.h"

namespace sloy {
namespace {

using harness::TemporaryDirectory;

/// A layer and the shape of an example it is given.
struct Sample {
  std::string shape;
  std::string layer;
};

const std::string standard =
    R"(, weight_standardization = true, weight_standardization_epsilon = 1e-3)";

const std::vector<Sample> samples{
    {"[12]",
     R"(type = "Dense", units = 5, activation = "tanh", activity_regularizer = { type = "L2", l2 = 1e-3 })" +
         standard},
    {"[6, 2]", R"(type = "Conv1D", filters = 4, kernel_size = 3, strides = 2, padding = "causal",
                  groups = 2, activity_regularizer = { type = "L1", l1 = 1e-3 })" +
                   standard},
    {"[4, 3, 2]", R"(type = "Conv2D", filters = 4, kernel_size = [3, 2], strides = [1, 2],
                     padding = [[1, 2], [0, 1]], dilation_rate = [2, 1])" +
                      standard},
    {"[2, 3, 2, 2]", R"(type = "Conv3D", filters = 3, kernel_size = 2, padding = 1)" + standard},
    {"[6, 2]", R"(type = "Conv1DTranspose", filters = 3, kernel_size = 2, strides = 3,
                  output_padding = 1)" +
                   standard},
    {"[3, 2, 2]", R"(type = "Conv2DTranspose", filters = 3, kernel_size = [3, 4], strides = 2,
                     padding = "same")" +
                      standard},
    {"[2, 3, 2, 2]", R"(type = "Conv3DTranspose", filters = 2, kernel_size = 3, strides = [1, 2, 1],
                        padding = [[1, 1], [0, 1], [1, 0]], output_padding = [0, 1, 0])" +
                         standard},
    {"[6, 2]",
     R"(type = "DepthwiseConv1D", kernel_size = 3, depth_multiplier = 2, padding = 2)" + standard},
    {"[4, 3, 2]", R"(type = "DepthwiseConv2D", kernel_size = [2, 3], padding = "same",
                     depth_multiplier = 3, dilation_rate = 2)" +
                      standard},
    {"[6, 2]", R"(type = "SeparableConv1D", filters = 3, kernel_size = 3, strides = 2,
                  depth_multiplier = 2, pointwise_regularizer = { type = "L2", l2 = 1e-3 })" +
                   standard},
    {"[4, 3, 2]",
     R"(type = "SeparableConv2D", filters = 3, kernel_size = 2, padding = [[1, 0], [0, 2]],
                     depthwise_regularizer = { type = "L1", l1 = 1e-3 })" +
         standard},
    {"[4, 3, 2]", R"(type = "SpatiallySeparableConv2D", filters = 3, kernel_size = [3, 2],
                     padding = "same", middle_filters = 4)" +
                      standard},
    {"[6, 2]", R"(type = "MaxPool1D", pool_size = 3, strides = 2, padding = [[1, 2]])"},
    {"[4, 3, 2]", R"(type = "MaxPool2D", pool_size = [3, 2], strides = 1, padding = "same")"},
    {"[3, 2, 2, 2]", R"(type = "MaxPool3D", pool_size = [2, 1, 2], strides = 1)"},
    {"[6, 2]", R"(type = "AveragePool1D", pool_size = 3, padding = 1, count_include_pad = true)"},
    {"[4, 3, 2]", R"(type = "AveragePool2D", pool_size = [2, 3], padding = "same")"},
    {"[3, 2, 2, 2]",
     R"(type = "AveragePool3D", strides = 1, padding = 1, count_include_pad = true)"},
    {"[6, 2]", R"(type = "GlobalAveragePooling1D", keepdims = true)"},
    {"[3, 2, 2]", R"(type = "GlobalAveragePooling2D", keepdims = true)"},
    {"[3, 2, 2, 2]", R"(type = "GlobalAveragePooling3D", keepdims = true)"},
    {"[6, 2]", R"(type = "GlobalMaxPooling1D", keepdims = true)"},
    {"[3, 2, 2]", R"(type = "GlobalMaxPooling2D", keepdims = true)"},
    {"[3, 2, 2, 2]", R"(type = "GlobalMaxPooling3D", keepdims = true)"},
    {"[6, 2]", R"(type = "UpSampling1D", size = 3)"},
    {"[3, 2, 2]", R"(type = "UpSampling2D", size = [1, 3])"},
    {"[3, 2, 2, 1]", R"(type = "UpSampling3D", size = [1, 2, 3])"},
    {"[6, 2]", R"(type = "ZeroPadding1D", padding = [[2, 1]])"},
    {"[3, 2, 2]", R"(type = "ZeroPadding2D", padding = [[1, 2], [0, 1]])"},
    {"[3, 2, 2, 1]", R"(type = "ZeroPadding3D", padding = 2)"},
    {"[6, 2]", R"(type = "Cropping1D", cropping = [[2, 1]])"},
    {"[3, 4, 1]", R"(type = "Cropping2D", cropping = [[1, 0], [1, 2]])"},
    {"[3, 4, 3, 1]", R"(type = "Cropping3D", cropping = [[1, 0], [1, 2], [2, 0]])"},
    {"[3, 2, 4]",
     R"(type = "LocalResponseNormalization", size = 3, alpha = 0.5, beta = 1.5, bias = 1.25)"},
};

std::int64_t numbers_in(const Config& shape) {
  std::int64_t product = 1;
  for (const Config& size : shape.as_list()) product *= size.as_integer();
  return product;
}

/// A table of TOML in braces stands on one line.
std::string table_of(const Sample& sample) {
  std::string table = "{ name = \"sample\"," + sample.layer + " }";
  std::replace(table.begin(), table.end(), '\n', ' ');
  return table;
}

/// The sample between dense layers, for two features and two classes.
std::string recipe_of(const Sample& sample) {
  const std::int64_t numbers = numbers_in(parse_json(sample.shape));
  return "seed = 3\n[data]\nname = \"moons\"\ngenerated = { size = 100 }\n"
         "[model]\nlayer = [{ type = \"Dense\", units = " +
         std::to_string(numbers) +
         ", activation = \"tanh\" },\n{ type = \"Reshape\", target_shape = " + sample.shape +
         " },\n" + table_of(sample) +
         ",\n{ type = \"Flatten\" }, { type = \"Dense\", units = 2 }]\n"
         "[train]\nbatch_size = 16\n"
         "loss = { type = \"SparseCategoricalCrossentropy\", from_logits = true }\n";
}

/// That every key of `asked` has its value in `made`, which may have more.
void expect_holds(const Config& made, const Config& asked) {
  for (const auto& [key, value] : asked.as_map()) {
    if (value.is_map()) {
      expect_holds(made.at(key), value);
    } else {
      EXPECT_EQ(to_json(made.at(key)), to_json(value)) << key;
    }
  }
}

TEST(WindowLayersInRecipes, AreTrainedSavedAndLoadedBitForBit) {
  const TemporaryDirectory folder;
  for (const Sample& sample : samples) {
    const Recipe recipe = Recipe::parse(recipe_of(sample));
    const data::Parts split = recipe.load_data();
    Model model = recipe.make_model(split.train.spec());
    model.compile(recipe.compile_options());
    FitOptions options = recipe.fit_options(split);
    options.verbose = Verbosity::silent;
    const double first = model.evaluate(split.train).loss;
    model.fit(split.train, options);
    EXPECT_LT(model.evaluate(split.train).loss, first) << sample.layer << " learns";

    model.save(folder / "model.safetensors");
    Model loaded = Model::load(folder / "model.safetensors");
    EXPECT_EQ(loaded.to_config(), model.to_config()) << sample.layer;
    EXPECT_EQ(loaded.predict(split.test), model.predict(split.test)) << sample.layer;

    // What the recipe says is what the model's file says.
    const Config written = model.to_config();
    const Config& made = written.at("layer").as_list()[3];
    expect_holds(made, recipe.model_config.at("layer").as_list()[2]);
  }
}

TEST(WindowLayersInRecipes, AreAllThereAre) {
  std::set<std::string> tested;
  for (const Sample& sample : samples) {
    const Config config = parse_toml("layer = " + table_of(sample));
    tested.insert(std::string(layer_from_config(config.at("layer")).type()));
  }
  for (const LayerEntry& entry : layer_types()) {
    const std::string name(entry.name);
    const bool has_windows = name.find("Conv") != name.npos || name.find("Pool") != name.npos ||
                             name.find("UpSampling") != name.npos ||
                             name.find("Padding") != name.npos ||
                             name.find("Cropping") != name.npos;
    if (!has_windows) continue;
    EXPECT_TRUE(tested.contains(std::string(entry.make_default().type()))) << name;
  }
}

}  // namespace
}  // namespace sloy
