/// What a user reads for each usual mistake: whole messages, in the form of <sloy/error.h>.
#include <gtest/gtest.h>
#include <sloy/sloy.h>

#include <fstream>
#include <set>

#include "harness/messages.h"
#include "harness/process.h"
#include "harness/recipes.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::run_sloy;
using harness::TemporaryDirectory;

/// What a fit of the model on the data is refused with.
std::string refused(Sequential model, Loss loss, const data::Dataset& data) {
  model.compile({.optimizer = SGD{}, .loss = std::move(loss)});
  return message_of([&] { model.fit(data, {.verbose = Verbosity::silent}); });
}

/// Points of the plane with class labels 0 and 1.
data::Dataset labelled_points() { return data::moons({.size = 20}); }

data::Dataset points_with(Tensor target) {
  return data::from_tensors(Tensor(DType::float32, {target.shape().size(0), 2}), target);
}

void write(const std::string& path, std::initializer_list<int> bytes) {
  std::ofstream file(path, std::ios::binary);
  for (int byte : bytes) file.put(static_cast<char>(byte));
}

TEST(Messages, OfChannelsThatDoNotFit) {
  EXPECT_EQ(message_of([] {
              Graph graph;
              Graph::Section layer(graph, "encoder");
              convolution(graph.input("x", {DType::float32, {32, 28, 28, 3}}),
                          graph.input("kernel", {DType::float32, {3, 3, 4, 64}}));
            }),
            "convolution: the input has 3 channels, the kernel expects 4\n"
            "  input    (32, 28, 28, 3)   batch, height, width, channels\n"
            "  kernel   (3, 3, 4, 64)     height, width, channels, filters\n"
            "  layer    encoder\n"
            "  to fix   feed 4 channels, or build the kernel for 3");
}

TEST(Messages, OfImagesWithOtherChannelsThanTheModels) {
  const data::Dataset images =
      data::from_tensors(Tensor(DType::uint8, {4, 28, 28, 3}),
                         Tensor(Shape{4}, std::vector<std::int32_t>{0, 1, 0, 1}));
  EXPECT_EQ(refused({Input{28, 28, 1}, Conv2D{.filters = 2, .kernel_size = 3}, Flatten{},
                     Dense{.units = 2}},
                    SparseCategoricalCrossentropy{.from_logits = true}, images),
            "the examples have another shape than the model's input\n"
            "  example   (28, 28, 3)\n"
            "  input     (28, 28, 1)\n"
            "  to fix    reshape the data, or begin a new model with Input{28, 28, 3}");
}

TEST(Messages, OfAKernelLargerThanItsInput) {
  EXPECT_EQ(message_of([] {
              Sequential{Input{2, 5, 1}, Conv2D{.filters = 1, .kernel_size = 3}};
            }),
            "convolution: the window is larger than the padded input: 3 along height, over 2\n"
            "  input    (batch, 2, 5, 1)   batch, height, width, channels\n"
            "  window   (3, 3)\n"
            "  layer    conv2d\n"
            "  to fix   use a smaller window or larger images, or padding `same`");
}

TEST(Messages, OfADilatedKernelLargerThanItsInput) {
  EXPECT_EQ(
      message_of([] {
        Sequential{Input{16, 20, 1}, Conv2D{.filters = 1, .kernel_size = 3, .dilation_rate = 8}};
      }),
      "convolution: the window is larger than the padded input: 17 along height, over 16\n"
      "  input      (batch, 16, 20, 1)   batch, height, width, channels\n"
      "  window     (3, 3)\n"
      "  dilation   (8, 8)               3 numbers, each 8 from the next, reach over 17\n"
      "  layer      conv2d\n"
      "  to fix     use a smaller window or larger images, or padding `same`");
}

TEST(Messages, OfAStrideOfZero) {
  EXPECT_EQ(message_of([] {
              Sequential{Input{28, 28, 1}, Conv2D{.filters = 3, .kernel_size = 3, .strides = 0}};
            }),
            "strides must be 1 or more, not 0\n"
            "  layer    conv2d   Conv2D\n"
            "  to fix   set strides to 1 or more");
}

TEST(Messages, OfALabelThatIsNoClassOfTheModel) {
  EXPECT_EQ(
      refused({Input{2}, Dense{.units = 3}}, SparseCategoricalCrossentropy{.from_logits = true},
              points_with(Tensor(Shape{3}, std::vector<std::int32_t>{0, 4, 1}))),
      "the data have 5 classes, the model predicts 3\n"
      "  labels        0 to 4\n"
      "  predictions   (batch, 3)\n"
      "  to fix        give the last layer 5 units");
}

/// A set of the user's own, whose labels are seen only as they are read.
struct Mislabelled {
  std::int32_t wrong;

  std::int64_t size() const { return 4; }
  data::Spec spec() const { return {{DType::float32, {2}}, {DType::int32, {}}, 0, {}}; }
  void read(std::int64_t index, data::Slot slot) const {
    slot.features_as<float>()[0] = slot.features_as<float>()[1] = 0;
    slot.target_as<std::int32_t>()[0] = index == 2 ? wrong : 0;
  }
};

TEST(Messages, OfALabelOutOfRangeInDataReadOneByOne) {
  Sequential model{Input{2}, Dense{.units = 3}};
  model.compile({.loss = SparseCategoricalCrossentropy{.from_logits = true}});
  for (std::int32_t wrong : {-1, 3}) {
    const FitOptions options{.shuffle = false, .verbose = Verbosity::silent};
    EXPECT_EQ(message_of([&] { model.fit(Mislabelled{wrong}, options); }),
              "the label " + std::to_string(wrong) +
                  " is not one of the 3 classes the model predicts\n"
                  "  example   2 of 4, counted from 0\n"
                  "  classes   0 to 2\n"
                  "  to fix    correct the label, or give the last layer more units");
  }
}

TEST(Messages, OfALabelOutOfRangeInAFile) {
  const TemporaryDirectory directory;
  const std::string images = directory / "images", labels = directory / "labels";
  write(images, {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 10, 20});
  write(labels, {0, 0, 8, 1, 0, 0, 0, 2, 1, 2});
  EXPECT_EQ(message_of([&] {
              data::idx(images, labels, {"cat", "dog"});
            }),
            "label 2 is out of range: there are 2 classes\n"
            "  row      1   counted from 0 in " +
                labels +
                "\n"
                "  needed   0 to 1\n"
                "  to fix   name every class, or count labels from 0");
}

TEST(Messages, OfASoftmaxBeforeALossOnScores) {
  EXPECT_EQ(refused({Input{2}, Dense{.units = 2, .activation = softmax}},
                    SparseCategoricalCrossentropy{.from_logits = true}, labelled_points()),
            "SparseCategoricalCrossentropy takes scores, the model's last activation is softmax\n"
            "  loss     {\"type\":\"SparseCategoricalCrossentropy\",\"from_logits\":true,"
            "\"label_smoothing\":0.0}\n"
            "  to fix   leave out the last layer's activation, or set the loss's from_logits to "
            "false");
}

TEST(Messages, OfALinearLayerBeforeALossOnProbabilities) {
  EXPECT_EQ(
      refused({Input{2}, Dense{.units = 2}}, SparseCategoricalCrossentropy{}, labelled_points()),
      "SparseCategoricalCrossentropy takes probabilities, the model's last activation is "
      "linear\n"
      "  loss     {\"type\":\"SparseCategoricalCrossentropy\",\"from_logits\":false,"
      "\"label_smoothing\":0.0}\n"
      "  to fix   set the loss's from_logits to true, or end the model in softmax");
}

TEST(Messages, OfOneHotTargetsForALossOnLabels) {
  const Tensor one_hot({2, 3}, std::vector<float>{0, 1, 0, 1, 0, 0});
  EXPECT_EQ(refused({Input{2}, Dense{.units = 3}},
                    SparseCategoricalCrossentropy{.from_logits = true}, points_with(one_hot)),
            "SparseCategoricalCrossentropy: the targets are one-hot, this loss takes class labels\n"
            "  targets       float32 (batch, 3)\n"
            "  predictions   float32 (batch, 3)\n"
            "  needed        targets int32 (batch)\n"
            "  to fix        use CategoricalCrossentropy, or feed labels: in a recipe label_mode = "
            "\"int\"");
}

TEST(Messages, OfLabelsForALossOnOneHotTargets) {
  EXPECT_EQ(
      refused({Input{2}, Dense{.units = 2}}, CategoricalCrossentropy{.from_logits = true},
              labelled_points()),
      "CategoricalCrossentropy: the targets are class labels, this loss takes a number for "
      "every class\n"
      "  targets       int32 (batch)\n"
      "  predictions   float32 (batch, 2)\n"
      "  needed        targets float32 (batch, 2)\n"
      "  to fix        use SparseCategoricalCrossentropy, or feed one-hot targets: data.one_hot(), "
      "in a recipe label_mode = \"categorical\"");
}

/// Such a model is measured against what it is fed.
TEST(Messages, OfLabelsForAModelThatGivesBackItsInput) {
  EXPECT_EQ(refused({Input{3}, Dense{.units = 3}}, MeanSquaredError{},
                    data::from_tensors(Tensor(DType::float32, {4, 3}),
                                       Tensor({4}, std::vector<std::int32_t>{0, 1, 0, 1}))),
            "MeanSquaredError: the model gives what it is fed, the targets are class labels\n"
            "  targets       int32 (batch)\n"
            "  predictions   float32 (batch, 3)\n"
            "  to fix        measure against the features: --set data.target=features, or "
            "Dataset::targeting_features()");
}

TEST(Messages, OfTargetsOfAnotherShapeThanThePredictions) {
  EXPECT_EQ(refused({Input{2}, Dense{.units = 1}}, MeanSquaredError{},
                    points_with(Tensor({3}, std::vector<float>{1, 2, 3}))),
            "MeanSquaredError: targets and predictions must have the same shape\n"
            "  targets       float32 (batch)\n"
            "  predictions   float32 (batch, 1)\n"
            "  to fix        reshape the targets, or the model's last layer: nothing is broadcast");
}

/// Whatever would broadcast is refused by every loss; labels (batch) of a loss of two classes for
/// predictions (batch, 1) are the one reshape there is.
TEST(Losses, NeverBroadcast) {
  const std::pair<Shape, Shape> pairs[] = {
      {{batch}, {batch, 1}},    {{batch, 1}, {batch}},         {{batch, 1}, {batch, 4}},
      {{batch, 4}, {batch, 1}}, {{1, 4}, {batch, 4}},          {{4}, {batch, 4}},
      {{}, {batch, 4}},         {{batch, 1, 4}, {batch, 3, 4}}};
  const std::set<std::string_view> of_two_classes{"BinaryCrossentropy", "BinaryFocalCrossentropy",
                                                  "Hinge", "SquaredHinge"};
  for (const TypeEntry<Loss>& entry : loss_types()) {
    const Loss loss = loss_from_config(std::string(entry.name));
    for (const auto& [target, prediction] : pairs) {
      const bool reshaped = of_two_classes.contains(entry.name) && target == Shape{batch} &&
                            prediction == Shape({batch, 1});
      if (reshaped) continue;
      EXPECT_THROW(loss.check({DType::float32, target}, {DType::float32, prediction}), ShapeError)
          << entry.name << to_string(target) << to_string(prediction);
    }
  }
}

TEST(Messages, OfAMissingDataFile) {
  const TemporaryDirectory directory;
  EXPECT_EQ(message_of([&] { data::fashion_mnist(directory.path()); }),
            "Fashion-MNIST is not on this machine\n"
            "  looked in   " +
                directory.path().string() +
                "   train-images-idx3-ubyte[.gz] is missing\n"
                "  to fix      apt install dataset-fashion-mnist, or name its directory");
}

TEST(Messages, OfDataFilesWithoutExamples) {
  const TemporaryDirectory directory;
  const std::string images = directory / "images", labels = directory / "labels";
  write(images, {0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2});
  write(labels, {0, 0, 8, 1, 0, 0, 0, 0});
  EXPECT_EQ(message_of([&] { data::idx(images, labels); }),
            "the files hold no examples\n"
            "  images   " +
                images + "\n  labels   " + labels +
                "\n  to fix   name files with one example or more");
}

TEST(Messages, OfATruncatedDataFile) {
  const TemporaryDirectory directory;
  const std::string images = directory / "images", labels = directory / "labels";
  write(images, {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30});
  write(labels, {0, 0, 8, 1, 0, 0, 0, 2, 1, 0});
  EXPECT_EQ(message_of([&] { data::idx(images, labels); }),
            "the file ends within the elements of (2, 1, 2)\n"
            "  file     " +
                images +
                "   at byte 16\n"
                "  needed   4 bytes\n"
                "  found    3 bytes\n"
                "  to fix   the file is damaged or incomplete: get it again");
}

TEST(Messages, OfATruncatedCompressedDataFile) {
  const std::string file = "tests/fuzz/corpus/idx/truncated.gz";
  EXPECT_EQ(message_of([&] { data::idx(file, file); }),
            "the compressed file ends too early\n"
            "  file     tests/fuzz/corpus/idx/truncated.gz   at byte 28\n"
            "  to fix   the file is damaged or incomplete: get it again");
}

TEST(Messages, OfAnUnknownRecipeKey) {
  std::string with_slip(harness::moons_recipe);
  with_slip.replace(with_slip.find("epochs"), 6, "epohs");
  EXPECT_EQ(message_of([&] { Recipe::parse(with_slip, "moons.toml"); }),
            "there is no key 'epohs' here\n"
            "  where    moons.toml:15\n"
            "  keys     epochs, batch_size, loss, loss_weights, class_weight, optimizer, metrics, "
            "weighted_metrics, callbacks, shuffle, precision, convolution, tune, memory_limit\n"
            "  to fix   did you mean 'epochs'?");
}

/// The moons' recipe with other values.
std::string overridden(std::string_view assignment) {
  return message_of([&] {
    Config config = parse_toml(harness::moons_recipe, "moons.toml");
    override_value(config, assignment);
    Recipe::from_config(config);
  });
}

TEST(Messages, OfAnotherLibrarysWords) {
  const auto fix = [](const std::string& message) {
    return message.substr(message.rfind("  to fix"));
  };
  EXPECT_EQ(fix(overridden("train.loss=mse")), "  to fix   did you mean 'MeanSquaredError'?");
  EXPECT_EQ(fix(overridden("train.metrics=[\"SparseCategoricalAccuracy\"]")),
            "  to fix   did you mean 'Accuracy'?");
  EXPECT_EQ(fix(overridden("train.optimizer.lr=0.1")), "  to fix   did you mean 'learning_rate'?");
  const auto of_layer = [](const std::string& type) {
    return message_of([&] { layer_from_config(type); });
  };
  EXPECT_EQ(fix(of_layer("Linear")), "  to fix   did you mean 'Dense'?");
  EXPECT_EQ(fix(of_layer("BatchNorm2d")), "  to fix   did you mean 'BatchNormalization'?");
  EXPECT_EQ(fix(of_layer("LSTM")), "  to fix   name one of the known");
}

TEST(Messages, OfWhatKerasWritesInAnotherForm) {
  EXPECT_EQ(overridden("train.class_weight={0 = 1.0, 1 = 2.5}"),
            "class_weight is a list, not a table\n"
            "  where    --set train.class_weight={0 = 1.0, 1 = 2.5}\n"
            "  to fix   write a number for each class in their order: class_weight = [1.0, 2.5]");
  EXPECT_EQ(
      overridden("train.metrics=[[\"Accuracy\"], [\"Accuracy\"]]"),
      "metrics are one list, or a table of lists by the outputs' names\n"
      "  where    --set train.metrics=[[\"Accuracy\"], [\"Accuracy\"]]\n"
      "  key      metrics\n"
      "  to fix   write [\"Accuracy\"], or of several outputs { digit = [\"Accuracy\"], image = "
      "[] }");
}

TEST(Messages, OfARecipeWithoutItsParts) {
  const auto parsed = [](const char* text) {
    return message_of([&] {
      Recipe::parse(text, "own.toml")
          .make_model({{DType::float32, {2}}, {DType::int32, {}}, 2, {}});
    });
  };
  EXPECT_EQ(parsed("[[layer]]\ntype = 'Flatten'\n"),
            "the layers of a recipe are part of its model\n"
            "  where    own.toml:1\n"
            "  to fix   write [[model.layer]] in place of [[layer]]");
  EXPECT_EQ(parsed("[train]\nloss = 'Huber'\n"),
            "the recipe has no [model]\n"
            "  where    own.toml:1\n"
            "  to fix   write a [[model.layer]] for each layer: type = \"Dense\", units = 10");
  EXPECT_EQ(parsed("[[model.layer]]\ntype = 'Flatten'\n"),
            "the recipe has no [train]\n"
            "  where    own.toml:1\n"
            "  to fix   write [train] with a loss: loss = \"MeanSquaredError\"");
  EXPECT_EQ(parsed("[model]\n[train]\nloss = 'Huber'\n"),
            "the model has no layers\n"
            "  where    own.toml:1\n"
            "  to fix   write a [[model.layer]] for each");
}

TEST(Messages, OfALayerThatJoinsOneInput) {
  EXPECT_EQ(message_of([] {
              Sequential{Input{2}, Add{}};
            }),
            "the layer joins two inputs or more, not one\n"
            "  layer    add   Add\n"
            "  to fix   name what it joins: inputs = [\"a\", \"b\"], in C++ layer({a, b})");
}

TEST(Messages, OfAWeightOfAnotherShape) {
  Sequential model{Input{2}, Dense{.units = 3}};
  EXPECT_EQ(message_of([&] {
              model.set_weight("dense/kernel", Tensor(DType::float32, {3, 2}));
            }),
            "the numbers for dense/kernel have another shape than the variable\n"
            "  numbers    (3, 2)\n"
            "  variable   (2, 3)\n"
            "  to fix     give them in the variable's shape: Tensor::reshaped, where they are as "
            "many");
}

TEST(Messages, OfThreadsThatCannotCompute) {
  EXPECT_EQ(message_of([] { set_threads(0); }),
            "the number of threads must be 1 or more, not 0\n"
            "  to fix   leave it out for as many as there are cores");
}

/// Words that other libraries, or later versions, know.
TEST(Messages, OfWhatIsNotThereYet) {
  EXPECT_EQ(
      overridden("data.augment=[\"RandomPerspective\"]"),
      "there is no augmentation of type 'RandomPerspective'\n"
      "  where    --set data.augment=[\"RandomPerspective\"]\n"
      "  known    RandomFlip, RandomCrop, RandomResizedCrop, RandomTranslation, RandomRotation, "
      "RandomZoom, RandomShear, RandomBrightness, RandomContrast, RandomSaturation, RandomHue, "
      "RandomColorJitter, RandomColorDegeneration, RandomGrayscale, RandomInvert, "
      "RandomPosterization, Solarization, AutoContrast, Equalization, RandomSharpness, "
      "RandomGaussianBlur, RandomGaussianNoise, RandomErasing, RandomCutout, MixUp, CutMix, "
      "RandAugment\n"
      "  key      augment\n"
      "  to fix   name one of the known");
  EXPECT_EQ(overridden("data={kind=\"parquet\"}"),
            "there is no kind of data 'parquet'\n"
            "  where    --set data={kind=\"parquet\"}\n"
            "  kinds    idx, npy, cifar10, cifar100, image-folder, npy-folder, csv, records\n"
            "  to fix   name one of the kinds");
  EXPECT_EQ(overridden("train.callbacks=[\"TensorBoard\"]"),
            "there is no callback of type 'TensorBoard'\n"
            "  where    --set train.callbacks=[\"TensorBoard\"]\n"
            "  known    EarlyStopping, ModelCheckpoint, CSVLogger, OneCycle, ReduceLROnPlateau, "
            "LearningRateScheduler\n"
            "  key      callbacks\n"
            "  to fix   name one of the known");
  EXPECT_EQ(overridden("train.precision=bfloat16"),
            "\"bfloat16\" is not one of the choices\n"
            "  where     --set train.precision=bfloat16\n"
            "  choices   float32, float64, mixed_bfloat16\n"
            "  key       precision\n"
            "  to fix    did you mean 'mixed_bfloat16'?");
}

TEST(Messages, OfAnOutputDirectoryThatCannotBeWritten) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "moons.toml") << harness::moons_recipe;
  const harness::Finished done =
      run_sloy({"train", directory / "moons.toml", "--out", "/proc/run"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err,
            "error: can't write into the run directory\n"
            "  directory   /proc/run\n"
            "  to fix      give a writable one with --out\n");
}

TEST(Messages, OfABatchLargerThanTheData) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "moons.toml") << harness::moons_recipe;
  const harness::Finished done = run_sloy({"train", directory / "moons.toml", "--out",
                                           directory / "run", "--set", "train.batch_size=500"});
  EXPECT_EQ(done.exit_code, 0);
  const std::string note =
      "note: the batch is larger than the data: a step takes all there are\n"
      "  batch_size   500\n"
      "  examples     320\n"
      "  to fix       give a batch_size of at most 320\n";
  EXPECT_EQ(done.err.substr(0, note.size()), note);
  EXPECT_TRUE(done.err.substr(note.size()).starts_with("Epoch 1/2")) << done.err;
}

}  // namespace
}  // namespace sloy
