#include <gtest/gtest.h>
#include <sloy/model.h>

#include <algorithm>
#include <cmath>

namespace sloy {
namespace {

void fit(Sequential& model, const Optimizer& optimizer, const data::Dataset& data, int epochs) {
  model.compile({.optimizer = optimizer, .loss = MeanSquaredError{}, .seed = 5});
  model.fit(data,
            {.epochs = epochs, .batch_size = 10, .shuffle = false, .verbose = Verbosity::silent});
}

/// For data of which two inputs of five say something.
Sequential sparse_net(const Regularizer& regularizer) {
  return {Input{5}, Dense{.units = 1, .kernel_regularizer = regularizer}};
}

data::Dataset two_of_five(std::int64_t count) {
  std::vector<float> x, y;
  for (std::int64_t i = 0; i < count; ++i) {
    for (int j = 0; j < 5; ++j) {
      x.push_back(static_cast<float>(std::sin(1.7 * static_cast<double>((j + 1) * i) + j)));
    }
    const std::size_t row = static_cast<std::size_t>(i) * 5;
    y.push_back(2 * x[row] - x[row + 3]);
  }
  return data::from_tensors(Tensor(Shape{count, 5}, x), Tensor(Shape{count, 1}, y));
}

TEST(ProximalL1, MakesExactZerosWhereTheGradientHovers) {
  const auto kernel_of = [](const Regularizer& regularizer, const Optimizer& optimizer) {
    Sequential model = sparse_net(regularizer);
    fit(model, optimizer, two_of_five(60), 100);
    return model.weight("dense/kernel");
  };
  const auto zeros = [](const Tensor& kernel) {
    const std::span<const float> numbers = kernel.values<float>();
    return std::count(numbers.begin(), numbers.end(), 0.0f);
  };
  for (const Optimizer& optimizer :
       {Optimizer(SGD{.learning_rate = 0.05}), Optimizer(Adam{.learning_rate = 0.01}),
        Optimizer(SGD{.learning_rate = 0.01, .momentum = 0.9})}) {
    const Tensor proximal = kernel_of(L1{.l1 = 0.1, .proximal = true}, optimizer);
    const Tensor elastic = kernel_of(L1L2{.l1 = 0.1, .l2 = 0.01, .proximal = true}, optimizer);
    const Tensor hovering = kernel_of(L1{.l1 = 0.1}, optimizer);
    EXPECT_EQ(zeros(proximal), 3) << optimizer.type();
    EXPECT_EQ(zeros(elastic), 3) << optimizer.type();
    EXPECT_EQ(zeros(hovering), 0) << optimizer.type();
    for (std::size_t unused : {1, 2, 4}) {
      EXPECT_LT(std::abs(hovering.values<float>()[unused]), 0.05);
    }
    EXPECT_GT(proximal.values<float>()[0], 1.5);
    EXPECT_LT(proximal.values<float>()[3], -0.5);
  }
}

/// One step by hand: descent on the loss alone, then the threshold η·l1.
TEST(ProximalL1, EndsAStepWithTheSoftThreshold) {
  const auto data = data::from_tensors(Tensor(Shape{1, 3}, std::vector<float>{1, 1, 1}),
                                       Tensor(Shape{1, 1}, std::vector<float>{0}));
  Sequential model{
      Input{3},
      Dense{.units = 1, .use_bias = false, .kernel_regularizer = L1{.l1 = 0.5, .proximal = true}}};
  model.set_weight("dense/kernel", Tensor(Shape{3, 1}, std::vector<float>{0.75, 0.25, -0.5}));
  model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
  const History history = model.fit(data, {.verbose = Verbosity::silent});
  // The prediction is 0.5: its square, and 0.5·1.5 of the penalty.
  EXPECT_NEAR(history["loss"][0], 0.25 + 0.75, 1e-6) << "the loss shown counts the penalty";
  const Tensor kernel = model.weight("dense/kernel");
  const std::span<const float> w = kernel.values<float>();
  EXPECT_NEAR(w[0], 0.75 - 0.1 - 0.05, 1e-6);
  EXPECT_NEAR(w[1], 0.25 - 0.1 - 0.05, 1e-6);
  EXPECT_NEAR(w[2], -0.5 - 0.1 + 0.05, 1e-6);
}

}  // namespace
}  // namespace sloy
