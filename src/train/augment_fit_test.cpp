// Training on examples that change from epoch to epoch.

#include <gtest/gtest.h>
#include <sloy/augmentations.h>
#include <sloy/error.h>
#include <sloy/model.h>
#include <sloy/recipe.h>

#include <atomic>
#include <set>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

constexpr std::int64_t count = 60;

/// Bright and dark images of two classes.
data::Dataset images() {
  Tensor pixels(DType::uint8, {count, 6, 6, 1});
  Tensor labels(DType::int32, {count});
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < 36; ++k) {
      pixels.mutable_values<std::uint8_t>()[36 * i + k] =
          static_cast<std::uint8_t>((i % 2 == 0 ? 40 : 160) + (7 * i + 13 * k) % 60);
    }
    labels.mutable_values<std::int32_t>()[i] = static_cast<std::int32_t>(i % 2);
  }
  return data::from_tensors(std::move(pixels), std::move(labels));
}

Model compiled() {
  Model model = Sequential{Normalization{}, Flatten{}, Dense{.units = 2}};
  model.compile(
      {.optimizer = Adam{}, .loss = SparseCategoricalCrossentropy{.from_logits = true}, .seed = 3});
  return model;
}

FitOptions quiet(std::vector<data::Augmentation> augment) {
  return {
      .epochs = 3, .batch_size = 8, .augment = std::move(augment), .verbose = Verbosity::silent};
}

/// Every image becomes one of a value that tells who asked for it.
struct Counted {
  std::atomic<int>* reads;
  void apply(data::ImageIn<std::uint8_t> in, data::ImageOut<std::uint8_t> out,
             data::Random&) const {
    ++*reads;
    std::copy_n(in.pixels, in.size(), out.pixels);
  }
};

TEST(FitAugmented, ChangesOnlyWhatIsLearnedFrom) {
  std::atomic<int> reads = 0;
  FitOptions options = quiet({Counted{&reads}});
  options.validation_split = 0.2;
  Model model = compiled();
  model.fit(images(), options);
  EXPECT_EQ(reads, 3 * 48);  // neither what is held out nor the Normalization's measuring
}

TEST(FitAugmented, NormalizationIsOfTheImagesAsTheyAre) {
  Model plain = compiled();
  plain.fit(images(), quiet({}));
  Model augmented = compiled();
  augmented.fit(images(), quiet({data::RandomBrightness{{0.3, 0.3}}}));
  EXPECT_EQ(augmented.weight("normalization/mean"), plain.weight("normalization/mean"));
  EXPECT_NE(augmented.weight("dense/kernel"), plain.weight("dense/kernel"));
}

TEST(FitAugmented, GivesTheSameWeightsForAnyNumberOfWorkers) {
  const std::vector<data::Augmentation> list{data::RandomFlip{}, data::RandomCrop{.padding = 1},
                                             data::RandomContrast{}};
  Model alone = compiled();
  alone.fit(images(), quiet(list));
  Model helped = compiled();
  FitOptions options = quiet(list);
  options.workers = 3;
  helped.fit(images(), options);
  EXPECT_EQ(helped.weight("dense/kernel"), alone.weight("dense/kernel"));
}

TEST(FitAugmented, GoesOnWithTheEpochsThatComeNext) {
  const std::vector<data::Augmentation> list{data::RandomFlip{}, data::RandomGaussianNoise{}};
  Model whole = compiled();
  whole.fit(images(), quiet(list));
  Model parts = compiled();
  FitOptions options = quiet(list);
  options.epochs = 1;
  parts.fit(images(), options);
  options.epochs = 2;
  parts.fit(images(), options);
  EXPECT_EQ(parts.weight("dense/kernel"), whole.weight("dense/kernel"));
}

TEST(FitAugmented, MeasuresMixedClassesByTheLargerShare) {
  Model model = Sequential{Normalization{}, Flatten{}, Dense{.units = 1}};
  model.compile({.optimizer = Adam{.learning_rate = 0.05},
                 .loss = BinaryCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}, Precision{}, Recall{}},
                 .seed = 3});
  FitOptions options = quiet({data::MixUp{.alpha = 0.4}});
  options.epochs = 20;
  const History history = model.fit(images().labelled(data::LabelMode::binary), options);
  for (const char* metric : {"accuracy", "precision", "recall"}) {
    EXPECT_GT(history[metric].back(), 0.85) << metric;
  }
}

TEST(FitAugmented, RefusesAnotherShapeBeforeTheTraining) {
  Model model = compiled();
  EXPECT_EQ(
      message_of([&] { model.fit(images(), quiet({data::RandomCrop{.height = 4}})); }),
      "augmentation gives the images another shape, which the model isn't measured on\n"
      "  features    uint8 (6, 6, 1)\n"
      "  augmented   uint8 (4, 6, 1)\n"
      "  to fix      keep the shape: RandomCrop with padding and no size, or RandomResizedCrop");
}

TEST(FitAugmented, IsPlannedForExamplesThatItFits) {
  const data::Spec points{.features = {DType::float32, {2}}, .targets = {DType::int32, {}}};
  Model model = Sequential{Dense{.units = 2}};
  model.compile({.loss = SparseCategoricalCrossentropy{.from_logits = true}});
  EXPECT_EQ(message_of([&] { model.plan(points, 100, quiet({data::RandomFlip{}})); }),
            "RandomFlip changes images, the features are none\n"
            "  features       float32 (2)\n"
            "  needed         uint8 or float32 (height, width, channels)\n"
            "  augmentation   RandomFlip   number 1 of 1\n"
            "  to fix         leave it out, or give images (height, width, channels)");
}

constexpr std::string_view recipe_text = R"(
[data]
name = "fashion-mnist"
augment = [{ type = "RandomFlip", mode = "horizontal" }, { type = "RandomCrop", padding = 4 }]
[[model.layer]]
type = "Flatten"
[train]
loss = "MeanSquaredError"
)";

TEST(RecipeAugmented, SaysWhatFitDoes) {
  const Recipe recipe = Recipe::parse(recipe_text);
  const FitOptions options = recipe.fit_options();
  ASSERT_EQ(options.augment.size(), 2U);
  EXPECT_EQ(options.augment[1].type(), "RandomCrop");
  const Recipe again = Recipe::parse(recipe.to_toml());
  EXPECT_EQ(again.to_config(), recipe.to_config());
  EXPECT_EQ(to_config(again.data.augment[1]).at("padding").as_integer(), 4);
}

TEST(RecipeAugmented, AnUnknownTypeIsToldWithItsLineAndTheNearest) {
  std::string text(recipe_text);
  text.replace(text.find("RandomCrop"), 10, "RandomCorp");
  const std::string message = message_of([&] { static_cast<void>(Recipe::parse(text)); });
  EXPECT_NE(message.find("RandomCrop"), std::string::npos) << message;
  EXPECT_NE(message.find(":4"), std::string::npos) << message;
}

struct Blackened {
  bool all = true;
  void apply(data::ImageIn<std::uint8_t>, data::ImageOut<std::uint8_t> out, data::Random&) const {
    std::fill_n(out.pixels, out.size(), std::uint8_t{0});
  }
  static void fields(auto&& field) { field("all", &Blackened::all); }
};

TEST(RecipeAugmented, NamesTypesOfTheUsersOwn) {
  std::string text(recipe_text);
  text.replace(text.find("RandomCrop\", padding = 4"), 24, "Blackened\", all = false");
  const Recipe recipe =
      Recipe::parse(text, "recipe", {.augmentations = {data::register_augmentation<Blackened>()}});
  EXPECT_EQ(recipe.data.augment[1].type(), "Blackened");
  EXPECT_FALSE(to_config(recipe.data.augment[1]).at("all").as_bool());
}

}  // namespace
}  // namespace sloy
