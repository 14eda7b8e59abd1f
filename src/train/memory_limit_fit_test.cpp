// Training under a memory limit: the numbers of a training without.
#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>

namespace sloy {
namespace {

Symbol block(Symbol x, int filters, int stride) {
  Conv2D first{.filters = filters, .kernel_size = 3, .strides = stride, .padding = same};
  Symbol y = ReLU{}(BatchNormalization{}(first(x)));
  y = BatchNormalization{}(Conv2D{.filters = filters, .kernel_size = 3, .padding = same}(y));
  if (stride != 1) x = Conv2D{.filters = filters, .kernel_size = 1, .strides = stride}(x);
  return ReLU{}(Add{}({y, x}));
}

Model small_resnet(MemoryLimit limit) {
  Symbol x = Input{16, 16, 3};
  Symbol y = ReLU{}(Conv2D{.filters = 16, .kernel_size = 3, .padding = same}(x));
  y = block(block(y, 16, 1), 16, 1);
  y = MaxPool2D{}(Dropout{.rate = 0.2}(y));
  y = block(block(y, 32, 2), 32, 1);
  Model model{x, Dense{.units = 4}(GlobalAveragePooling2D{}(y))};
  model.compile({.optimizer = SGD{.learning_rate = 0.05, .momentum = 0.9},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}},
                 .seed = 3,
                 .convolution = ConvolutionAlgorithm::direct,  // scratch changes no algorithm
                 .memory_limit = limit});
  return model;
}

data::Dataset pictures() {
  constexpr std::int64_t count = 80;
  Tensor images(DType::float32, {count, 16, 16, 3});
  Tensor labels(DType::int32, {count});
  for (std::int64_t k = 0; k < images.size(); ++k) {
    images.mutable_values<float>()[static_cast<std::size_t>(k)] =
        static_cast<float>(std::sin(0.37 * static_cast<double>(k % 977)));
  }
  for (std::int64_t k = 0; k < count; ++k) {
    labels.mutable_values<std::int32_t>()[static_cast<std::size_t>(k)] =
        static_cast<std::int32_t>(k % 4);
  }
  return data::from_tensors(std::move(images), std::move(labels));
}

FitOptions two_epochs() {
  return {.epochs = 2, .batch_size = 32, .validation_split = 0.1, .verbose = Verbosity::silent};
}

/// Losses, weights and the statistics of normalisations, which move once a step all the same.
TEST(MemoryLimitFit, GivesTheBitsOfAFitWithout) {
  const data::Dataset data = pictures();
  Model free_model = small_resnet({});
  const Program free_program = free_model.training_program(data.spec(), 32);
  const Plan& plan = free_program.plan();
  const std::size_t limit = plan.total_bytes() - plan.arena_bytes / 3;

  Model model = small_resnet(limit);
  const Program program = model.training_program(data.spec(), 32);
  EXPECT_GT(program.plan().flops_again, 0);
  EXPECT_LE(program.plan().total_bytes(), limit);

  const History expected = free_model.fit(data, two_epochs());
  const History history = model.fit(data, two_epochs());
  EXPECT_EQ(history["loss"], expected["loss"]);
  EXPECT_EQ(history["val_loss"], expected["val_loss"]);
  ASSERT_EQ(model.weight_names(), free_model.weight_names());
  for (const std::string& name : model.weight_names()) {
    EXPECT_EQ(model.weight(name), free_model.weight(name)) << name;
  }
}

TEST(MemoryLimitFit, IsRefusedBeforeTheFirstStep) {
  Model model = small_resnet(10'000);
  EXPECT_THROW(model.fit(pictures(), two_epochs()), ConfigError);
  EXPECT_THROW(model.plan(pictures().spec(), 80, two_epochs()), ConfigError);
}

}  // namespace
}  // namespace sloy
