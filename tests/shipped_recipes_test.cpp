/// The recipes that are shipped, on a few examples of the kind of data that each is for.
#include <gtest/gtest.h>
#include <sloy/sloy.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

#include "harness/png.h"
#include "harness/process.h"

namespace sloy {
namespace {

const data::Split& clothes() {
  static const data::Split split = data::fashion_mnist();
  return split;
}

/// Rows of two numbers and a text; the last column says of which half of the plane they are, or
/// where, in hundreds of thousands.
void write_table(const std::string& path, bool is_of_classes) {
  std::ofstream file(path);
  file << "x,y,side,wanted\n";
  for (int i = 0; i < 80; ++i) {
    const double x = std::sin(1.7 * i), y = std::cos(0.9 * i);
    file << x << ',' << y << ',' << (y > 0 ? "up" : "down") << ',';
    if (is_of_classes) {
      file << (x + y > 0 ? "right\n" : "left\n");
    } else {
      file << 3e5 + 1e5 * (x + y) << '\n';
    }
  }
}

/// Dark and light photos.
void write_photos(const std::filesystem::path& directory) {
  for (int i = 0; i < 20; ++i) {
    const bool is_light = i % 2 == 1;
    const std::filesystem::path path =
        directory / (is_light ? "light" : "dark") / (std::to_string(i) + ".png");
    std::filesystem::create_directories(path.parent_path());
    const std::vector<std::uint8_t> pixels(static_cast<std::size_t>(6 * 6 * 3),
                                           static_cast<std::uint8_t>(is_light ? 200 + i : 20 + i));
    const std::vector<std::byte> bytes = harness::encode_png(6, 6, 3, pixels);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
}

/// Colour images of 32×32 in ten classes, of which each has its brightness.
data::Dataset colour_images() {
  Tensor images(DType::uint8, {64, 32, 32, 3});
  Tensor labels(DType::int32, {64});
  auto pixels = images.mutable_values<std::uint8_t>();
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = static_cast<std::uint8_t>((i / 3072 % 10) * 20 + i % 7);
  }
  for (std::size_t i = 0; i < 64; ++i) {
    labels.mutable_values<std::int32_t>()[i] = static_cast<std::int32_t>(i % 10);
  }
  return data::from_tensors(images, labels);
}

/// The recipe with its files in `directory`, which are written there.
Recipe with_files(Recipe recipe, const std::string& directory) {
  if (!recipe.data.files) return recipe;
  const std::string kind(recipe.data.files.kind());
  std::string path = directory + "/photos";
  if (kind == "image-folder") write_photos(path);
  Config files = to_config(recipe.data.files);
  if (kind == "csv") {
    path = directory + "/table.csv";
    write_table(path, files.at("task").as_string() == "classification");
  }
  files["path"] = path;
  from_config(files, recipe.data.files);
  return recipe;
}

/// What the recipe makes of such data, the first 64.
data::Dataset examples_for(const Recipe& recipe) {
  const bool is_of_idx = recipe.data.files && recipe.data.files.kind() == "idx";
  if (recipe.data.files && !is_of_idx) return recipe.load_data().train.take(64).cached();
  const data::Dataset images =
      recipe.data.name == "cifar10" ? colour_images() : clothes().train.take(64);
  const std::vector<data::Target> targets = recipe.data.target.values();
  return images.labelled(recipe.data.label_mode).targeting(targets).cached();
}

Model model_of(std::string_view name) {
  const Recipe recipe = Recipe::shipped(name);
  return recipe.make_model(examples_for(recipe).spec());
}

bool is_autoencoder(std::string_view name) { return name.ends_with("autoencoder"); }

/// Some steps make the loss smaller, and the file holds what was learned.
TEST(ShippedRecipes, LearnAreSavedAndLoaded) {
  for (const std::string& name : Recipe::shipped_names()) {
    SCOPED_TRACE(name);
    const harness::TemporaryDirectory directory;
    const Recipe recipe = with_files(Recipe::shipped(name), directory.path());
    const data::Dataset examples = examples_for(recipe);
    Model model = recipe.make_model(examples.spec());
    model.compile(recipe.compile_options());
    FitOptions options = recipe.fit_options();
    options.epochs = 8;
    options.batch_size = 16;
    options.validation_split = 0;
    options.verbose = Verbosity::silent;
    const std::vector<double> losses = model.fit(examples, options)["loss"];
    EXPECT_LT(losses.back(), losses.front());

    model.save(directory / "model.safetensors");
    const Tensor pixels = examples.features()[0];
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
      {"mnist", 241'898},
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
