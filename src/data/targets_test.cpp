/// Data sets that are asked for something else than their own targets.
#include <gtest/gtest.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include "harness/messages.h"

namespace sloy::data {
namespace {

using harness::message_of;

/// Labels that count up from the example's number, for each of two positions; then a number.
template <class Label>
struct Positions {
  int classes = 5;
  Label first = 0;

  std::int64_t size() const { return 3; }
  Spec spec() const {
    return {.features = {DType::float32, {2}},
            .targets = {{dtype_of<Label>, {2}}, {DType::float32, {1}}},
            .num_classes = classes,
            .weights = {DType::float32, {}}};
  }
  void read(std::int64_t index, Slot slot) const {
    slot.features_as<float>()[0] = static_cast<float>(index);
    slot.features_as<float>()[1] = -1;
    slot.target_as<Label>()[0] = static_cast<Label>(first + index);
    slot.target_as<Label>()[1] = static_cast<Label>(first + index + 1);
    slot.target_as<float>(1)[0] = 10;
    slot.weight_as<float>()[0] = 0.25f;
  }
};

Dataset four_points(std::vector<std::int64_t> labels) {
  return from_tensors(Tensor({4, 2}, std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7}),
                      Tensor({4}, std::move(labels)), {"cat", "dog", "owl"});
}

TEST(OneHot, HasAOneAtTheLabel) {
  const Dataset rows = four_points({2, 0, 1, 1}).one_hot();
  EXPECT_EQ(rows.spec().targets, Types(DType::float32, {3}));
  EXPECT_EQ(rows.spec().num_classes, 3);
  EXPECT_EQ(rows.spec().class_names[2], "owl");
  EXPECT_TRUE(rows.is_in_memory());
  EXPECT_EQ(rows[0].targets[0], Tensor({3}, std::vector<float>{0, 0, 1}));
  EXPECT_EQ(rows[1].targets[0], Tensor({3}, std::vector<float>{1, 0, 0}));
  EXPECT_EQ(rows[3].targets[0], Tensor({3}, std::vector<float>{0, 1, 0}));
  EXPECT_EQ(rows[3].features[0], Tensor({2}, std::vector<float>{6, 7}));
}

/// The labels become rows where they stand; other targets and weights stay as they are.
template <class Label>
void expect_rows_of_positions() {
  const Example example = Dataset(Positions<Label>{}).one_hot()[2];
  EXPECT_EQ(example.targets[0], Tensor({2, 5}, std::vector<float>{0, 0, 1, 0, 0, 0, 0, 0, 1, 0}));
  EXPECT_EQ(example.targets[1].item(), 10);
  EXPECT_EQ(example.weights[0].item(), 0.25);
}
TEST(OneHot, IsOfEachPositionAndOfBytesToo) {
  expect_rows_of_positions<std::int32_t>();
  expect_rows_of_positions<std::uint8_t>();
}

TEST(BinaryLabels, AreZeroOrOneInARow) {
  const Dataset moons = data::moons({.size = 20});
  const Dataset binary = moons.labelled(LabelMode::binary);
  EXPECT_EQ(binary.spec().targets, Types(DType::float32, {1}));
  for (std::int64_t i = 0; i < 20; ++i) {
    EXPECT_EQ(binary[i].targets[0].shape(), (Shape{1}));
    EXPECT_EQ(binary[i].targets[0].item(), moons[i].targets[0].item());
  }
}

TEST(Labelled, AsNumbersLeavesTheData) {
  const Dataset moons = data::moons({.size = 20});
  EXPECT_EQ(moons.labelled(LabelMode::integer)[3].targets[0], moons[3].targets[0]);
  const Dataset plane = data::plane({.size = 20});
  EXPECT_EQ(plane.labelled(LabelMode::integer)[3].targets[0], plane[3].targets[0]);
}

TEST(Labelled, IsRefusedWhereThereAreNoSuchLabels) {
  EXPECT_EQ(message_of([] { data::plane({.size = 20}).one_hot(); }),
            "the first target is no class label, which could become categorical\n"
            "  targets   float32 (1)\n"
            "  classes   0\n"
            "  to fix    leave the targets as they are; data of your own say in their spec how "
            "many classes there are");
  EXPECT_EQ(message_of([] {
              four_points({2, 0, 1, 1}).labelled(LabelMode::binary);
            }),
            "binary labels are of two classes, the data have 3\n"
            "  to fix   make them rows: data.one_hot(), in a recipe label_mode = \"categorical\", "
            "with a unit of the last layer for each class");
  EXPECT_THROW(four_points({2, 0, 1, 1}).one_hot().one_hot(), DataError);
  EXPECT_THROW(Dataset(Positions<std::int32_t>{.classes = 0}).one_hot(), DataError);
}

TEST(Labelled, FindsALabelOutOfRangeWhenItIsRead) {
  const Dataset high = Dataset(Positions<std::int32_t>{.classes = 3}).one_hot();
  EXPECT_NO_THROW(high[1]);
  EXPECT_EQ(message_of([&] { high[2]; }),
            "the label 3 is not one of the 3 classes\n"
            "  classes   0 to 2\n"
            "  example   2   of 3, counted from 0\n"
            "  to fix    correct the label, or the number of classes");
  const Dataset low = Dataset(Positions<std::int32_t>{.classes = 3, .first = -1}).one_hot();
  EXPECT_THROW(low[0], DataError);
}

TEST(Targeting, GivesTargetsAndFeaturesInTheOrderAsked) {
  const Dataset points = four_points({2, 0, 1, 1});
  const Dataset both = points.targeting({Target::targets, Target::features});
  EXPECT_EQ(to_string(both.spec().targets), "int32 (), float32 (2)");
  EXPECT_EQ(both.spec().num_classes, 3);
  EXPECT_EQ(both[0].targets[0].item(), 2);
  EXPECT_EQ(both[0].targets[1], points[0].features[0]);

  const Dataset twice = points.targeting({Target::features, Target::targets, Target::features});
  EXPECT_EQ(to_string(twice.spec().targets), "float32 (2), int32 (), float32 (2)");
  EXPECT_EQ(twice.spec().num_classes, 0) << "the first target is no label";
  EXPECT_TRUE(twice.spec().class_names.empty());
  EXPECT_EQ(twice[1].targets[2], points[1].features[0]);

  const Dataset rows = Dataset(Positions<std::int32_t>{}).targeting({Target::features});
  EXPECT_EQ(rows[2].targets[0], rows[2].features[0]);
  EXPECT_EQ(rows[2].weights[0].item(), 0.25);
  EXPECT_THROW(points.targeting({}), DataError);
}

}  // namespace
}  // namespace sloy::data
