// What the variance of initial weights makes of signals, forward and backward.

#include <gtest/gtest.h>
#include <sloy/initializers.h>
#include <sloy/layers.h>
#include <sloy/program.h>

#include <cmath>

namespace sloy {
namespace {

struct Distribution {
  double mean;
  double variance;
};

Distribution distribution_of(const Tensor& tensor) {
  const Tensor numbers = tensor.cast(DType::float64);
  double sum = 0, squares = 0;
  for (double x : numbers.values<double>()) sum += x, squares += x * x;
  const double n = static_cast<double>(numbers.size()), mean = sum / n;
  return {mean, squares / n - mean * mean};
}

/// Normal numbers, rows of them as examples.
Tensor normal(const Shape& shape, const Distribution& of, std::string_view name) {
  return Initializer(RandomNormal{.mean = of.mean, .stddev = std::sqrt(of.variance)})(shape, 11,
                                                                                      name);
}

constexpr std::int64_t examples = 400, in = 300, out = 200;

/// Of y = x·w for one draw of x and w.
Distribution product_of(const Distribution& x, const Distribution& w) {
  Graph graph;
  const Value product = matmul(graph.constant(normal({examples, in}, x, "x")),
                               graph.constant(normal({in, out}, w, "w")));
  return distribution_of(evaluate(product));
}

TEST(InitialVariance, OfASumOfProductsIsTheProductOfVariances) {
  const Distribution x{0, 2.5}, w{0, 0.3};
  EXPECT_NEAR(product_of(x, w).variance, in * 2.5 * 0.3, 0.03 * in * 2.5 * 0.3);
}

/// Var(Σ x·w) = n·(E[x]²·Var(w) + E[w]²·Var(x) + Var(x)·Var(w)), and the mean is n·E[x]·E[w].
TEST(InitialVariance, HasThreeTermsWhereMeansAreNotZero) {
  for (const auto& [x, w] : {std::pair{Distribution{1, 1}, Distribution{0, 0.5}},
                             {Distribution{0, 2}, Distribution{0.5, 0.1}},
                             {Distribution{-1, 0.5}, Distribution{0.3, 0.4}}}) {
    const double variance = in * (x.mean * x.mean * w.variance + w.mean * w.mean * x.variance +
                                  x.variance * w.variance);
    const Distribution found = product_of(x, w);
    // The sums of one unit share its weights, so fewer of them are independent than there are.
    EXPECT_NEAR(found.variance, variance, 0.15 * variance);
    EXPECT_NEAR(found.mean, in * x.mean * w.mean, 6 * std::sqrt(variance / out));
  }
}

/// The spread of a net's activations, layer by layer, and of the gradients that come back.
struct Signals {
  std::vector<double> forward;
  std::vector<double> backward;
};

Signals signals_of(const Initializer& initializer, Value (*activation)(Value),
                   const std::vector<std::int64_t>& widths) {
  Graph graph;
  Value x = graph.constant(normal({examples, widths[0]}, {0, 1}, "x"));
  std::vector<Value> layers{x};
  for (std::size_t i = 1; i < widths.size(); ++i) {
    const Tensor kernel = initializer({widths[i - 1], widths[i]}, 3, "layer" + std::to_string(i));
    layers.push_back(activation(matmul(layers.back(), graph.constant(kernel))));
  }
  const Value seed = graph.constant(normal({examples, widths.back()}, {0, 1}, "gradient"));
  std::vector<Value> outputs = layers;
  for (Value g : gradient(sum(layers.back() * seed), layers)) outputs.push_back(g);
  const Program program = compile({.outputs = outputs, .backend = BackendKind::reference});
  State state(program.variables());
  const Results results = program.run(state, {});
  Signals signals;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const Distribution forward = distribution_of(results[i]);
    const Distribution backward = distribution_of(results[widths.size() + i]);
    signals.forward.push_back(forward.variance + forward.mean * forward.mean);
    signals.backward.push_back(backward.variance);
  }
  return signals;
}

Value as_it_is(Value x) { return x; }

const std::vector<std::int64_t> equal_widths(7, 256);

/// With n_in = n_out Glorot's keeps both; 'standard' divides both by 3 at each layer.
TEST(InitialVariance, IsKeptByGlorotsAndShrinksByTheStandard) {
  for (const Initializer& glorot :
       {Initializer(GlorotUniform{}), Initializer(GlorotNormal{}), Initializer(Orthogonal{})}) {
    const Signals signals = signals_of(glorot, as_it_is, equal_widths);
    for (std::size_t i = 0; i < equal_widths.size(); ++i) {
      EXPECT_NEAR(signals.forward[i], 1, 0.2) << glorot.type();
      EXPECT_NEAR(signals.backward[i], 1, 0.2) << glorot.type();
    }
  }
  const Signals standard = signals_of(StandardUniform{}, as_it_is, equal_widths);
  const std::size_t last = equal_widths.size() - 1;
  for (std::size_t i = 0; i <= last; ++i) {
    EXPECT_NEAR(standard.forward[i] * std::pow(3, i), 1, 0.2);
    EXPECT_NEAR(standard.backward[i] * std::pow(3, last - i), 1, 0.2);
  }
}

/// ReLU halves the mean square forward and the variance backward; He's factor 2 takes that back.
TEST(InitialVariance, IsKeptByHesThroughReLU) {
  const Signals he = signals_of(HeNormal{}, rectify, equal_widths);
  const Signals glorot = signals_of(GlorotNormal{}, rectify, equal_widths);
  const std::size_t last = equal_widths.size() - 1;
  for (std::size_t i = 1; i <= last; ++i) {
    // A layer gives ReLU's half of the variance that its sums have, twice that of its inputs.
    EXPECT_NEAR(he.forward[i], 1, 0.3);
    EXPECT_NEAR(glorot.forward[i] * std::pow(2, i), 1, 0.3);
    EXPECT_NEAR(he.backward[last - i], 1, 0.3);
    EXPECT_NEAR(glorot.backward[last - i] * std::pow(2, i), 1, 0.3);
  }
}

/// Where widths differ fan_in keeps the forward signal and fan_out the backward one.
TEST(InitialVariance, FollowsTheFanOfItsDirection) {
  const std::vector<std::int64_t> widths{400, 200, 100};
  const auto scaling = [](FanMode mode) { return VarianceScaling{.mode = mode}; };
  const Signals by_in = signals_of(scaling(FanMode::fan_in), as_it_is, widths);
  EXPECT_NEAR(by_in.forward[2], 1, 0.15);
  EXPECT_NEAR(by_in.backward[0], 0.25, 0.15 * 0.25);
  const Signals by_out = signals_of(scaling(FanMode::fan_out), as_it_is, widths);
  EXPECT_NEAR(by_out.forward[2], 4, 0.15 * 4);
  EXPECT_NEAR(by_out.backward[0], 1, 0.15);
}

}  // namespace
}  // namespace sloy
