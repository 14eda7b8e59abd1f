#include <gtest/gtest.h>
#include <sloy/recipe.h>

#include "harness/messages.h"
#include "harness/recipes.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::moons_recipe;

TEST(Recipe, TrainsWhatItSays) {
  const Recipe recipe = Recipe::parse(moons_recipe);
  const data::Split data = recipe.load_data();
  Model model = recipe.make_model(data.train.spec());
  EXPECT_EQ(model.parameters(), 2 * 8 + 8 + 8 * 2 + 2);
  model.compile(recipe.compile_options());
  FitOptions options = recipe.fit_options();
  options.verbose = Verbosity::silent;
  const History history = model.fit(data.train, options);
  EXPECT_EQ(history["val_accuracy"].size(), 2u);
}

TEST(Recipe, WrittenOutReadsBackTheSame) {
  for (const std::string& name : Recipe::shipped_names()) {
    const Recipe recipe = Recipe::shipped(name);
    const Recipe back = Recipe::parse(recipe.to_toml());
    EXPECT_EQ(back.to_config(), recipe.to_config()) << recipe.to_toml();
  }
  const Config config = Recipe::parse(moons_recipe).to_config();
  EXPECT_EQ(Recipe::parse(to_toml(config)).to_config(), config);
  EXPECT_EQ(config.at("train").at("optimizer").at("momentum").as_number(), 0);
  EXPECT_EQ(config.at("model").at("layer").as_list()[1].at("use_bias").as_bool(), true);
  EXPECT_EQ(config.at("model").at("layer").as_list()[0].at("name").as_string(), "hidden");
}

TEST(Recipe, OfTheConvnetHasItsParameters) {
  const Recipe recipe = Recipe::shipped("cnn");
  const data::Spec spec{{DType::uint8, {28, 28, 1}}, {DType::int32, {}}, 10, {}};
  EXPECT_EQ(recipe.make_model(spec).parameters(), 241898);
}

TEST(Recipe, ValuesCanBeOverridden) {
  Config config = parse_toml(moons_recipe, "moons.toml");
  override_value(config, "train.epochs=7");
  override_value(config, "train.optimizer.learning_rate=1e-2");
  override_value(config, "model.layer.0.units=5");
  override_value(config, "model.layer.hidden.activation=tanh");
  override_value(config, "data.validation=test");
  const Recipe recipe = Recipe::from_config(config);
  EXPECT_EQ(recipe.train.epochs, 7);
  EXPECT_EQ(recipe.train.optimizer.learning_rate().at(0), 1e-2);
  EXPECT_EQ(recipe.data.validation.part, ValidationPart::test);
  const Config first = recipe.to_config().at("model").at("layer").as_list()[0];
  EXPECT_EQ(first.at("units").as_integer(), 5);
  EXPECT_EQ(first.at("activation").as_string(), "tanh");
}

/// The names that `sloy summary` shows: those the model gives.
TEST(Recipe, LayersGoByTheNamesThatTheModelGivesThem) {
  Config config = parse_toml(
      "[[model.layer]]\ntype = \"Conv2D\"\nfilters = 1\nkernel_size = 3\n"
      "[[model.layer]]\ntype = \"MaxPooling2D\"\n"
      "[[model.layer]]\ntype = \"Conv2D\"\nfilters = 1\nkernel_size = 3\n"
      "[[model.layer]]\ntype = \"Flatten\"\n"
      "[[model.layer]]\ntype = \"Dense\"\nunits = 1\nname = \"dense_1\"\n"
      "[[model.layer]]\ntype = \"Dense\"\nunits = 1\n"
      "[[model.layer]]\ntype = \"Dense\"\nunits = 1\n"
      "[train]\nloss = \"MeanSquaredError\"");
  const data::Spec spec{{DType::float32, {16, 16, 1}}, {DType::float32, {1}}, 0, {}};
  const std::vector<LayerSummary> layers = Recipe::from_config(config).make_model(spec).layers();
  ASSERT_EQ(layers.size(), 8u);
  for (std::size_t i = 0; i < 7; ++i) {
    Config changed = config;
    override_value(changed, "model.layer." + layers[i + 1].path + ".found=true");
    EXPECT_TRUE(changed.at("model").at("layer").as_list()[i].find("found")) << layers[i + 1].path;
  }
}

TEST(Recipe, LayersMayHaveAUnitForEachClass) {
  Config config = parse_toml(moons_recipe, "moons.toml");
  override_value(config, "model.layer.dense.units=classes");
  const Recipe recipe = Recipe::from_config(config);
  for (int classes : {2, 7}) {
    const data::Spec spec{{DType::float32, {2}}, {DType::int32, {}}, classes, {}};
    EXPECT_EQ(recipe.make_model(spec).output_types()[0].shape, (Shape{batch, classes}));
  }
  EXPECT_EQ(message_of([&] {
              override_value(config, "model.layer.dense.units=clases");
              Recipe::from_config(config).make_model({});
            }),
            "units can't be the text \"clases\"\n"
            "  where    --set model.layer.dense.units=clases\n"
            "  to fix   give a number, or \"classes\": as many as the data have");
  EXPECT_EQ(Recipe::parse(recipe.to_toml()).to_config(), recipe.to_config());
  EXPECT_EQ(recipe.to_config().at("model").at("layer").as_list()[1].at("units").as_string(),
            "classes");
}

TEST(Recipe, UnknownKeysAreRefusedWithTheNearest) {
  const auto overridden = [](std::string_view assignment) {
    return message_of([&] {
      Config config = parse_toml(moons_recipe, "moons.toml");
      override_value(config, assignment);
      Recipe::from_config(config);
    });
  };
  EXPECT_NE(overridden("train.epoch=3").find("did you mean 'epochs'?"), std::string::npos);
  EXPECT_NE(overridden("trian.epochs=3").find("did you mean 'train'?"), std::string::npos);
  EXPECT_EQ(overridden("train.learning_rate=0.1"),
            "there is no key 'learning_rate' here\n"
            "  where    --set train.learning_rate=0.1\n"
            "  to fix   did you mean 'optimizer.learning_rate'?");
  EXPECT_NE(overridden("train.optimizer=Adma").find("did you mean 'Adam'?"), std::string::npos);
  EXPECT_EQ(overridden("train.epochs.more=3"),
            "'more' can't be set: what is to hold it is the number 2\n"
            "  where   --set train.epochs.more=3");
  EXPECT_EQ(overridden("model.layer.9.units=3"),
            "the list has nothing numbered or named '9'\n"
            "  names     hidden, dense\n"
            "  numbers   count from 0 to 1\n"
            "  where     --set model.layer.9.units=3\n"
            "  to fix    take one of the names or numbers");
  EXPECT_EQ(overridden("model.layer.dens.units=3"),
            "the list has nothing numbered or named 'dens'\n"
            "  names     hidden, dense\n"
            "  numbers   count from 0 to 1\n"
            "  where     --set model.layer.dens.units=3\n"
            "  to fix    did you mean 'dense'?");
  EXPECT_EQ(overridden("train.callbacks.0.patience=3"),
            "the list is empty: it has no '0'\n"
            "  where    --set train.callbacks.0.patience=3\n"
            "  to fix   set the whole list, in brackets");
  EXPECT_EQ(overridden("train.metrics=Accuracy"),
            "a list is needed here, not the text \"Accuracy\"\n"
            "  where    --set train.metrics=Accuracy\n"
            "  key      metrics\n"
            "  to fix   put it in brackets: --set 'train.metrics=[\"Accuracy\"]'");
  EXPECT_EQ(overridden("seed=18446744073709551615"),
            "18446744073709551615 is no whole number that can be read\n"
            "  where    --set seed=18446744073709551615\n"
            "  to fix   give at most 9223372036854775807, without zeros before it");
  EXPECT_EQ(overridden("seed=-1"),
            "-1 is too small here\n"
            "  where    --set seed=-1\n"
            "  key      seed\n"
            "  to fix   give 0 or more");
  EXPECT_EQ(overridden("train.epochs"),
            "'train.epochs' sets nothing\n  to fix   write it as train.epochs=3");
}

/// The recipe's line is not to blame for what was put over it.
TEST(Recipe, WhatWasSetIsNamedBesideTheLine) {
  const auto refused = [](const std::vector<std::string>& assignments) {
    return message_of([&] {
      Config config = parse_toml(moons_recipe, "moons.toml");
      for (const std::string& assignment : assignments) override_value(config, assignment);
      Recipe::from_config(config).make_model({{DType::float32, {2}}, {DType::int32, {}}, 2, {}});
    });
  };
  EXPECT_EQ(refused({"model.layer.0.units=0"}),
            "units must be 1 or more, not 0\n"
            "  layer    hidden   Dense\n"
            "  where    moons.toml:6 with --set model.layer.0.units=0\n"
            "  to fix   set units to 1 or more");
  EXPECT_NE(refused({"model.layer.0.use_bias=false", "model.layer.0.units=0"})
                .find("moons.toml:6 with --set model.layer.0.use_bias=false, --set "
                      "model.layer.0.units=0\n"),
            std::string::npos);
  EXPECT_EQ(refused({"train.optimizer.learning_rate=-1"}),
            "the optimizer's learning_rate can't be -1\n"
            "  where    moons.toml:18 with --set train.optimizer.learning_rate=-1\n"
            "  to fix   give a number of 0 or more");
  EXPECT_EQ(refused({"train.optimizer=Adam", "train.optimizer.beta_1=1"}),
            "the optimizer's beta_1 can't be 1\n"
            "  where    --set train.optimizer=Adam with --set train.optimizer.beta_1=1\n"
            "  to fix   give a number from 0 to just below 1");
}

TEST(Recipe, GraphsAreNamedByTheLayerThatIsWrong) {
  const auto refused = [](const std::string& layers) {
    return message_of([&] {
      Recipe::parse(layers + "[train]\nloss = 'MeanSquaredError'", "g.toml")
          .make_model({{DType::float32, {2}}, {DType::float32, {2}}, 0, {}});
    });
  };
  const std::string a = "[[model.layer]]\ntype = 'Dense'\nunits = 2\nname = 'a'\n";
  const std::string b = "[[model.layer]]\ntype = 'Dense'\nunits = 2\nname = 'b'\n";
  EXPECT_EQ(
      refused(a + b + "inputs = 'input'\n"),
      "the layer 'a' leads to no output\n"
      "  where    g.toml:1\n"
      "  to fix   name it among the inputs of a later layer or the model's outputs, or take it "
      "out");
  EXPECT_EQ(refused(a + b + "inputs = ['zzzzzz']\n"),
            "no layer named 'zzzzzz' stands before\n"
            "  where    g.toml:9\n"
            "  to fix   name a layer that stands before: input, a");
  EXPECT_EQ(refused(a + "inputs = ['zzzzzz']\n"),
            "no layer named 'zzzzzz' stands before\n"
            "  where    g.toml:5\n"
            "  to fix   leave the first layer's inputs out: the data are");
  EXPECT_EQ(refused(a + "[[model.layer]]\nsame_as = 'a'\nunits = 3\n"),
            "there is no key 'units' here\n"
            "  where    g.toml:7\n"
            "  keys     same_as, name, inputs\n"
            "  to fix   write one of these keys");
}

/// Where a shell would take the quotes, they are quoted for it.
TEST(Recipe, SaysHowTextsAndListsAreWritten) {
  const auto refused = [](const std::string& assignment) {
    return message_of([&] {
      Config config = parse_toml("[data]\nkind = 'csv'\npath = 'a.csv'", "own.toml");
      override_value(config, assignment);
      RecipeData data;
      from_config(config.at("data"), data);
    });
  };
  EXPECT_EQ(refused("data.target_column=2"),
            "text is needed here, not the number 2\n"
            "  where    --set data.target_column=2\n"
            "  key      target_column\n"
            "  to fix   put it in quotes: --set 'data.target_column=\"2\"'");
  EXPECT_EQ(refused("data.ignore_columns=name"),
            "a list is needed here, not the text \"name\"\n"
            "  where    --set data.ignore_columns=name\n"
            "  key      ignore_columns\n"
            "  to fix   put it in brackets: --set 'data.ignore_columns=[\"name\"]'");
  EXPECT_EQ(message_of([] { parse_toml("a = true", "own.toml").at("a").as_string(); }),
            "text is needed here, not true\n"
            "  where    own.toml:1\n"
            "  to fix   put it in quotes: \"true\"");
}

TEST(Recipe, LinesAreNamed) {
  EXPECT_EQ(message_of([] {
              Recipe::parse("[model]\nlayer = []\n[train]\nepochs = \"many\"\nloss = \"Hinge\"",
                            "r.toml");
            }),
            "a whole number is needed here, not the text \"many\"\n"
            "  where   r.toml:4\n"
            "  key     epochs");
  EXPECT_NE(message_of([] {
              Recipe::parse("[model]\nlayer = []\n[train]\nloss = \"MeanSquareError\"", "r.toml");
            }).find("did you mean 'MeanSquaredError'?"),
            std::string::npos);
  EXPECT_EQ(message_of([] {
              Recipe::parse("[model]\nlayer = []\n[train]\nepochs = 1", "r.toml");
            }).substr(0, 46),
            "[train] names no loss\n  where    r.toml:3\n  to");
  // A layer that doesn't fit its input is named with its line.
  EXPECT_EQ(message_of([] {
              const Recipe recipe = Recipe::parse(
                  "[[model.layer]]\ntype = \"Conv2D\"\nfilters = 3\nkernel_size = 3\n"
                  "[train]\nloss = \"MeanSquaredError\"",
                  "r.toml");
              recipe.make_model({{DType::float32, {4}}, {DType::float32, {1}}, 0, {}});
            }),
            "the layer works on images\n"
            "  input    (batch, 4)\n"
            "  needed   (batch, height, width, channels)\n"
            "  layer    conv2d   Conv2D\n"
            "  where    r.toml:1\n"
            "  to fix   feed images, or use Dense layers for what is none");
}

TEST(Recipe, ShippedOnesAreOfferedByName) {
  EXPECT_EQ(message_of([] { Recipe::shipped("cnm"); }),
            "no recipe named 'cnm' is shipped\n"
            "  shipped   autoencoder, cifar10, cnn, convolutional_autoencoder, deep_autoencoder, "
            "denoising_autoencoder, faces, mlp, mnist, photos, small_vgg, small_vgg_pooled, "
            "sparse_autoencoder, table-classification, table-regression, variational_autoencoder\n"
            "  to fix    did you mean 'cnn'?");
}

/// What a run's recipe.toml says is what it was made of, and reads back.
TEST(Recipe, KeepsOnlyTheDataSettingsThatAreOfUse) {
  const auto data_of = [](std::string_view data) {
    Config config = parse_toml(moons_recipe);
    config["data"] = parse_toml(data, "own.toml");
    const Config written = Recipe::from_config(config).to_config();
    EXPECT_EQ(Recipe::from_config(written).to_config(), written);
    return to_toml(written.at("data"));
  };
  EXPECT_EQ(data_of("name = 'moons'"),
            "name = \"moons\"\nlabel_mode = \"int\"\ntarget = \"targets\"\nvalidation = "
            "0.0\n\n[generated]\n" +
                to_toml(to_config(data::Generated{})));
  EXPECT_EQ(data_of("name = 'mnist'\ndirectory = ''\nworkers = 2"),
            "name = \"mnist\"\nlabel_mode = \"int\"\ntarget = \"targets\"\nvalidation = "
            "0.0\nworkers = 2\n");
  EXPECT_EQ(data_of("kind = 'image-folder'\npath = 'photos'\nimage_size = 64\nworkers = 2"),
            "kind = \"image-folder\"\npath = \"photos\"\nimage_size = 64\ninterpolation = "
            "\"bilinear\"\ncrop_to_aspect_ratio = false\ntest_split = 0.0\nbad_files = "
            "\"error\"\nlabel_mode = \"int\"\ntarget = \"targets\"\nvalidation = 0.0\nworkers "
            "= 2\n");
  EXPECT_EQ(data_of("kind = 'idx'\npath = 'mine'\nclass_names = ['a', 'b']"),
            "kind = \"idx\"\npath = \"mine\"\ntest_split = 0.0\nclass_names = [\"a\", "
            "\"b\"]\nlabel_mode = "
            "\"int\"\ntarget = \"targets\"\nvalidation = 0.0\n");

  const auto refused = [&](std::string_view data) { return message_of([&] { data_of(data); }); };
  EXPECT_EQ(refused("name = 'fashion-mnist'\ngenerated = { size = 10 }"),
            "'generated' has no use here: fashion-mnist is read from files\n"
            "  where    own.toml:2\n"
            "  to fix   leave 'generated' out, or name other data");
  EXPECT_EQ(refused("name = 'moons'\ndirectory = 'x'"),
            "'directory' has no use here: moons is made by formula\n"
            "  where    own.toml:2\n"
            "  to fix   leave 'directory' out, or name other data");
  EXPECT_EQ(refused("name = 'moons'\npath = 'x'"),
            "'path' is of files of one's own, moons is a set with a name\n"
            "  where    own.toml:2\n"
            "  to fix   leave it out, or write kind and path in place of name");
  EXPECT_EQ(refused("path = 'rows.csv'"),
            "'path' is of files of one's own, which have a kind\n"
            "  where    own.toml:1\n"
            "  to fix   add kind = \"csv\"");
  EXPECT_EQ(refused("image_size = 64"),
            "'image_size' is of files of one's own, which have a kind\n"
            "  where    own.toml:1\n"
            "  to fix   add the kind they are of, as kind = \"idx\"");
  EXPECT_EQ(refused("kind = 'idx'\ndirectory = 'x'"),
            "'directory' is of data with a name, these have a kind\n"
            "  where    own.toml:2\n"
            "  to fix   the directory of such files is path");
  EXPECT_EQ(
      refused("kind = 'image-folder'\npath = 'x'\nvalidatoin = 0.1"),
      "there is no key 'validatoin' here\n"
      "  where    own.toml:3\n"
      "  keys     name, directory, generated, label_mode, target, validation, workers, augment, "
      "kind, path, image_size, color_mode, interpolation, crop_to_aspect_ratio, class_names, "
      "test_split, bad_files\n"
      "  to fix   did you mean 'validation'?");
  EXPECT_EQ(refused("name = 'moons'\nkind = 'idx'"),
            "the data have a name and a kind\n"
            "  name     moons\n"
            "  kind     idx\n"
            "  where    own.toml:2\n"
            "  to fix   give name for a set that `sloy data list` names, kind for files of your "
            "own");
}

/// |prediction − target|³.
struct Cubic {
  double scale = 1;
  Value call(Value target, Value prediction) const {
    return scale * power(absolute(target - prediction), 3);
  }
  static void fields(auto&& field) { field("scale", &Cubic::scale); }
};

/// Ends a fit after so many epochs.
struct Enough {
  int epochs = 1;
  void on_epoch_end(Run& run, const Logs&) const {
    if (run.epoch() + 1 == epochs) run.stop();
  }
  static void fields(auto&& field) { field("epochs", &Enough::epochs, Needed{}); }
};

/// They stand beside each other in [data].
TEST(Recipe, KeysOfFilesAreNoKeysOfAllData) {
  const Config shared = sloy::to_config<RecipeData>(RecipeData{});
  for (const TypeEntry<data::Files>& kind : data::file_kinds()) {
    const Config own = data::to_config(kind.make_default());
    for (const auto& [key, value] : own.as_map()) {
      EXPECT_EQ(shared.find(key), nullptr) << kind.name << " " << key;
    }
  }
}

TEST(Recipe, NamesCallbacksOfOnesOwn) {
  const std::string text =
      "[data]\nname = \"plane\"\n[[model.layer]]\ntype = \"Dense\"\nunits = 1\n"
      "[train]\nloss = \"MeanSquaredError\"\nepochs = 5\n";
  const CustomTypes custom{.callbacks = {register_callback<Enough>()}};
  const Recipe recipe =
      Recipe::parse(text + "callbacks = [{ type = \"Enough\", epochs = 3 }]", "own.toml", custom);
  const data::Split data = recipe.load_data();
  Model model = recipe.make_model(data.train.spec(), custom);
  model.compile(recipe.compile_options());
  FitOptions options = recipe.fit_options();
  options.verbose = Verbosity::silent;
  EXPECT_EQ(model.fit(data.train, options).logs.size(), 3u);
  EXPECT_EQ(
      message_of([&] { Recipe::parse(text + "callbacks = [\"Enough\"]", "own.toml", custom); }),
      "'epochs' is missing here\n"
      "  where    own.toml:9\n"
      "  key      callbacks\n"
      "  to fix   give epochs = …");
}

TEST(Recipe, NamesLossesAndMetricsOfOnesOwn) {
  const char* text =
      "[data]\nname = \"plane\"\n[[model.layer]]\ntype = \"Dense\"\nunits = 1\n"
      "[train]\nloss = { type = \"Cubic\", scale = 2.0 }\nmetrics = [\"Cubic\"]";
  const CustomTypes custom{.losses = {register_loss<Cubic>()},
                           .metrics = {register_metric<Cubic>()}};
  EXPECT_THROW(Recipe::parse(text), ConfigError);
  const Recipe recipe = Recipe::parse(text, "own.toml", custom);
  EXPECT_EQ(recipe.train.loss[0].value.as<Cubic>()->scale, 2);
  const data::Split data = recipe.load_data();
  Model model = recipe.make_model(data.train.spec(), custom);
  model.compile(recipe.compile_options());
  FitOptions options = recipe.fit_options();
  options.verbose = Verbosity::silent;
  const Logs logs = model.fit(data.train, options).logs.back();
  EXPECT_NEAR(logs["loss"], 2 * logs["cubic"], 1e-6);
  EXPECT_EQ(Recipe::parse(recipe.to_toml(), "own.toml", custom).to_config(), recipe.to_config());
}

}  // namespace
}  // namespace sloy
