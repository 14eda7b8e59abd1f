/// What a recipe's model is to give: [data]'s label_mode and target.
#include <gtest/gtest.h>
#include <sloy/recipe.h>

#include "harness/messages.h"
#include "harness/recipes.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::moons_recipe;

/// That of the moons, with some values set.
Recipe moons_with(const std::vector<std::string>& assignments) {
  Config config = parse_toml(moons_recipe, "moons.toml");
  for (const std::string& assignment : assignments) override_value(config, assignment);
  return Recipe::from_config(config);
}

std::string refused(const std::vector<std::string>& assignments) {
  return message_of([&] { moons_with(assignments); });
}

/// What the recipe's first step says of data that don't fit it.
std::string refused_in_fit(const std::vector<std::string>& assignments) {
  return message_of([&] {
    const Recipe recipe = moons_with(assignments);
    const data::Split data = recipe.load_data();
    Model model = recipe.make_model(data.train.spec());
    model.compile(recipe.compile_options());
    model.fit(data.train, recipe.fit_options());
  });
}

TEST(RecipeTargets, AreTheDatasUnlessSaid) {
  const Recipe recipe = moons_with({});
  EXPECT_EQ(recipe.load_data().train.spec().targets, data::Types(DType::int32, {}));
  EXPECT_EQ(moons_with({"data.label_mode=int", "data.target=targets"}).to_config(),
            recipe.to_config());
}

/// Of data that are read as of those whose headers alone are.
TEST(RecipeTargets, AreOfTheFormSaid) {
  const auto expect_targets = [](const std::vector<std::string>& assignments,
                                 const data::Types& targets, int classes) {
    const Recipe recipe = moons_with(assignments);
    const data::Split data = recipe.load_data();
    for (const data::Spec& spec :
         {data.train.spec(), data.test.spec(), recipe.load_header().spec}) {
      EXPECT_EQ(spec.targets, targets) << to_string(spec.targets);
      EXPECT_EQ(spec.num_classes, classes);
    }
    EXPECT_EQ(Recipe::parse(recipe.to_toml()).to_config(), recipe.to_config());
  };
  expect_targets({"data.label_mode=categorical"}, {DType::float32, {2}}, 2);
  expect_targets({"data.label_mode=binary"}, {DType::float32, {1}}, 2);
  expect_targets({"data.target=features"}, {DType::float32, {2}}, 0);
  expect_targets({"data.target=[\"targets\", \"features\"]"},
                 {{DType::int32, {}}, {DType::float32, {2}}}, 2);
  expect_targets({"data.target=[\"targets\", \"features\"]", "data.label_mode=binary"},
                 {{DType::float32, {1}}, {DType::float32, {2}}}, 2);

  const data::Split plain = moons_with({}).load_data();
  const data::Split rows = moons_with({"data.label_mode=categorical"}).load_data();
  for (std::int64_t i = 0; i < 10; ++i) {
    const auto label = static_cast<std::size_t>(plain.test[i].targets[0].item());
    EXPECT_EQ(rows.test[i].targets[0].values<float>()[label], 1);
    EXPECT_EQ(rows.test[i].targets[0].values<float>()[1 - label], 0);
  }
}

TEST(RecipeTargets, AreRefusedWhereTheyMakeNoSense) {
  EXPECT_EQ(refused({"data.label_mode=categoricl"}),
            "\"categoricl\" is not one of the choices\n"
            "  where     --set data.label_mode=categoricl\n"
            "  choices   int, categorical, binary\n"
            "  key       label_mode\n"
            "  to fix    did you mean 'categorical'?");
  EXPECT_EQ(refused({"data.target=feature"}),
            "\"feature\" is not one of the choices\n"
            "  where     --set data.target=feature\n"
            "  choices   targets, features\n"
            "  key       target\n"
            "  to fix    did you mean 'features'?");
  EXPECT_EQ(refused({"data.lable_mode=binary"}).substr(0, 33), "there is no key 'lable_mode' here");
  EXPECT_NE(refused({"data.lable_mode=binary"}).find("did you mean 'label_mode'?"),
            std::string::npos);
  EXPECT_EQ(refused({"data.target=[]"}),
            "target names nothing that the model is to give\n"
            "  where    --set data.target=[]\n"
            "  to fix   write \"targets\", \"features\" or a list of them");
  EXPECT_EQ(refused({"data.target=features", "data.label_mode=categorical"}),
            "label_mode is of the data's targets, but the model is to give the features\n"
            "  where    --set data.label_mode=categorical\n"
            "  to fix   leave out label_mode, or write target = [\"targets\", \"features\"]");
  EXPECT_EQ(message_of([] {
              moons_with({"data.name=plane", "data.label_mode=categorical"}).load_data();
            }),
            "the first target is no class label, which could become categorical\n"
            "  targets   float32 (1)\n"
            "  classes   0\n"
            "  key       label_mode\n"
            "  to fix    leave the targets as they are; data of your own say in their spec how "
            "many classes there are");
}

/// The loss and the form of the labels: the message names the key.
TEST(RecipeTargets, ThatDoNotFitTheLossAreRefusedByTheKey) {
  EXPECT_EQ(refused_in_fit({"train.loss={type=\"CategoricalCrossentropy\", from_logits=true}"}),
            "CategoricalCrossentropy: the targets are class labels, this loss takes a number for "
            "every class\n"
            "  targets       int32 (batch)\n"
            "  predictions   float32 (batch, 2)\n"
            "  needed        targets float32 (batch, 2)\n"
            "  to fix        use SparseCategoricalCrossentropy, or feed one-hot targets: "
            "data.one_hot(), in a recipe label_mode = \"categorical\"");
  EXPECT_EQ(refused_in_fit({"data.label_mode=categorical"}),
            "SparseCategoricalCrossentropy: the targets are one-hot, this loss takes class labels\n"
            "  targets       float32 (batch, 2)\n"
            "  predictions   float32 (batch, 2)\n"
            "  needed        targets int32 (batch)\n"
            "  to fix        use CategoricalCrossentropy, or feed labels: in a recipe label_mode = "
            "\"int\"");
  EXPECT_NE(refused_in_fit({"data.label_mode=binary"}).find("label_mode = \"int\""),
            std::string::npos);
  EXPECT_NE(refused_in_fit({"train.loss=MeanSquaredError"}).find("label_mode = \"categorical\""),
            std::string::npos);
  EXPECT_NE(refused_in_fit({"train.loss=CategoricalHinge", "data.label_mode=binary"})
                .find("label_mode = \"categorical\""),
            std::string::npos);
  EXPECT_NE(refused_in_fit({"train.loss={type=\"BinaryCrossentropy\", from_logits=true}",
                            "data.label_mode=categorical", "model.layer.1.units=1"})
                .find("label_mode = \"binary\""),
            std::string::npos);
}

}  // namespace
}  // namespace sloy
