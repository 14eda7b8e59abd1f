/// The recipes that are shipped, on a few images of Fashion-MNIST.
#include <gtest/gtest.h>
#include <sloy/sloy.h>

#include <algorithm>
#include <map>

#include "harness/process.h"

namespace sloy {
namespace {

const data::Split& clothes() {
  static const data::Split split = data::fashion_mnist();
  return split;
}

/// What the recipe makes of its data, of which it has the first 64.
data::Dataset images_for(const Recipe& recipe) {
  const data::Dataset images = clothes().train.take(64);
  const std::vector<data::Target> targets = recipe.data.target.values();
  return images.labelled(recipe.data.label_mode).targeting(targets).cached();
}

Model model_of(std::string_view name) {
  const Recipe recipe = Recipe::shipped(name);
  return recipe.make_model(images_for(recipe).spec());
}

bool is_autoencoder(std::string_view name) { return name.ends_with("autoencoder"); }

/// Some steps make the loss smaller, and the file holds what was learned.
TEST(ShippedRecipes, LearnAreSavedAndLoaded) {
  for (const std::string& name : Recipe::shipped_names()) {
    SCOPED_TRACE(name);
    const Recipe recipe = Recipe::shipped(name);
    const data::Dataset images = images_for(recipe);
    Model model = recipe.make_model(images.spec());
    model.compile(recipe.compile_options());
    FitOptions options = recipe.fit_options();
    options.epochs = 8;
    options.batch_size = 16;
    options.validation_split = 0;
    options.verbose = Verbosity::silent;
    const std::vector<double> losses = model.fit(images, options)["loss"];
    EXPECT_LT(losses.back(), losses.front());

    const harness::TemporaryDirectory directory;
    model.save(directory / "model.safetensors");
    const Tensor pixels = images.features()[0];
    Model loaded = Model::load(directory / "model.safetensors");
    for (const std::string& weight : model.weight_names()) {
      EXPECT_EQ(loaded.weight(weight), model.weight(weight)) << weight;
    }
    const Tensor given = loaded.predict(pixels);
    EXPECT_EQ(given, model.predict(pixels));
    if (!is_autoencoder(name)) continue;
    EXPECT_EQ(given.shape(), pixels.shape());
    EXPECT_TRUE(std::ranges::all_of(given.values<float>(),
                                    [](float pixel) { return 0 <= pixel && pixel <= 1; }));
  }
}

/// Those of the Keras blog, whose figures `Model.summary()` gives there.
TEST(ShippedRecipes, HaveTheParametersOfTheirPapers) {
  const std::map<std::string, std::int64_t> published{
      {"cnn", 241'898},
      {"autoencoder", 784 * 32 + 32 + 32 * 784 + 784},
      {"sparse_autoencoder", 50'992},
      {"deep_autoencoder", 222'384},
      {"convolutional_autoencoder", 4'385},
      {"denoising_autoencoder", 28'353},
      {"variational_autoencoder", 404'244}};
  for (const auto& [name, parameters] : published) {
    EXPECT_EQ(model_of(name).parameters(), parameters) << name;
  }
}

std::int64_t of_type(const Model& model, std::string_view type) {
  std::int64_t sum = 0;
  for (const LayerSummary& layer : model.layers()) {
    if (layer.type == type) sum += layer.parameters;
  }
  return sum;
}

/// Dense layers hold most of a VGG: global average pooling is the remedy.
TEST(ShippedRecipes, ShowWhatGlobalPoolingSaves) {
  const Model dense = model_of("small_vgg"), pooled = model_of("small_vgg_pooled");
  const std::int64_t convolutions = of_type(dense, "Conv2D");
  EXPECT_EQ(of_type(pooled, "Conv2D"), convolutions);
  EXPECT_EQ(of_type(dense, "Dense"), 1152 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10);
  EXPECT_EQ(of_type(pooled, "Dense"), 128 * 10 + 10);
  EXPECT_GT(of_type(dense, "Dense"), dense.parameters() * 7 / 10);
  EXPECT_LT(pooled.parameters(), dense.parameters() * 3 / 10);
}

/// `sloy predict --layer code` gives the code of any of them.
TEST(ShippedRecipes, NameTheCodesOfAutoencoders) {
  const std::map<std::string, std::int64_t> numbers{{"autoencoder", 32},
                                                    {"sparse_autoencoder", 32},
                                                    {"deep_autoencoder", 32},
                                                    {"convolutional_autoencoder", 4 * 4 * 8},
                                                    {"denoising_autoencoder", 7 * 7 * 32},
                                                    {"variational_autoencoder", 2}};
  for (const auto& [name, size] : numbers) {
    const Model encoder = model_of(name).up_to("code");
    EXPECT_EQ(encoder.output_types()[0].shape.without(0).elements(), size) << name;
  }
}

}  // namespace
}  // namespace sloy
