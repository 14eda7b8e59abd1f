// Ten steps of training the benchmark workloads against PyTorch, from the same weights and batches.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "apps/cli/workloads.h"
#include "backends/cpu/machine.h"
#include "harness/oracle_numbers.h"
#include "harness/process.h"

namespace sloy {
namespace {

using harness::OracleNumbers;

const Config& goldens() {
  static const Config described =
      parse_json(harness::bytes_of_file("tests/oracle/golden/training.json"));
  return described;
}

const Config& golden_of(std::string_view workload) {
  for (const Config& run : goldens().at("runs").as_list()) {
    if (run.at("workload").as_string() == workload) return run;
  }
  throw std::invalid_argument(std::string(workload));
}

Shape shape_of(const Config& list) {
  Shape shape;
  for (const Config& size : list.as_list()) shape.push_back(size.as_integer());
  return shape;
}

std::vector<double> numbers(const Config& list) {
  std::vector<double> values;
  for (const Config& value : list.as_list()) values.push_back(value.as_number());
  return values;
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

double norm(const Tensor& tensor) {
  const Tensor wide = tensor.cast(DType::float64);
  double squares = 0;
  for (double value : wide.values<double>()) squares += value * value;
  return std::sqrt(squares);
}

/// A workload under training, as the golden run of PyTorch.
class Training {
 public:
  Training(std::string_view workload, BackendKind backend, NumericPrecision precision,
           ConvolutionAlgorithm convolution = ConvolutionAlgorithm::direct)
      : workload_(workload), golden_(golden_of(workload)), build_(graph_, true) {
    const cli::Workload& ours = cli::find_workload(workload);
    const Model model = ours.make(0.0);  // each library has dropout numbers of its own
    const CompileOptions compiled = ours.compile_options();
    const std::int64_t batch_size = golden_.at("batch_size").as_integer();
    const Type input = model.input_types().at(0);
    const Value x = graph_.input("x", {DType::float32, input.shape.bind(batch_size)});
    const Value prediction = model(build_, x);
    const Value target = graph_.input("target", target_type(prediction));
    make_batches(x.shape(), target.type());
    loss_ = compiled.loss[0].value(target, prediction);
    find_weights();

    // PyTorch's weight decay is not in the loss it reports.
    Value objective = loss_;
    for (Value penalty : build_.losses()) objective = objective + penalty;
    std::vector<Value> weights;
    for (VariableId id : weights_) weights.push_back(graph_.variable(id));
    slopes_ = gradient(loss_, weights);
    const auto updates = compiled.optimizer.minimize(objective);
    ProgramOptions options{.backend = backend, .precision = precision, .convolution = convolution};
    options.outputs = {loss_};
    options.updates = updates;
    step_ = compile(options);
    options.outputs = slopes_;
    options.updates = {};
    gradients_ = compile(options);
    state_ = State(graph_.shared_variables(), {.precision = precision});
    for (std::size_t i = 0; i < weights_.size(); ++i) state_.set(weights_[i], first_value(i));
  }

  std::size_t steps() const { return golden_.at("losses").as_list().size(); }
  const Config& golden() const { return golden_; }

  /// Norms may be off by `tolerance` of their own, or of a hundredth of the largest: the bias
  /// before a batch norm has a gradient of nothing but rounding. In float a ReLU whose input is
  /// zero but for rounding may open or close, which changes all gradients below it by a jump:
  /// `flips` times what PyTorch's float is off by is allowed too, and `moved` for each weight.
  void expect_first_gradients(double tolerance, double flips = 0,
                              const std::vector<double>& moved = {}) {
    double largest = 0;
    for (const Config& variable : golden_.at("variables").as_list()) {
      largest = std::max(largest, variable.at("first_gradient_norm").as_number());
    }
    const Results results = gradients_.run(state_, feeds(0));
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const double expected = described(i).at("first_gradient_norm").as_number();
      const double jump = described(i).at("first_gradient_error_float32").as_number();
      EXPECT_NEAR(norm(results[i]), expected,
                  tolerance * std::max(expected, largest / 100) + flips * jump +
                      (moved.empty() ? 0 : moved[i]))
          << workload_ << ", gradient of " << described(i).at("name").as_string();
    }
  }

  /// The norm of each weight's first gradient, then the loss of each step.
  std::vector<double> first_gradients_and_losses() {
    std::vector<double> all;
    for (const Tensor& slope : gradients_.run(state_, feeds(0))) all.push_back(norm(slope));
    for (std::size_t step = 0; step < steps(); ++step) all.push_back(run_step(step));
    return all;
  }
  std::size_t weights() const { return weights_.size(); }

  /// Every feature off by up to `relative` of itself, differently for each trial.
  void disturb(double relative, int trial) {
    for (std::size_t k = 0; k < batches_.size(); ++k) {
      const Tensor noise = OracleNumbers(fmt::format("noise/{}/{}", trial, k))
                               .uniform(batches_[k][0].shape(), -relative, relative);
      Tensor& x = batches_[k][0];
      std::size_t i = 0;
      for (float& value : x.mutable_values<float>()) value *= 1 + noise.values<float>()[i++];
    }
  }

  /// What float may be off by of its own, relatively: as in the tests of ops, 4ε√n of a sum of n
  /// products, and layers whose errors add in squares.
  double rounding() const {
    double products = 0;
    for (VariableId id : weights_) {
      const Shape& shape = graph_.variables()[id].type.shape;
      products += double(shape.size()) / double(shape.size(-1));
    }
    return 4 * 0x1p-24 * std::sqrt(products);
  }

  bool runs_winograd() const {
    return std::ranges::any_of(step_.plan().steps,
                               [](const Plan::Step& step) { return step.kernel == "winograd"; });
  }

  double run_step(std::size_t step) { return step_.run(state_, feeds(step))[0].item(); }

  void expect_final_weights(double tolerance) const {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const Config& variable = described(i);
      const double expected = variable.at("final_norm").as_number();
      EXPECT_NEAR(norm(state_.get(weights_[i])), expected, tolerance * expected)
          << workload_ << ", " << variable.at("name").as_string();
    }
  }

 private:
  const Config& described(std::size_t i) const { return golden_.at("variables").as_list()[i]; }

  Type target_type(Value prediction) const {
    const std::string& loss = golden_.at("loss").as_string();
    if (loss == "cross_entropy") return {DType::int32, {prediction.dim(0)}};
    return {DType::float32, prediction.shape()};
  }

  void make_batches(const Shape& features, const Type& target) {
    for (std::int64_t k = 0; k < goldens().at("batches").as_integer(); ++k) {
      const Tensor x =
          OracleNumbers(fmt::format("{}/x/{}", workload_, k)).uniform(features, 0.0, 1.0);
      batches_.push_back({x, target_of(k, x, target)});
    }
  }

  Tensor target_of(std::int64_t k, const Tensor& x, const Type& target) const {
    const std::string& loss = golden_.at("loss").as_string();
    if (loss == "bce") return x;
    if (loss == "cross_entropy") {
      return OracleNumbers(fmt::format("{}/labels/{}", workload_, k)).integers(target.shape, 10);
    }
    Tensor product(DType::float32, target.shape);
    const auto in = x.values<float>();
    std::size_t i = 0;
    for (float& value : product.mutable_values<float>()) {
      value = in[2 * i] * in[2 * i + 1];
      ++i;
    }
    return product;
  }

  std::vector<Tensor> feeds(std::size_t step) const { return batches_[step % batches_.size()]; }

  /// The model's variables are the golden's, in the same order of layers.
  void find_weights() {
    std::vector<VariableId> trained;
    for (VariableId id = 0; id < graph_.variables().size(); ++id) {
      if (graph_.variables()[id].role == Role::parameter) trained.push_back(id);
    }
    const auto& described = golden_.at("variables").as_list();
    if (trained.size() != described.size()) throw std::invalid_argument(workload_);
    std::int64_t elements = 0;
    for (std::size_t i = 0; i < trained.size(); ++i) {
      const Variable& variable = graph_.variables()[trained[i]];
      EXPECT_EQ(last_part(variable.name), last_part(described[i].at("name").as_string()));
      EXPECT_EQ(variable.type.shape, shape_of(described[i].at("shape"))) << variable.name;
      elements += variable.type.shape.size();
    }
    EXPECT_EQ(elements, golden_.at("trainable_parameters").as_integer()) << workload_;
    weights_ = std::move(trained);
  }

  Tensor first_value(std::size_t i) const {
    const Config& variable = described(i);
    const Shape shape = shape_of(variable.at("shape"));
    const Config& initial = variable.at("initial");
    if (const Config* bound = initial.find("uniform")) {
      const OracleNumbers formula(workload_ + "/" + variable.at("name").as_string());
      return formula.uniform(shape, -bound->as_number(), bound->as_number());
    }
    return Tensor(shape, std::vector<float>(static_cast<std::size_t>(shape.size()),
                                            float(initial.at("constant").as_number())));
  }

  std::string workload_;
  const Config& golden_;
  Graph graph_;
  Build build_;
  Value loss_;
  std::vector<VariableId> weights_;
  std::vector<Value> slopes_;
  std::vector<std::vector<Tensor>> batches_;
  Program step_, gradients_;
  State state_;
};

class GoldenTraining : public testing::TestWithParam<const char*> {};

TEST_P(GoldenTraining, InDoubleIsPyTorchs) {
  Training run(GetParam(), BackendKind::reference, NumericPrecision::float64);
  run.expect_first_gradients(1e-9);
  const auto losses = numbers(run.golden().at("losses"));
  for (std::size_t step = 0; step < run.steps(); ++step) {
    EXPECT_NEAR(run.run_step(step), losses[step], 1e-8 * losses[step]) << "step " << step;
  }
  run.expect_final_weights(1e-8);
}

/// How far first gradients and losses may lie from PyTorch's, beside what rounding alone explains.
struct Moved {
  std::vector<double> gradients;
  std::vector<double> losses;
};

/// Kernels round differently, and a ReLU that flips changes the gradient by a jump: PyTorch's own
/// float shows how far that carries in each net. What is small grows about tenfold a step there,
/// and which ReLU flips is chance: ten times as far is a flip one step earlier.
void expect_float_is_as_close_as_pytorchs(Training& run, const Moved& moved = {}) {
  run.expect_first_gradients(2e-5, 1, moved.gradients);
  const auto losses = numbers(run.golden().at("losses"));
  const auto in_float = numbers(run.golden().at("losses_float32"));
  double reached = run.rounding() * losses[0];
  for (std::size_t step = 0; step < run.steps(); ++step) {
    reached = std::max(reached, 10 * std::abs(in_float[step] - losses[step]));
    const double more = moved.losses.empty() ? 0 : moved.losses[step];
    EXPECT_NEAR(run.run_step(step), losses[step], reached + more) << "step " << step;
  }
}

/// How far a direct training's first gradients and losses move where features are off by what
/// Winograd's convolutions are: 1.2e-6 each, which add in squares over up to 17 layers. As few
/// ReLUs flip, and each trial flips others, twice the furthest of a few trials is allowed.
Moved moved_by_rounding_of_winograd(const char* workload) {
  constexpr double relative = 5e-6;
  constexpr int trials = 4;
  const auto results = [&](double noise, int trial) {
    Training run(workload, BackendKind::cpu, NumericPrecision::float32);
    run.disturb(noise, trial);
    return std::pair{run.first_gradients_and_losses(), run.weights()};
  };
  const auto [exact, weights] = results(0, 0);
  std::vector<double> moved(exact.size(), 0.0);
  for (int trial = 0; trial < trials; ++trial) {
    const auto disturbed = results(relative, trial).first;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      moved[i] = std::max(moved[i], 2 * std::abs(disturbed[i] - exact[i]));
    }
  }
  const auto first_loss = moved.begin() + static_cast<std::ptrdiff_t>(weights);
  return {{moved.begin(), first_loss}, {first_loss, moved.end()}};
}

TEST_P(GoldenTraining, InFloatIsAsCloseAsPyTorchsFloat) {
  Training run(GetParam(), BackendKind::cpu, NumericPrecision::float32);
  expect_float_is_as_close_as_pytorchs(run);
}

INSTANTIATE_TEST_SUITE_P(Workloads, GoldenTraining,
                         testing::Values("W1", "W2", "W3", "W4", "W5", "W7", "W9"),
                         [](const auto& instance) { return std::string(instance.param); });

/// As fit and bench run: with Winograd where it is faster, which rounds more coarsely than direct
/// sums (docs/design/convolution.md), so that more ReLUs flip.
class GoldenTrainingAsChosen : public testing::TestWithParam<const char*> {};

TEST_P(GoldenTrainingAsChosen, InFloatIsAsCloseAsPyTorchsFloat) {
  Training run(GetParam(), BackendKind::cpu, NumericPrecision::float32,
               ConvolutionAlgorithm::automatic);
  EXPECT_EQ(run.runs_winograd(), cpu::this_machine().instructions != cpu::InstructionSet::baseline);
  expect_float_is_as_close_as_pytorchs(run, moved_by_rounding_of_winograd(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Convolutional, GoldenTrainingAsChosen, testing::Values("W3", "W4", "W5"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace sloy
