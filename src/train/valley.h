/// A loss of two numbers whose gradient is known, for tests of optimizers: 50 steps of each are
/// taken beside 50 of a rule written as plain arithmetic.
#pragma once

#include <gtest/gtest.h>
#include <sloy/optimizers.h>
#include <sloy/program.h>

#include <array>
#include <functional>
#include <string>

namespace sloy {

inline Variable parameter(std::string name, const Tensor& start) {
  return {.name = std::move(name),
          .type = {DType::float32, start.shape()},
          .initial = [start](std::uint64_t) { return start; }};
}

inline Program step_of(Value loss, std::vector<Graph::Update> updates,
                       BackendKind backend = BackendKind::reference,
                       NumericPrecision precision = NumericPrecision::float64) {
  return compile({.outputs = {loss},
                  .updates = std::move(updates),
                  .backend = backend,
                  .precision = precision});
}

inline double item(const State& state, std::string_view variable) {
  return state.scalar(state.variables()->find(variable));
}

using Pair = std::array<double, 2>;

inline Pair pair_of(const State& state, VariableId id) {
  const Tensor numbers = state.get(id).cast(DType::float64);
  return {numbers.values<double>()[0], numbers.values<double>()[1]};
}

/// L = 0.1·w₁² + 2·w₂² from (−5, −2): the courses' valley.
struct Valley {
  Graph graph;
  VariableId w;
  Value loss;

  explicit Valley(std::string name = "w") {
    const Tensor start({2}, std::vector<double>{-5, -2});
    w = graph.variables().add(parameter(std::move(name), start));
    const Value scale = graph.constant(Tensor({2}, std::vector<double>{0.1, 2}));
    loss = sum(scale * square(graph.variable(w)));
  }
};

inline double loss_at(const Pair& w) { return 0.1 * w[0] * w[0] + 2 * w[1] * w[1]; }
inline Pair slope_at(const Pair& w) { return {0.2 * w[0], 4 * w[1]}; }

/// Both numbers after step t (from 1), of their gradient.
using PairRule = std::function<Pair(const Pair& w, const Pair& g, int t)>;

inline void expect_follows(const Optimizer& optimizer, const PairRule& rule, BackendKind backend,
                           double tolerance) {
  Valley valley;
  const NumericPrecision precision =
      backend == BackendKind::reference ? NumericPrecision::float64 : NumericPrecision::float32;
  const Program step = step_of(valley.loss, optimizer.minimize(valley.loss), backend, precision);
  State state(step.variables(), {.precision = precision});
  Pair w{-5, -2};
  for (int t = 1; t <= 50; ++t) {
    auto [loss] = step.run(state, {});
    EXPECT_NEAR(loss.item(), loss_at(w), tolerance * (1 + loss_at(w))) << "step " << t;
    w = rule(w, slope_at(w), t);
    const Pair found = pair_of(state, valley.w);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_NEAR(found[i], w[i], tolerance) << "step " << t;
    }
  }
}

/// In double by the reference kernels, and in float by the CPU's.
inline void expect_follows(const Optimizer& optimizer, const PairRule& rule) {
  expect_follows(optimizer, rule, BackendKind::reference, 1e-12);
  expect_follows(optimizer, rule, BackendKind::cpu, 2e-5);
}

/// What a rule keeps of one number.
using Slots = std::array<double, 3>;
/// One number's rule: the weight after step t, of its gradient and what it keeps, at first 0.
using NumberRule = std::function<double(double w, double g, int t, Slots& slots)>;

/// A rule that treats each number alike.
inline PairRule each(NumberRule rule, double first_slot = 0) {
  auto slots = std::make_shared<std::array<Slots, 2>>();
  return [rule = std::move(rule), slots, first_slot](const Pair& w, const Pair& g, int t) {
    if (t == 1) *slots = {Slots{first_slot}, Slots{first_slot}};
    return Pair{rule(w[0], g[0], t, (*slots)[0]), rule(w[1], g[1], t, (*slots)[1])};
  };
}

}  // namespace sloy
