#include <gtest/gtest.h>
#include <sloy/layers.h>
#include <sloy/model.h>
#include <sloy/program.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <set>

#include "harness/layer_of.h"
#include "harness/messages.h"

namespace sloy {
namespace {

using harness::apply_layer;
using harness::message_of;
using Numbers = std::vector<double>;

/// f and its derivative at each point, in double or by the CPU's kernels in float.
struct Curve {
  Numbers values, slopes;
};
Curve curve(const Activation& f, const Numbers& points, bool in_float = false) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {static_cast<std::int64_t>(points.size()), 1}});
  const Value y = f(x);
  const Value slope = gradient(sum(y), std::vector{x})[0];
  const Program program =
      compile({.outputs = {y, slope},
               .backend = in_float ? BackendKind::cpu : BackendKind::reference,
               .precision = in_float ? NumericPrecision::float32 : NumericPrecision::float64});
  State state(program.variables(),
              {.precision = in_float ? NumericPrecision::float32 : NumericPrecision::float64});
  const Tensor input({static_cast<std::int64_t>(points.size()), 1}, points);
  const Results results = program.run(state, {input});
  const auto list = [](const Tensor& tensor) {
    const Tensor wide = tensor.cast(DType::float64);
    return Numbers(wide.values<double>().begin(), wide.values<double>().end());
  };
  return {list(results[0]), list(results[1])};
}

struct Formula {
  std::string_view name;  ///< in files
  Activation activation;
  std::function<double(double)> exact;
};

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double normal_share(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }

/// Those that work number by number, with formulas of their own.
const std::vector<Formula> formulas{
    {"linear", linear, [](double x) { return x; }},
    {"relu", relu, [](double x) { return std::max(x, 0.0); }},
    {"relu6", relu6, [](double x) { return std::clamp(x, 0.0, 6.0); }},
    {"leaky_relu", leaky_relu, [](double x) { return x > 0 ? x : 0.2 * x; }},
    {"elu", elu, [](double x) { return x > 0 ? x : std::expm1(x); }},
    {"selu", selu,
     [](double x) { return 1.05070098735548 * (x > 0 ? x : 1.67326324235437 * std::expm1(x)); }},
    {"gelu", gelu, [](double x) { return x * normal_share(x); }},
    {"silu", silu, [](double x) { return x * logistic(x); }},
    {"mish", mish, [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
    {"softplus", softplus, [](double x) { return std::log1p(std::exp(x)); }},
    {"softsign", softsign, [](double x) { return x / (1 + std::abs(x)); }},
    {"exponential", exponential, [](double x) { return std::exp(x); }},
    {"tanh", tanh, [](double x) { return std::tanh(x); }},
    {"sigmoid", sigmoid, logistic},
    {"hard_sigmoid", hard_sigmoid, [](double x) { return std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
    {"hard_silu", hard_silu, [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
};

/// Away from kinks.
const Numbers points{-7.5, -4, -2.9, -1.5, -0.3, -1e-3, 1e-3, 0.4, 1.25, 2.9, 3.5, 5.9, 6.5, 8};

TEST(Activation, IsItsFormula) {
  for (const Formula& formula : formulas) {
    const Curve found = curve(formula.activation, points);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double exact = formula.exact(points[i]);
      EXPECT_NEAR(found.values[i], exact, 1e-13 * (1 + std::abs(exact)))
          << formula.name << '(' << points[i] << ')';
    }
  }
}

TEST(Activation, HasTheSlopeOfItsFormula) {
  constexpr double h = 1e-5;
  for (const Formula& formula : formulas) {
    const Curve found = curve(formula.activation, points);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double slope = (formula.exact(points[i] + h) - formula.exact(points[i] - h)) / (2 * h);
      EXPECT_NEAR(found.slopes[i], slope, 1e-7 * (1 + std::abs(slope)))
          << formula.name << "'(" << points[i] << ')';
    }
  }
}

TEST(Activation, OfRowsIsItsFormula) {
  const Tensor scores({2, 3}, Numbers{1, 2, 0.5, -1, 0, 3});
  const Tensor logs = apply_layer(Activation{log_softmax}, scores);
  const Tensor shares = apply_layer(Activation{softmax}, scores);
  for (std::size_t row = 0; row < 2; ++row) {
    const double* x = scores.values<double>().data() + 3 * row;
    const double total = std::exp(x[0]) + std::exp(x[1]) + std::exp(x[2]);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(shares.values<double>()[3 * row + i], std::exp(x[i]) / total, 1e-14);
      EXPECT_NEAR(logs.values<double>()[3 * row + i], x[i] - std::log(total), 1e-14);
    }
  }
}

TEST(Activation, LetsNotANumberThrough) {
  for (const Formula& formula : formulas) {
    const Curve found = curve(formula.activation, {std::nan("")}, true);
    EXPECT_TRUE(std::isnan(found.values[0])) << formula.name;
  }
}

TEST(Activation, TanhOfASigmoidIsScaled) {
  for (double x : points) {
    EXPECT_NEAR(curve(tanh, {x}).values[0], 2 * curve(sigmoid, {2 * x}).values[0] - 1, 1e-15);
  }
}

TEST(Activation, GoesByKerassNamesInFiles) {
  std::set<std::string_view> known;
  for (const Activation& activation : activations()) known.insert(activation.function_name());
  for (const Formula& formula : formulas) {
    EXPECT_EQ(known.count(formula.name), 1u) << formula.name;
    EXPECT_EQ(to_config(formula.activation), Config(std::string(formula.name)));
    Activation read;
    from_config(std::string(formula.name), read);
    EXPECT_EQ(read, formula.activation);
  }
  Activation read;
  from_config("swish", read);
  EXPECT_EQ(read, Activation(silu));
  EXPECT_EQ(Activation(swish), Activation(silu));
  from_config("hard_swish", read);
  EXPECT_EQ(read, Activation(hard_silu));
  EXPECT_NE(message_of([&] { from_config("gelo", read); }).find("did you mean 'gelu'?"),
            std::string::npos);
}

/// The exact form is what Dense gets, and a model's file keeps the name.
TEST(Activation, StandsWhereverAnActivationMay) {
  const Sequential model{Input{3}, Dense{.units = 2, .activation = gelu}, mish, GELU{}};
  const Model back = Model::from_config(model.to_config());
  EXPECT_EQ(back.to_config(), model.to_config());
}

/// Hendrycks and Gimpel's approximation is near, and is not the function itself.
TEST(Gelu, IsExactUnlessTheApproximationIsAskedFor) {
  double furthest = 0;
  for (double x = -6; x <= 6; x += 0.01) {
    const Tensor at({1, 1}, Numbers{x});
    const double exact = apply_layer(GELU{}, at).item();
    const double near = apply_layer(GELU{.approximate = true}, at).item();
    EXPECT_NEAR(exact, x * normal_share(x), 1e-14);
    const double inner = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
    EXPECT_NEAR(near, 0.5 * x * (1 + std::tanh(inner)), 1e-14);
    furthest = std::max(furthest, std::abs(exact - near));
  }
  EXPECT_LT(furthest, 5e-4);
  EXPECT_GT(furthest, 1e-4);
}

}  // namespace
}  // namespace sloy
