// Layers without weights to learn, and constraints, against Keras; a variational code's penalty
// against PyTorch.

#include <gtest/gtest.h>
#include <sloy/constraints.h>
#include <sloy/model.h>

#include "harness/golden.h"
#include "harness/layer_of.h"

namespace sloy {
namespace {

using harness::close;
using harness::Comparison;
using harness::Computation;
using harness::exact;
using harness::Golden;
using harness::kernels_in_float;
using harness::within;

class GoldenPlainLayers : public testing::TestWithParam<Comparison> {
 protected:
  testing::AssertionResult is_close(const Tensor& found, const Tensor& expected) const {
    const Comparison& comparison = GetParam();
    return comparison.precision == exact.precision ? close(found, expected, comparison.tolerance)
                                                   : within(found, expected, comparison.tolerance);
  }
};

/// A layer as it is written into a graph in training, alone.
struct Written {
  explicit Written(const Layer& given) : build(computation.graph(), true), layer(given) {}
  std::vector<Value> call(const std::vector<Value>& inputs) {
    Scope scope = Scope(build).enter("layer");
    return layer.call(scope, inputs);
  }
  Computation computation;
  Build build;
  Layer layer;
};

TEST_P(GoldenPlainLayers, ValuesAndGradientsAreKeras) {
  const Golden golden("layers");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "layer") continue;
    Written written(layer_from_config(of.attributes.at("layer")));
    std::vector<Value> inputs;
    std::vector<std::string> names{"y"};
    for (std::string x = "x0"; golden.has(of, x); x = "x" + std::to_string(inputs.size())) {
      inputs.push_back(written.computation.feed(golden.tensor(of, x)));
      names.push_back("d" + x);
    }
    const Value dy = written.computation.feed(golden.tensor(of, "dy"));
    std::vector<Value> outputs = written.call(inputs);
    for (Value slope : gradient(sum(outputs[0] * dy), inputs)) outputs.push_back(slope);
    const std::vector<Tensor> results = written.computation.run(outputs, GetParam());
    for (std::size_t i = 0; i < names.size(); ++i) {
      EXPECT_TRUE(is_close(results[i], golden.tensor(of, names[i]))) << of.name << ' ' << names[i];
    }
  }
}

TEST_P(GoldenPlainLayers, ACodesDivergenceIsPyTorchs) {
  const Golden golden("layers");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "divergence") continue;
    Written written(GaussianSampling{.kl_weight = of.number("kl_weight")});
    const std::vector<Value> inputs{written.computation.feed(golden.tensor(of, "mean")),
                                    written.computation.feed(golden.tensor(of, "log_variance"))};
    written.call(inputs);
    ASSERT_EQ(written.build.losses().size(), 1u);
    std::vector<Value> outputs{written.build.losses()[0]};
    for (Value slope : gradient(outputs[0], inputs)) outputs.push_back(slope);
    const std::vector<Tensor> results = written.computation.run(outputs, GetParam());
    std::size_t i = 0;
    for (const char* name : {"penalty", "dmean", "dlog_variance"}) {
      EXPECT_TRUE(is_close(results[i++], golden.tensor(of, name))) << of.name << ' ' << name;
    }
  }
}

TEST_P(GoldenPlainLayers, ConstraintsHoldWeightsAsKeras) {
  const Golden golden("constraints");
  for (const Golden::Case& of : golden.cases()) {
    Constraint constraint;
    from_config(of.attributes.at("constraint"), constraint);
    Computation computation;
    const Value held = constraint(computation.feed(golden.tensor(of, "weight")));
    EXPECT_TRUE(is_close(computation.run({held}, GetParam())[0], golden.tensor(of, "held")))
        << of.name;
  }
}

INSTANTIATE_TEST_SUITE_P(By, GoldenPlainLayers, testing::Values(exact, kernels_in_float),
                         [](const auto& instance) {
                           const bool is_exact = instance.param.precision == exact.precision;
                           return std::string(is_exact ? "Double" : "Float");
                         });

TEST(GoldenNormalization, MeasuresItsDataAsKerasAdapt) {
  const Golden golden("layers");
  const Golden::Case& of = golden.find("normalization_adapted");
  const Tensor shown = golden.tensor(of, "shown");
  Sequential model{Input(shown.shape().without(0)), Normalization{.name = "scaled"}};
  model.compile(
      {.loss = MeanSquaredError{}, .backend = exact.backend, .precision = exact.precision});
  model.adapt(data::from_tensors(shown, shown));
  EXPECT_TRUE(close(model.predict(golden.tensor(of, "x")), golden.tensor(of, "y"), 1e-9));
}

}  // namespace
}  // namespace sloy
