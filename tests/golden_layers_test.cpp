// Dense layers with every activation, activations alone, and batch normalisation, against PyTorch.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <sloy/activations.h>
#include <sloy/layers.h>

#include "harness/golden.h"

namespace sloy {
namespace {

using harness::close;
using harness::Comparison;
using harness::Computation;
using harness::exact;
using harness::Golden;
using harness::in_float;
using harness::rounding_of_sum;
using harness::within;

struct NamedActivation {
  std::string_view name;
  Activation activation;
};
const NamedActivation activations[] = {
    {"linear", linear},
    {"relu", relu},
    {"relu6", relu6},
    {"leaky_relu_0.2", leaky_relu},
    {"leaky_relu_0.3", +[](Value x) { return leaky_relu(x, 0.3); }},
    {"elu", elu},
    {"elu_0.7", +[](Value x) { return elu(x, 0.7); }},
    {"selu", selu},
    {"gelu", gelu},
    {"gelu_tanh", +[](Value x) { return gelu(x, true); }},
    {"silu", silu},
    {"mish", mish},
    {"softplus", softplus},
    {"softsign", softsign},
    {"exponential", exponential},
    {"hard_sigmoid", hard_sigmoid},
    {"hard_silu", hard_silu},
    {"sigmoid", sigmoid},
    {"tanh", tanh},
    {"softmax", softmax},
    {"log_softmax", log_softmax},
};

TEST(GoldenActivation, DenseLayersAndTheirGradientsArePyTorchs) {
  const Golden golden("activations");
  for (const auto& [name, activation] : activations) {
    const Golden::Case& of = golden.find("dense_" + std::string(name));
    Computation computation;
    const Value x = computation.feed(golden.tensor(of, "x"));
    const Value kernel = computation.feed(golden.tensor(of, "kernel"));
    const Value bias = computation.feed(golden.tensor(of, "bias"));
    const Value dy = computation.feed(golden.tensor(of, "dy"));
    const Value y = activation(matmul(x, kernel) + bias);
    const auto slopes = gradient(sum(y * dy), std::vector{x, kernel, bias});
    const auto results = computation.run({y, slopes[0], slopes[1], slopes[2]}, exact);
    std::size_t i = 0;
    for (const char* result : {"y", "dx", "dkernel", "dbias"}) {
      EXPECT_TRUE(close(results[i++], golden.tensor(of, result), exact.tolerance))
          << name << " " << result;
    }
  }
}

TEST(GoldenActivation, AreAccurateFarFromZeroAndNearIt) {
  const Golden golden("activations");
  for (const auto& [name, activation] : activations) {
    const Golden::Case& of = golden.find("points_" + std::string(name));
    Computation computation;
    const Value x = computation.feed(golden.tensor(of, "x"));
    const Value dy = computation.feed(golden.tensor(of, "dy"));
    const Value y = activation(x);
    const auto results = computation.run({y, gradient(sum(y * dy), std::vector{x})[0]}, exact);
    EXPECT_TRUE(close(results[0], golden.tensor(of, "y"), exact.tolerance)) << name << " y";
    EXPECT_TRUE(close(results[1], golden.tensor(of, "dx"), exact.tolerance)) << name << " dx";
  }
}

/// By how much rounding x changes (x − mean)/deviation, at most: the largest |x| of a channel over
/// its deviation, where that is more than one.
double conditioning(const Tensor& x, double epsilon) {
  const Tensor wide = x.cast(DType::float64);
  const auto values = wide.values<double>();
  const auto channels = static_cast<std::size_t>(x.shape().size(-1));
  double worst = 1;
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0, largest = 0, count = 0;
    for (std::size_t i = c; i < values.size(); i += channels, ++count) {
      sum += values[i];
      largest = std::max(largest, std::abs(values[i]));
    }
    for (std::size_t i = c; i < values.size(); i += channels) {
      squares += (values[i] - sum / count) * (values[i] - sum / count);
    }
    worst = std::max(worst, largest / std::sqrt(squares / count + epsilon));
  }
  return worst;
}

/// The layer of a golden case over fed numbers, for training or inference.
class BatchNorm {
 public:
  BatchNorm(const Golden& golden, const Golden::Case& of, bool training,
            const Comparison& comparison)
      : golden_(golden), of_(of), comparison_(comparison), build_(graph_, training) {
    x_ = graph_.input("x", {DType::float32, golden.tensor(of, "x").shape()});
    dy_ = graph_.input("dy", {DType::float32, golden.tensor(of, "x").shape()});
    Scope scope = Scope(build_).enter("norm");
    y_ = BatchNormalization{.momentum = of.number("momentum"),
                            .epsilon = of.number("epsilon"),
                            .center = of.attributes.at("center").as_bool(),
                            .scale = of.attributes.at("scale").as_bool()}
             .call(scope, x_);
  }

  /// Runs one step and compares y, dx and the gradients of the weights the case has.
  void expect(const std::string& y, const std::string& dx, bool weight_gradients) {
    std::vector<std::string> names = {y, dx};
    std::vector<Value> with_respect_to = {x_};
    for (const char* weight : {"gamma", "beta"}) {
      if (!golden_.has(of_, weight)) continue;
      with_respect_to.push_back(graph_.variable(id(weight)));
      names.push_back("d" + std::string(weight));
    }
    std::vector<Value> outputs = {y_};
    for (Value slope : gradient(sum(y_ * dy_), with_respect_to)) outputs.push_back(slope);
    if (!weight_gradients) outputs.resize(2);
    const Program program = compile({.outputs = outputs,
                                     .updates = graph_.updates(),
                                     .backend = comparison_.backend,
                                     .precision = comparison_.precision});
    state_ = State(program.variables(), {.precision = comparison_.precision});
    set("gamma", "gamma");
    set("beta", "beta");
    set("moving_mean", "running_mean");
    set("moving_variance", "running_variance");
    const Results results =
        program.run(state_, {golden_.tensor(of_, "x"), golden_.tensor(of_, "dy")});
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      EXPECT_TRUE(is_close(results[i], golden_.tensor(of_, names[i])))
          << of_.name << " " << names[i];
    }
  }
  void expect_statistic(std::string_view name, std::string_view tensor) const {
    EXPECT_TRUE(is_close(state_.get(id(name)), golden_.tensor(of_, tensor)))
        << of_.name << " " << tensor;
  }

 private:
  /// In float all numbers of a channel are in each, by its mean and variance; those of a batch far
  /// from zero lose digits in the difference.
  testing::AssertionResult is_close(const Tensor& actual, const Tensor& expected) const {
    if (comparison_.precision == NumericPrecision::float64) {
      return close(actual, expected, comparison_.tolerance);
    }
    const Shape& x = x_.shape();
    const double lost =
        build_.training() ? conditioning(golden_.tensor(of_, "x"), of_.number("epsilon")) : 1;
    return within(actual, expected, lost * rounding_of_sum(double(x.size()) / double(x.size(-1))));
  }
  VariableId id(std::string_view name) const {
    return graph_.variables().find("norm/" + std::string(name));
  }
  void set(std::string_view name, std::string_view tensor) {
    if (golden_.has(of_, tensor)) state_.set(id(name), golden_.tensor(of_, tensor));
  }

  const Golden& golden_;
  const Golden::Case& of_;
  const Comparison& comparison_;
  Graph graph_;
  Build build_;
  Value x_, dy_, y_;
  State state_;
};

class GoldenBatchNormalization : public testing::TestWithParam<Comparison> {};

TEST_P(GoldenBatchNormalization, TrainingIsPyTorchs) {
  const Golden golden("normalization");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "batch_norm") continue;
    BatchNorm norm(golden, of, true, GetParam());
    norm.expect("y", "dx", true);
    norm.expect_statistic("moving_mean", "new_running_mean");
    norm.expect_statistic("moving_variance", "new_running_variance");
  }
}

TEST_P(GoldenBatchNormalization, InferenceIsPyTorchsAndChangesNothing) {
  const Golden golden("normalization");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "batch_norm") continue;
    BatchNorm norm(golden, of, false, GetParam());
    norm.expect("inference_y", "inference_dx", false);
    norm.expect_statistic("moving_mean", "running_mean");
    norm.expect_statistic("moving_variance", "running_variance");
  }
}

INSTANTIATE_TEST_SUITE_P(In, GoldenBatchNormalization, testing::Values(exact, in_float),
                         [](const auto& instance) {
                           const NumericPrecision precision = instance.param.precision;
                           return std::string(precision == NumericPrecision::float64 ? "Double"
                                                                                     : "Float");
                         });

}  // namespace
}  // namespace sloy
