// Penalties and optimisers against PyTorch and the formulas written out in its tensors.

#include <gtest/gtest.h>

#include <set>

#include <sloy/optimizers.h>
#include <sloy/regularizers.h>

#include "harness/golden.h"

namespace sloy {
namespace {

using harness::close;
using harness::Computation;
using harness::exact;
using harness::Golden;

/// All that have this penalty.
std::vector<Regularizer> regularizers_of(const Golden::Case& of) {
  if (const Config* described = of.attributes.find("regularizer")) {
    Regularizer regularizer;
    from_config(*described, regularizer);
    return {regularizer};
  }
  const double l1 = of.number("l1"), l2 = of.number("l2");
  std::vector<Regularizer> regularizers = {L1L2{.l1 = l1, .l2 = l2}};
  if (l2 == 0) regularizers.push_back(L1{.l1 = l1});
  if (l1 == 0) regularizers.push_back(L2{.l2 = l2});
  return regularizers;
}

TEST(GoldenPenalty, ValuesAndGradientsAreKeras) {
  const Golden golden("losses");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "penalty") continue;
    for (const Regularizer& regularizer : regularizers_of(of)) {
      Computation computation;
      const Value kernel = computation.feed(golden.tensor(of, "kernel"));
      const Value penalty = regularizer(kernel);
      const auto results =
          computation.run({penalty, gradient(penalty, std::vector{kernel})[0]}, exact);
      EXPECT_TRUE(close(results[0], golden.tensor(of, "penalty"), exact.tolerance)) << of.name;
      EXPECT_TRUE(close(results[1], golden.tensor(of, "dkernel"), exact.tolerance)) << of.name;
    }
  }
}

/// The path of the weights of the golden's problem, as 50 steps of `optimizer` make it.
std::vector<Tensor> path_of(const Optimizer& optimizer, const Golden& golden) {
  const Golden::Case& problem = golden.find("problem");
  Graph graph;
  const Tensor start = golden.tensor(problem, "start");
  const VariableId weight =
      graph.variables().add({.name = "w", .type = {DType::float32, start.shape()}});
  const Tensor features = golden.tensor(problem, "x"), targets = golden.tensor(problem, "y");
  const Value x = graph.input("x", {DType::float32, features.shape()});
  const Value y = graph.input("y", {DType::float32, targets.shape()});
  const Value loss = mean(square(tanh(matmul(x, graph.variable(weight))) - y));
  const Program program = compile({.outputs = {loss},
                                   .updates = optimizer.minimize(loss),
                                   .backend = exact.backend,
                                   .precision = exact.precision});
  State state(program.variables(), {.precision = exact.precision});
  state.set(weight, start);
  std::vector<Tensor> path;
  for (std::int64_t step = 0; step < problem.attributes.at("steps").as_integer(); ++step) {
    program.run(state, {features, targets});
    path.push_back(state.get(weight));
  }
  return path;
}

TEST(GoldenOptimizer, FiftyStepsFollowTheFormula) {
  const Golden golden("optimizers");
  std::set<std::string_view> types;
  for (const Golden::Case& of : golden.cases()) {
    const Config* config = of.attributes.find("optimizer");
    if (!config) continue;
    types.insert(of.op());
    const Tensor expected = golden.tensor(of, "weights");
    const auto path = path_of(optimizer_from_config(*config), golden);
    const auto weights = static_cast<std::size_t>(path[0].size());
    for (std::size_t step = 0; step < path.size(); ++step) {
      const Tensor then(path[0].shape(),
                        expected.values<double>().subspan(step * weights, weights));
      ASSERT_TRUE(close(path[step], then, exact.tolerance)) << of.name << ", step " << step + 1;
    }
  }
  for (const TypeEntry<Optimizer>& type : optimizer_types()) {
    EXPECT_TRUE(types.contains(type.name)) << type.name << " has no golden";
  }
}

TEST(GoldenSchedule, RatesFollowTheFormula) {
  const Golden golden("schedules");
  std::set<std::string_view> types;
  for (const Golden::Case& of : golden.cases()) {
    types.insert(of.op());
    LearningRate rate;
    from_config(of.attributes.at("schedule"), rate);
    const Tensor expected = golden.tensor(of, "rates");
    Tensor found(DType::float64, expected.shape());
    std::int64_t step = 0;
    for (double& number : found.mutable_values<double>()) number = rate.at(step++);
    EXPECT_TRUE(close(found, expected, exact.tolerance)) << of.name;
  }
  for (const TypeEntry<LearningRate>& type : schedule_types()) {
    EXPECT_TRUE(types.contains(type.name)) << type.name << " has no golden";
  }
}

}  // namespace
}  // namespace sloy
