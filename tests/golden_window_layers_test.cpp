// Layers with windows, of one to three directions, against PyTorch: values and every gradient, of
// penalties too. The layers are read from what a recipe would say.

#include <gtest/gtest.h>

#include <cmath>

#include <sloy/layers.h>

#include "harness/golden.h"

namespace sloy {
namespace {

using harness::close;
using harness::Comparison;
using harness::exact;
using harness::Golden;
using harness::in_float;
using harness::rounding_of_sum;
using harness::within;

/// What a case's layer makes of its input, weights and slopes, by the goldens' names.
class GoldenLayer {
 public:
  GoldenLayer(const Golden& golden, const Golden::Case& of, const Comparison& comparison)
      : golden_(golden), of_(of), comparison_(comparison), build_(graph_, true) {
    Scope scope = Scope(build_).enter("layer");
    const Value x = graph_.input("x", {DType::float32, golden.tensor(of, "x").shape()});
    const Value dy = graph_.input("dy", {DType::float32, golden.tensor(of, "dy").shape()});
    const Value y = layer_from_config(of.attributes.at("layer")).call(scope, std::array{x}).front();
    Value loss = sum(y * dy);
    for (Value penalty : build_.losses()) loss = loss + penalty;
    add("y", y);
    add("loss", loss);
    std::vector<Value> with_respect_to{x};
    for (const Config& weight : of.attributes.at("weights").as_list()) {
      weights_.push_back(weight.as_string());
      with_respect_to.push_back(graph_.variable(id(weights_.back())));
    }
    const std::vector<Value> slopes = gradient(loss, with_respect_to);
    add("dx", slopes[0]);
    for (std::size_t i = 0; i < weights_.size(); ++i) add("d" + weights_[i], slopes[i + 1]);
  }

  /// `tolerance` is relative to the largest number of each result.
  void expect(double tolerance) {
    const Program program = compile(
        {.outputs = values_, .backend = comparison_.backend, .precision = comparison_.precision});
    State state(program.variables(), {.precision = comparison_.precision});
    for (const std::string& weight : weights_) state.set(id(weight), golden_.tensor(of_, weight));
    const Results results =
        program.run(state, {golden_.tensor(of_, "x"), golden_.tensor(of_, "dy")});
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const Tensor expected = golden_.tensor(of_, names_[i]);
      EXPECT_TRUE(is_close(results[i], expected, names_[i], tolerance))
          << of_.name << ": " << names_[i];
    }
  }

  /// Numbers that any result is a sum of, at most.
  double terms() const {
    double terms = static_cast<double>(golden_.tensor(of_, "x").size());
    for (const std::string& weight : weights_) {
      terms += static_cast<double>(golden_.tensor(of_, weight).size());
    }
    return terms;
  }

 private:
  testing::AssertionResult is_close(const Tensor& found, const Tensor& expected,
                                    const std::string& name, double tolerance) const {
    if (comparison_.precision == NumericPrecision::float64)
      return close(found, expected, tolerance);
    if (name != "loss") return within(found, expected, tolerance);
    // A sum that cancels has the rounding of its terms.
    const Tensor y = golden_.tensor(of_, "y"), dy = golden_.tensor(of_, "dy");
    double terms = 0;
    for (std::size_t i = 0; i < y.values<double>().size(); ++i) {
      terms += std::abs(y.values<double>()[i] * dy.values<double>()[i]);
    }
    return within(found, expected, Tensor::scalar(terms), tolerance);
  }
  void add(const std::string& name, Value value) {
    names_.push_back(name);
    values_.push_back(value);
  }
  VariableId id(std::string_view weight) const {
    return graph_.variables().find("layer/" + std::string(weight));
  }

  const Golden& golden_;
  const Golden::Case& of_;
  const Comparison& comparison_;
  Graph graph_;
  Build build_;
  std::vector<std::string> weights_, names_;
  std::vector<Value> values_;
};

TEST(GoldenWindowLayer, ValueAndGradientsArePyTorchs) {
  const Golden golden("window_layers");
  for (const Golden::Case& of : golden.cases()) {
    GoldenLayer(golden, of, exact).expect(exact.tolerance);
  }
}

TEST(GoldenWindowLayer, KernelsOfTheCpuGiveTheSameWithinRounding) {
  const Golden golden("window_layers");
  for (const Golden::Case& of : golden.cases()) {
    GoldenLayer layer(golden, of, in_float);
    layer.expect(rounding_of_sum(layer.terms()));
  }
}

}  // namespace
}  // namespace sloy
