// The user's own types in a model's file.
#include <gtest/gtest.h>
#include <sloy/model.h>

#include <filesystem>
#include <fstream>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::TemporaryDirectory;

struct Scale {
  double factor = 2;
  Value call(Scope&, Value x) const { return x * factor; }
  static void fields(auto&& field) { field("factor", &Scale::factor); }
};
struct Forgetful {
  double factor = 2;
  Value call(Scope&, Value x) const { return x * factor; }
};
struct Half {
  Value call(Scope&, Value x) const { return x * 0.5; }
};
struct ForgetfulLoss {
  double factor = 2;
  Value call(Value target, Value prediction) const { return factor * square(target - prediction); }
};
struct Cubic {
  Value call(Value target, Value prediction) const {
    return power(absolute(target - prediction), 3);
  }
};
struct Within {
  double bound = 0.1;
  Value call(Value target, Value prediction) const {
    return less(absolute(target - prediction), bound);
  }
  static void fields(auto&& field) { field("bound", &Within::bound); }
};
Value twice(Value x) { return x * 2.0; }

data::Dataset line() {
  return data::from_tensors(Tensor(Shape{2, 1}, std::vector<float>{1, 2}),
                            Tensor(Shape{2, 1}, std::vector<float>{3, 5}));
}

const FitOptions silent{.verbose = Verbosity::silent};

TEST(ModelFile, IsRefusedWhereALayersMembersWouldBeLost) {
  const TemporaryDirectory folder;
  Sequential model{Input{1}, Dense{.units = 1}, Forgetful{.factor = 3}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  model.fit(line(), silent);
  const std::string message =
      "Forgetful has members but no fields(): a file would lose their values\n"
      "  layer    forgetful   Forgetful\n"
      "  to fix   list them: static void fields(auto&& field) { field(\"name\", "
      "&Forgetful::name); }";
  EXPECT_EQ(message_of([&] { model.save(folder / "model"); }), message);
  EXPECT_FALSE(std::filesystem::exists(folder / "model"));

  // A fit that is to save it says so before its first step.
  const Tensor kernel = model.weight("dense/kernel");
  FitOptions saving = silent;
  saving.checkpoints = folder / "checkpoints";
  EXPECT_EQ(message_of([&] { model.fit(line(), saving); }), message);
  saving.checkpoints.clear();
  saving.callbacks = {ModelCheckpoint{.filepath = folder / "best"}};
  EXPECT_EQ(message_of([&] { model.fit(line(), saving); }), message);
  EXPECT_EQ(model.weight("dense/kernel"), kernel);
}

TEST(ModelFile, NeedsNoFieldsOfALayerWithoutMembers) {
  const TemporaryDirectory folder;
  Sequential model{Input{1}, Half{}};
  model.save(folder / "model");
  Model loaded = Model::load(folder / "model", {.custom = {.layers = {register_layer<Half>()}}});
  EXPECT_EQ(loaded.predict(Tensor(Shape{1, 1}, std::vector<float>{3})).item(), 1.5);
}

TEST(Checkpoints, AreRefusedWhereALosssMembersWouldBeLost) {
  const TemporaryDirectory folder;
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = ForgetfulLoss{}});
  model.fit(line(), silent);
  FitOptions saving = silent;
  saving.checkpoints = folder / "checkpoints";
  EXPECT_EQ(message_of([&] { model.fit(line(), saving); }),
            "ForgetfulLoss has members but no fields(): a file would lose their values\n"
            "  to fix   list them: static void fields(auto&& field) { field(\"name\", "
            "&ForgetfulLoss::name); }");
}

TEST(ModelFile, WithTypesOfTheUsersIsLoadedWithCustomTypes) {
  const TemporaryDirectory folder;
  const std::string file = folder / "model";
  Sequential{Input{1}, Scale{}}.save(file);
  EXPECT_EQ(message_of([&] { Model::load(file); }),
            "the file names the layer 'Scale', which this program doesn't know\n"
            "  file     " +
                file +
                "\n"
                "  to fix   give Model::load its CustomTypes: {.custom = {.layers = "
                "{register_layer<Scale>()}}}");
  Sequential{Input{1}, Dense{.units = 1, .activation = Activation{"twice", twice}}}.save(file);
  EXPECT_EQ(message_of([&] { Model::load(file); }),
            "the file names the activation 'twice', which this program doesn't know\n"
            "  file     " +
                file +
                "\n"
                "  to fix   give Model::load its CustomTypes: {.custom = {.activations = "
                "{Activation(\"twice\", …)}}}");
}

TEST(ModelFile, HoldsALossAndMetricsOfTheUsersOwn) {
  const TemporaryDirectory folder;
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.loss = Cubic{}, .metrics = {Within{.bound = 2}, MeanSquaredError{}}});
  testing::internal::CaptureStderr();
  model.save(folder / "model");
  const CustomTypes own{.losses = {register_loss<Cubic>()}, .metrics = {register_metric<Within>()}};
  Model loaded = Model::load(folder / "model", {.custom = own});
  loaded.save(folder / "again");
  Model again = Model::load(folder / "again", {.custom = own});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  for (Model* one : {&loaded, &again}) {
    const Logs expected = model.evaluate(line()).logs;
    const Logs logs = one->evaluate(line()).logs;
    ASSERT_EQ(logs.size(), 3u);
    for (const auto& [name, value] : expected) EXPECT_EQ(logs[name], value) << name;
  }
  // 3 and 5 lie within 10 of predictions that are 0, but not within 2.
  loaded.set_weight("dense/kernel", Tensor(Shape{1, 1}, std::vector<float>{0}));
  EXPECT_EQ(loaded.evaluate(line()).logs["within"], 0);
}

TEST(ModelFile, OfAnUnknownMetricIsEvaluatedWithoutIt) {
  const TemporaryDirectory folder;
  const std::string file = folder / "model";
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.loss = MeanSquaredError{}, .metrics = {Within{.bound = 2}, MeanAbsoluteError{}}});
  model.save(file);
  testing::internal::CaptureStderr();
  Model loaded = Model::load(file);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "note: the file names the metric 'Within', which this program doesn't know: the model "
            "is evaluated without it\n"
            "  file     " +
                file +
                "\n"
                "  to fix   give Model::load its CustomTypes: {.custom = {.metrics = "
                "{register_metric<Within>()}}}\n");
  const Logs logs = loaded.evaluate(line()).logs;
  EXPECT_EQ(logs.size(), 2u);
  EXPECT_EQ(logs["mean_absolute_error"], model.evaluate(line()).logs["mean_absolute_error"]);
  // What it doesn't know goes on to the next file.
  loaded.save(file);
  Model again = Model::load(file, {.custom = {.metrics = {register_metric<Within>()}}});
  EXPECT_EQ(again.evaluate(line()).logs.size(), 3u);
}

TEST(ModelFile, NamesInANoteWhatItCanNotHold) {
  const TemporaryDirectory folder;
  const std::string file = folder / "model";
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.loss = MeanSquaredError{}, .metrics = {ForgetfulLoss{}, MeanAbsoluteError{}}});
  const auto noted = [&] {
    testing::internal::CaptureStderr();
    model.save(file);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(noted(),
            "note: the metric ForgetfulLoss is not in the model's file: it has members but no "
            "fields()\n"
            "  file     " +
                file +
                "\n"
                "  to fix   list them: static void fields(auto&& field) { field(\"name\", "
                "&ForgetfulLoss::name); }\n");
  EXPECT_EQ(noted(), "");  // once is enough
  EXPECT_EQ(Model::load(file).evaluate(line()).logs.size(), 2u);

  model.compile({.loss = ForgetfulLoss{}});
  EXPECT_NE(noted().find("note: the loss ForgetfulLoss is not in the model's file"),
            std::string::npos);
  EXPECT_EQ(message_of([&] { Model::load(file).evaluate(line()); }),
            "the loss ForgetfulLoss is not in the model's file\n"
            "  to fix   call compile first: model.compile({.optimizer = Adam{}, .loss = "
            "ForgetfulLoss{…}})");
}

TEST(ModelFile, NamesALossOfTheUsersOwn) {
  const TemporaryDirectory folder;
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.loss = Cubic{}});
  model.save(folder / "model");
  Model loaded = Model::load(folder / "model");
  const std::string message =
      "the model's file names the loss Cubic, which this program doesn't know\n"
      "  to fix   call compile first: model.compile({.optimizer = Adam{}, .loss = Cubic{…}}), or "
      "load it with {.custom = {.losses = {register_loss<Cubic>()}}}";
  EXPECT_EQ(message_of([&] { loaded.evaluate(line()); }), message);
  EXPECT_EQ(message_of([&] { loaded.fit(line(), silent); }), message);
  loaded.save(folder / "again");
  Model again = Model::load(folder / "again");
  EXPECT_EQ(message_of([&] { again.evaluate(line()); }), message);
  again.compile({.loss = Cubic{}});
  EXPECT_EQ(again.evaluate(line()).loss, model.evaluate(line()).loss);
}

TEST(ModelFile, IsEvaluatedAtOnceAndTrainedWhenCompiled) {
  const TemporaryDirectory folder;
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.optimizer = Adam{}, .loss = MeanSquaredError{}});
  model.save(folder / "model");
  Model loaded = Model::load(folder / "model");
  EXPECT_EQ(loaded.evaluate(line()).loss, model.evaluate(line()).loss);
  EXPECT_EQ(message_of([&] { loaded.fit(line(), silent); }),
            "the model's file holds no optimizer, fit needs one\n"
            "  to fix   call compile first: model.compile({.optimizer = Adam{}, .loss = "
            "MeanSquaredError{…}})");
  loaded.compile({.optimizer = Adam{}, .loss = MeanSquaredError{}});
  loaded.fit(line(), silent);
}

TEST(ModelFile, KeepsHowImagesAndRowsAreRead) {
  const TemporaryDirectory folder;
  Sequential model{Input{1}, Dense{.units = 1}};
  model.set_image_form({.height = 4, .width = 5, .color_mode = data::ColorMode::grayscale});
  data::TableForm rows;
  rows.columns.resize(2);
  rows.columns[0].categories = {"a", "ü \"b\""};
  rows.columns[1].fill = 0.1;
  model.set_table_form(rows);
  model.save(folder / "model");
  const Model loaded = Model::load(folder / "model");
  EXPECT_EQ(loaded.image_form(), model.image_form());
  EXPECT_EQ(loaded.table_form(), rows);

  std::string bytes = harness::bytes_of_file(folder / "model");
  const std::string height = "height\\\":4";
  const std::size_t at = bytes.find(height);
  ASSERT_NE(at, std::string::npos);
  bytes[at + height.size() - 1] = '0';
  std::ofstream(folder / "model", std::ios::binary) << bytes;
  EXPECT_EQ(message_of([&] { Model::load(folder / "model"); }),
            "images can't have 0 pixels in one direction\n"
            "  file     " +
                (folder / "model") + "\n  to fix   give 1 to 16384");
}

TEST(Fit, IsRefusedWithoutCompile) {
  Sequential model{Input{1}, Dense{.units = 1}};
  EXPECT_EQ(message_of([&] { model.fit(line(), silent); }),
            "the model isn't compiled, fit needs that\n"
            "  to fix   call compile first: model.compile({.optimizer = Adam{}, .loss = …})");
  model.compile({.optimizer = Adam{}});
  EXPECT_EQ(message_of([&] { model.evaluate(line()); }),
            "the model was compiled without a loss, evaluate needs one\n"
            "  to fix   call compile first: model.compile({.optimizer = Adam{}, .loss = …})");
}

TEST(ModelCheckpoint, MakesItsDirectoryBeforeTheFirstStep) {
  const TemporaryDirectory folder;
  Sequential model{Input{1}, Dense{.units = 1}};
  model.compile({.optimizer = SGD{}, .loss = MeanSquaredError{}});
  FitOptions saving = silent;
  saving.callbacks = {ModelCheckpoint{.filepath = folder / "a/b/last"},
                      ModelCheckpoint{.filepath = folder / "{epoch}/model"}};
  model.fit(line(), saving);
  EXPECT_TRUE(std::filesystem::exists(folder / "a/b/last"));
  EXPECT_TRUE(std::filesystem::exists(folder / "1/model"));

  const Tensor kernel = model.weight("dense/kernel");
  const std::string impossible = "/proc/sloy";
  saving.callbacks = {ModelCheckpoint{.filepath = impossible + "/last"}};
  EXPECT_THROW(model.fit(line(), saving), FileError);
  EXPECT_EQ(model.weight("dense/kernel"), kernel);
}

}  // namespace
}  // namespace sloy
