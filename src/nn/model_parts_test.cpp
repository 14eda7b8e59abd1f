#include <gtest/gtest.h>
#include <sloy/model.h>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::TemporaryDirectory;

Model two_branches() {
  const Symbol x = Input{3};
  const Symbol body = Dense{.units = 4, .activation = tanh, .name = "body"}(x);
  const Symbol left = Dense{.units = 2, .name = "left"}(body);
  const Symbol right = Dense{.units = 2, .name = "right"}(body);
  return {x, left + right};
}
const Tensor points({2, 3}, std::vector<float>{0.5f, -1, 2, 1, 0.25f, -0.75f});
const data::Dataset data =
    data::from_tensors(points, Tensor({2, 2}, std::vector<float>{1, 0, 0, 1}));

TEST(UpTo, EndsInTheLayersResultWithItsWeights) {
  Model model = two_branches();
  model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
  model.fit(data, {.epochs = 3, .verbose = Verbosity::silent});
  const Model body = model.up_to("body");
  EXPECT_EQ(body.weight_names(), (std::vector<std::string>{"body/kernel", "body/bias"}));
  EXPECT_EQ(body.weight("body/kernel"), model.weight("body/kernel"));
  const Model right = model.up_to("right");
  EXPECT_EQ(right.weight("right/kernel"), model.weight("right/kernel"));
  EXPECT_EQ(right.weight_names().size(), 4u);
  EXPECT_EQ(Model(right).predict(points).shape(), (Shape{2, 2}));
  EXPECT_EQ(message_of([&] { model.up_to("bdoy"); }),
            "the model has no layer 'bdoy'\n"
            "  to fix   did you mean 'body'?");
}

/// Its input is the whole model's, so what becomes one is too.
TEST(UpTo, TakesImagesAndRowsAsTheWholeDoes) {
  Model model = two_branches();
  model.set_image_form({.height = 4, .width = 5});
  model.set_table_form({.columns = {data::TableColumn{}}, .missing = {"?"}});
  const Model body = model.up_to("body");
  EXPECT_EQ(body.image_form(), model.image_form());
  EXPECT_EQ(body.table_form(), model.table_form());
}

TEST(UpTo, GivesALoadedModelAnotherHead) {
  const TemporaryDirectory directory;
  Model model = two_branches();
  model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
  model.fit(data, {.verbose = Verbosity::silent});
  model.save(directory / "trained.safetensors");

  Model body = Model::load(directory / "trained.safetensors").up_to("body");
  body.set_name("body_of_old");
  body.set_trainable(false);
  Sequential tuned{body, Dense{.units = 3, .name = "head"}};
  tuned.compile({.optimizer = SGD{.learning_rate = 0.1},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true}});
  const Tensor before = tuned.weight("head/kernel");
  tuned.fit(data::from_tensors(points, Tensor({2}, std::vector<std::int64_t>{2, 0})),
            {.verbose = Verbosity::silent});
  EXPECT_EQ(tuned.weight("body_of_old/body/kernel"), model.weight("body/kernel"));
  EXPECT_NE(tuned.weight("head/kernel"), before);
}

TEST(Freezing, OfANestedModelIsSeenByTheNextFitOfTheOuter) {
  Model body = two_branches().up_to("body");
  Sequential outer{body, Dense{.units = 2, .name = "head"}};
  outer.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
  const std::string kernel = outer.weight_names().front();
  const auto changes = [&] {
    const Tensor before = outer.weight(kernel);
    outer.fit(data, {.verbose = Verbosity::silent});
    return !(outer.weight(kernel) == before);
  };
  EXPECT_TRUE(changes());
  body.set_trainable(false);
  EXPECT_FALSE(changes());
  body.set_trainable(true);
  EXPECT_TRUE(changes());
  body.set_trainable("body", false);
  EXPECT_FALSE(changes());
}

TEST(Summary, CountsTheOperationsOfOneExample) {
  Model model = Sequential{Input{512}, Dense{.units = 16, .activation = relu}};
  EXPECT_EQ(model.layers().back().flops, 2 * 512 * 16 + 16 + 16);
  Model image =
      Sequential{Input{5, 4, 3}, Conv2D{.filters = 2, .kernel_size = {3, 2}, .use_bias = false}};
  EXPECT_EQ(image.layers().back().flops, 2 * (3 * 3 * 2) * (3 * 2 * 3));
}

TEST(Freezing, LeavesALayerAsItIs) {
  Model model = two_branches();
  model.set_trainable("left", false);
  model.compile(
      {.optimizer = SGD{.learning_rate = 0.1, .momentum = 0.9}, .loss = MeanSquaredError{}});
  const Tensor left = model.weight("left/kernel"), right = model.weight("right/kernel");
  model.fit(data, {.verbose = Verbosity::silent});
  EXPECT_EQ(model.weight("left/kernel"), left);
  EXPECT_NE(model.weight("right/kernel"), right);
  EXPECT_EQ(model.parameters(), 3 * 4 + 4 + 4 * 2 + 2);

  model.set_trainable("left", true);  // between fits too
  model.fit(data, {.verbose = Verbosity::silent});
  EXPECT_NE(model.weight("left/kernel"), left);
}

TEST(Freezing, ReachesLayersOfModelsWithin) {
  Sequential inner{Input{3}, Dense{.units = 4, .name = "first"},
                   Dense{.units = 2, .name = "second"}};
  inner.set_name("inner");
  Sequential outer{Input{3}, inner};
  outer.set_trainable("inner/first", false);
  EXPECT_EQ(outer.parameters(), 4 * 2 + 2);
  outer.set_trainable("inner", false);
  EXPECT_EQ(outer.parameters(), 0);
  EXPECT_EQ(message_of([&] { outer.set_trainable("inner/third", false); }),
            "the model has no layer 'third'\n"
            "  to fix   Model::summary and `sloy summary` name the layers");
}

TEST(Freezing, IsSavedWithTheModel) {
  const TemporaryDirectory directory;
  Model model = two_branches();
  model.set_trainable("body", false);
  model.save(directory / "frozen.safetensors");
  EXPECT_EQ(Model::load(directory / "frozen.safetensors").parameters(), 2 * (4 * 2 + 2));
}

TEST(Freezing, NeedsALayerThatCanLearn) {
  Sequential model{Input{3}, Flatten{}};
  EXPECT_EQ(message_of([&] { model.set_trainable("flatten", false); }),
            "Flatten has nothing to train");
}

}  // namespace
}  // namespace sloy
