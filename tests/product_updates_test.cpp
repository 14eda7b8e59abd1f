/// Trainings with and without gradients that are updated with as they are made (the pass
/// product_updates): the same weights but for rounding.
#include <gtest/gtest.h>
#include <sloy/layers.h>
#include <sloy/losses.h>
#include <sloy/model.h>
#include <sloy/optimizers.h>

#include <cmath>
#include <random>

namespace sloy {
namespace {

constexpr std::int64_t inputs = 1040;
constexpr std::int64_t batch_size = 7;

Tensor random_tensor(const Shape& shape, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  Tensor tensor(DType::float32, shape);
  for (float& number : tensor.mutable_values<float>()) number = normal(generator);
  return tensor;
}

struct Trained {
  std::vector<std::string> names;
  std::vector<Tensor> variables;
  int joined = 0;  ///< gradients that are updated with as they are made
};

/// Some steps of a net whose hidden layer's kernel has inputs × units numbers.
Trained train(int units, const Optimizer& optimizer, const std::vector<std::string>& without) {
  Graph graph;
  Build build(graph, true);
  const Value x = graph.input("x", {DType::float32, {batch, inputs}});
  const Value target = graph.input("target", {DType::float32, {batch, 1}});
  const Sequential net{
      Input{inputs},
      Dense{.units = units, .activation = tanh, .kernel_regularizer = L2{.l2 = 1e-3}},
      Dense{.units = 1}};
  Value loss = MeanSquaredError{}(target, net(build, x));
  for (Value penalty : build.losses()) loss = loss + penalty;
  const Program program = compile({.outputs = {loss},
                                   .updates = optimizer.minimize(loss),
                                   .batch_size = batch_size,
                                   .without = without});
  State state(program.variables());
  for (unsigned step = 0; step < 4; ++step) {
    program.run(state, {random_tensor({batch_size, inputs}, 2 * step),
                        random_tensor({batch_size, 1}, 2 * step + 1)});
  }
  Trained trained;
  const Variables& variables = *program.variables();
  for (VariableId id = 0; id < variables.size(); ++id) {
    trained.names.push_back(variables[id].name);
    trained.variables.push_back(state.get(id));
  }
  for (const Plan::Step& step : program.plan(batch_size).steps) {
    trained.joined += step.op == "product_update";
  }
  return trained;
}

void expect_close(const Trained& a, const Trained& b) {
  ASSERT_EQ(a.names, b.names);
  for (std::size_t i = 0; i < a.variables.size(); ++i) {
    if (a.variables[i].dtype() != DType::float32) continue;
    const auto x = a.variables[i].values<float>(), y = b.variables[i].values<float>();
    double error = 0, size = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
      error += std::pow(double{x[k]} - double{y[k]}, 2);
      size += std::pow(double{y[k]}, 2);
    }
    EXPECT_LE(std::sqrt(error), 2e-5 * std::sqrt(size)) << a.names[i];
  }
}

/// Packed on AVX-512 where there are 1024 units; plain with 1013.
TEST(ProductUpdates, TrainToTheSameWeights) {
  const std::vector<Optimizer> optimizers{SGD{.learning_rate = 0.01, .momentum = 0.9},
                                          Adam{.learning_rate = 1e-3},
                                          RMSprop{.learning_rate = 1e-3}};
  for (const int units : {1024, 1013}) {
    for (const Optimizer& optimizer : optimizers) {
      SCOPED_TRACE(std::to_string(units) + " units");
      const Trained joined = train(units, optimizer, {});
      const Trained apart = train(units, optimizer, {"product_updates"});
      EXPECT_EQ(joined.joined, 1);
      EXPECT_EQ(apart.joined, 0);
      expect_close(joined, apart);
    }
  }
}

TEST(ProductUpdates, TrainToTheSameBitsEveryTime) {
  const Optimizer adam = Adam{};
  EXPECT_EQ(train(1024, adam, {}).variables, train(1024, adam, {}).variables);
}

TEST(ProductUpdates, LeaveGradientsWhoseNormIsNeeded) {
  const Trained clipped = train(1024, {SGD{.learning_rate = 0.01}, {.clipnorm = 1.0}}, {});
  EXPECT_EQ(clipped.joined, 0);
  const Trained within = train(1024, {SGD{.learning_rate = 0.01}, {.clipvalue = 0.01}}, {});
  EXPECT_EQ(within.joined, 1) << "each number by itself";
}

}  // namespace
}  // namespace sloy
