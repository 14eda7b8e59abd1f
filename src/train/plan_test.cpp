// What Model::plan says of a fit before it runs.
#include <gtest/gtest.h>
#include <sloy/model.h>

namespace sloy {
namespace {

Model compiled_model() {
  Sequential model{Input{2}, Dense{.units = 8, .activation = relu}, Dense{.units = 1}};
  model.compile({.loss = MeanSquaredError{}});
  return model;
}

const data::Spec spec{{DType::float32, {2}}, {DType::float32, {1}}, 0, {}};
constexpr std::size_t example_bytes = 3 * sizeof(float);

TEST(ModelPlan, IsOfABatchThatIsNoLargerThanTheData) {
  const Model model = compiled_model();
  const Plan plan = model.plan(spec, 20, {.batch_size = 1000});
  EXPECT_EQ(plan.input_bytes, 20 * example_bytes);
  EXPECT_EQ(plan.arena_bytes, model.plan(spec, 20, {.batch_size = 20}).arena_bytes);
  EXPECT_EQ(plan.flops, model.training_program(spec, 20).plan().flops);
}

/// More than 32 bits can count, which oneDNN's kernels do.
TEST(ModelPlan, IsMadeForBatchesThatNoMachineHolds) {
  const data::Spec images{{DType::uint8, {28, 28, 1}}, {DType::int32, {}}, 10, {}};
  for (const std::int64_t size : {std::int64_t{1} << 31, std::int64_t{1} << 37}) {
    Sequential model{Input{28, 28, 1}, Conv2D{.filters = 16, .kernel_size = 3}, MaxPool2D{},
                     Flatten{}, Dense{.units = 10}};
    model.compile({.loss = SparseCategoricalCrossentropy{.from_logits = true}});
    const Plan plan = model.plan(images, size, {.batch_size = size});
    EXPECT_EQ(plan.input_bytes, static_cast<std::size_t>(size) * (28 * 28 + 4));
  }
}

TEST(ModelPlan, CountsTheValidationsBatches) {
  const Model model = compiled_model();
  const data::Dataset measured = data::plane({.size = 7});
  EXPECT_EQ(model.plan(spec, 20, {.batch_size = 10, .validation_data = measured}).input_bytes,
            (10 + 7) * example_bytes);
  // A quarter of 20 is held out; 8 of the 15 that are left fill a batch.
  EXPECT_EQ(model.plan(spec, 20, {.batch_size = 8, .validation_split = 0.25}).input_bytes,
            (8 + 5) * example_bytes);
}

TEST(ModelPlan, CountsEveryBatchThatThreadsReadAhead) {
  EXPECT_EQ(compiled_model().plan(spec, 20, {.batch_size = 8, .workers = 1}).input_bytes,
            2 * 8 * example_bytes);
}

TEST(ModelPlan, CountsTheLargestVariableOnceMoreWhereItIsSaved) {
  const Model model = compiled_model();
  EXPECT_EQ(model.plan(spec, 20).saving_bytes, 0u);
  EXPECT_EQ(model.plan(spec, 20, {.checkpoints = "x"}).saving_bytes, 2 * 8 * sizeof(float));
}

TEST(ModelPlan, RefusesWhatFitRefuses) {
  Sequential model{Input{2}, Dense{.units = 1}};
  EXPECT_THROW(model.plan(spec, 20), ConfigError) << "not compiled";
  model.compile({.loss = MeanSquaredError{}});
  EXPECT_THROW(model.plan(spec, 0), DataError);
  EXPECT_THROW(model.plan(spec, 20, {.batch_size = 0}), ConfigError);
  EXPECT_THROW(model.plan({{DType::float32, {3}}, {DType::float32, {1}}, 0, {}}, 20), ShapeError);
}

}  // namespace
}  // namespace sloy
