/// Activations, noise, normalisations and losses in recipes: trained by the program in a process of
/// its own, and read back here, with arguments that are not the defaults.
#include <gtest/gtest.h>
#include <sloy/io.h>
#include <sloy/recipe.h>

#include "command_line/command_line.h"

namespace sloy {
namespace {

using harness::CommandLine;
using harness::run_sloy;

const char* images_recipe = R"(
seed = 5
[data]
name = "moons"
[[model.layer]]
type = "Dense"
units = 48
activation = "gelu"
[[model.layer]]
type = "AlphaDropout"
rate = 0.1
noise_shape = [-1, 1]
[[model.layer]]
type = "Reshape"
target_shape = [4, 2, 6]
[[model.layer]]
type = "PReLU"
shared_axes = [1, 2]
alpha_initializer = { type = "Constant", value = 0.25 }
alpha_regularizer = { type = "L2", l2 = 1e-3 }
[[model.layer]]
type = "BatchNormalization"
momentum = 0.2
momentum_weighs = "new_value"
unbiased_variance = true
[[model.layer]]
type = "SpatialDropout2D"
rate = 0.2
[[model.layer]]
type = "GroupNormalization"
groups = 3
epsilon = 0.01
[[model.layer]]
type = "InstanceNormalization"
center = false
epsilon = 0.02
[[model.layer]]
type = "LayerNormalization"
axis = [1, 3]
scale = false
[[model.layer]]
type = "BatchNormalization"
statistics = "training_set"
[[model.layer]]
type = "GaussianNoise"
stddev = 0.1
[[model.layer]]
type = "GaussianDropout"
rate = 0.1
[[model.layer]]
type = "GELU"
approximate = true
[[model.layer]]
type = "Softmax"
axis = [1, 2]
[[model.layer]]
type = "UnitNormalization"
axis = [1, 3]
[[model.layer]]
type = "Flatten"
[[model.layer]]
type = "BatchNormalization"
statistics = "average"
[[model.layer]]
type = "Maxout"
units = 5
pieces = 3
use_bias = false
[[model.layer]]
type = "Dropout"
rate = 0.2
form = "classic"
noise_shape = [-1, 1]
[[model.layer]]
type = "Dense"
units = 2
[train]
epochs = 2
batch_size = 60
loss = { type = "SparseCategoricalCrossentropy", from_logits = true, label_smoothing = 0.1 }
optimizer = { type = "SGD", learning_rate = 0.05 }
metrics = ["Accuracy"]
)";

TEST_F(CommandLine, TrainsAndKeepsEveryActivationNoiseAndNormalization) {
  std::ofstream(recipe_file()) << images_recipe;
  const auto trained = train("run", {"--quiet"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  Tensor points(DType::float32, {7, 2});
  float next = -1.5f;
  for (float& x : points.mutable_values<float>()) x = next += 0.21f;
  write_tensor(at("points.npy"), points);
  const auto predicted = run_sloy(
      {"predict", at("run/model.safetensors"), at("points.npy"), "--out", at("predictions.npy")});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;

  Model model = Model::load(at("run/model.safetensors"));
  const Tensor found = read_tensor(at("predictions.npy"));
  EXPECT_EQ(model.predict(points).cast(found.dtype()), found);

  // What the file says of each layer is what the recipe said.
  const Config::List asked = parse_toml(images_recipe).at("model").at("layer").as_list();
  const Config written_config = model.to_config();
  const Config::List& written = written_config.at("layer").as_list();
  ASSERT_EQ(written.size(), asked.size() + 1) << "the Input besides";
  for (std::size_t i = 0; i < asked.size(); ++i) {
    for (const auto& [key, value] : asked[i].as_map()) {
      const Config* kept = written[i + 1].find(key);
      ASSERT_TRUE(kept) << key;
      const bool has_type_alone = kept->is_map() && !value.is_map();
      if (has_type_alone) continue;
      EXPECT_EQ(to_json(*kept), to_json(value)) << key;
    }
  }
}

TEST_F(CommandLine, TrainsEveryLossThatTakesLabelsAndSaysSoInTheFile) {
  const std::vector<std::string> losses{
      R"({ type = "Hinge" })", R"({ type = "SquaredHinge" })",
      R"({ type = "BinaryFocalCrossentropy", from_logits = true, gamma = 1.5, alpha = 0.3, )"
      R"(apply_class_balancing = true, label_smoothing = 0.1 })"};
  for (const std::string& loss : losses) {
    std::ofstream(recipe_file()) << R"(
seed = 5
data = { name = "moons" }
model.layer = [{ type = "Dense", units = 8, activation = "hard_swish" }, { type = "Dense", units = 1 }]
train = { epochs = 1, batch_size = 50, loss = )" +
                                        std::string(loss) + " }\n";
    std::filesystem::remove_all(at("run"));
    const auto trained = train("run", {"--quiet"});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    const Model model = Model::load(at("run/model.safetensors"));
    EXPECT_EQ(to_config(model.loss()[0].value),
              to_config(loss_from_config(parse_toml("x = " + loss).at("x"))));
  }
}

}  // namespace
}  // namespace sloy
