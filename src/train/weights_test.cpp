// Which weights a model has: by whose seed they were made, and what keeps them.
#include <gtest/gtest.h>
#include <sloy/model.h>

#include "harness/messages.h"
#include "harness/process.h"

namespace sloy {
namespace {

Sequential make_model() { return Sequential{Input{2}, Dense{.units = 3}, Dense{.units = 1}}; }

CompileOptions with_seed(std::uint64_t seed) {
  return {.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}, .seed = seed};
}

Tensor kernel_of(const Model& model) { return model.weight("dense/kernel"); }

/// A model compiled with the seed before anything was asked of it.
Tensor kernel_of_seed(std::uint64_t seed) {
  Sequential model = make_model();
  model.compile(with_seed(seed));
  return kernel_of(model);
}

TEST(Weights, AreOfSeed0BeforeACompile) { EXPECT_EQ(kernel_of(make_model()), kernel_of_seed(0)); }

TEST(Weights, AreMadeAnewByAnotherSeedAsLongAsTheyWereOnlyLookedAt) {
  Sequential model = make_model();
  EXPECT_EQ(model.weight_names().size(), 4u);
  EXPECT_EQ(model.predict(Tensor(DType::float32, {3, 2})).shape(), (Shape{3, 1}));
  EXPECT_NE(model.summary(), "");
  for (const std::uint64_t seed : {7, 8, 8, 0}) {
    model.compile(with_seed(seed));
    EXPECT_EQ(kernel_of(model), kernel_of_seed(seed)) << seed;
    EXPECT_EQ(model.evaluate(data::plane({.size = 10})).examples, 10);
  }
  EXPECT_NE(kernel_of_seed(7), kernel_of_seed(8));
}

TEST(Weights, OfAModelThatWasLookedAtTrainAsThoseOfAnother) {
  Sequential looked_at = make_model();
  looked_at.predict(Tensor(DType::float32, {1, 2}));
  Sequential other = make_model();
  for (Model* model : {&looked_at, &other}) {
    model->compile(with_seed(5));
    model->fit(data::plane({.size = 40}), {.verbose = Verbosity::silent});
  }
  EXPECT_EQ(kernel_of(looked_at), kernel_of(other));
}

TEST(Weights, StayWhereTheyWereTrained) {
  Sequential model = make_model();
  model.compile(with_seed(1));
  model.fit(data::plane({.size = 40}), {.verbose = Verbosity::silent});
  const Tensor trained = kernel_of(model);
  EXPECT_NE(trained, kernel_of_seed(1));
  model.compile(with_seed(2));
  EXPECT_EQ(kernel_of(model), trained);
}

TEST(Weights, StayWhereTheyWereSetOrLoaded) {
  const harness::TemporaryDirectory folder;
  Sequential model = make_model();
  const Tensor bias({3}, std::vector<float>{1, 2, 3});
  model.set_weight("dense/bias", bias);
  const Tensor kernel = kernel_of(model);
  model.compile(with_seed(3));
  EXPECT_EQ(model.weight("dense/bias"), bias);
  EXPECT_EQ(kernel_of(model), kernel);

  make_model().save(folder / "model");
  Model loaded = Model::load(folder / "model");
  loaded.compile(with_seed(3));
  EXPECT_EQ(kernel_of(loaded), kernel);
}

TEST(Weights, OfANestedModelFollowTheOutersSeedUnlessTheyAreKept) {
  Sequential inner{Input{2}, Dense{.units = 2}};
  inner.predict(Tensor(DType::float32, {1, 2}));
  Sequential outer{Input{2}, inner, Dense{.units = 1}};
  outer.compile(with_seed(1));
  const Tensor of_1 = outer.weight("model/dense/kernel");
  outer.compile(with_seed(2));
  EXPECT_NE(outer.weight("model/dense/kernel"), of_1);

  inner.set_weight("dense/kernel", of_1);
  Sequential second{Input{2}, inner, Dense{.units = 1}};
  second.compile(with_seed(2));
  EXPECT_EQ(second.weight("model/dense/kernel"), of_1);
}

TEST(Weights, ComeBackFromATrainingLoopOfOnesOwn) {
  Sequential net{Input{1}, Dense{.units = 1}, BatchNormalization{}};
  const Tensor start({1, 1}, {3.0f});
  net.set_weight("dense/kernel", start);

  Graph graph;
  Build build(graph, true);
  const Value x = graph.input("x", {DType::float32, {batch, 1}});
  const Value target = graph.input("target", {DType::float32, {batch, 1}});
  const Value loss = MeanSquaredError{}(target, net(build, x));
  const Program step = compile({.outputs = {loss}, .updates = SGD{}.minimize(loss)});
  State state(step.variables());
  const auto in_state = [&](std::string_view name) {
    return state.get(state.variables()->find(name));
  };
  EXPECT_EQ(in_state("dense/kernel"), start) << "the state begins with the model's weights";
  step.run(state, {Tensor({2, 1}, {1.0f, 2.0f}), Tensor({2, 1}, {0.0f, 5.0f})});
  EXPECT_NE(in_state("dense/kernel"), start);
  EXPECT_EQ(net.weight("dense/kernel"), start) << "the loop changes the state alone";

  net.set_weights(state);
  for (const std::string& name : net.weight_names()) EXPECT_EQ(net.weight(name), in_state(name));
}

TEST(Weights, AreRefusedFromTheStateOfAnotherModel) {
  Sequential net{Input{1}, Dense{.units = 1, .name = "mine"}};
  Graph graph;
  Build build(graph, false);
  Sequential{Input{1}, Dense{.units = 1}}(build, graph.input("x", {DType::float32, {batch, 1}}));
  const State other(graph.shared_variables());
  EXPECT_EQ(harness::message_of([&] { net.set_weights(other); }),
            "the state has no 'mine/kernel'\n"
            "  to fix   give the state of a graph the model itself was called in: net(build, x)");
}

}  // namespace
}  // namespace sloy
