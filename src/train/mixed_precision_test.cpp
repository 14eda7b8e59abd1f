// mixed_bfloat16: which values of a step are bfloat16, and trainings with it.

#include <gtest/gtest.h>
#include <sloy/model.h>
#include <sloy/recipe.h>

#include <cmath>
#include <map>
#include <random>

#include "backends/cpu/machine.h"
#include "graph/leaf.h"
#include "graph/verify.h"
#include "harness/messages.h"
#include "harness/process.h"
#include "ops/convolution.h"
#include "ops/fused.h"
#include "ops/matmul.h"
#include "ops/reorder.h"
#include "passes/bind.h"
#include "passes/epilogue.h"
#include "passes/fuse.h"
#include "passes/precision.h"
#include "passes/simplify.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::TemporaryDirectory;

constexpr std::int64_t batch_size = 8;

bool is_bfloat16(const Graph& graph, Value value) {
  const auto& layout = graph.node(value).results[static_cast<std::size_t>(value.result())].layout;
  return layout && layout->bfloat16;
}

/// A training step as the passes have it before kernels are chosen.
struct TrainingStep {
  TrainingStep(Model model, const Loss& loss, const Type& features, const Type& target) {
    Graph graph;
    Build build(graph, true);
    const Value x = graph.input("x", features);
    const Value y = graph.input("y", target);
    const Value error = loss(y, model(build, x));
    Value whole = error;
    for (Value penalty : build.losses()) whole = whole + penalty;
    const auto updates = Optimizer(SGD{.momentum = 0.9}).minimize(whole);
    const std::vector<Value> outputs{whole};
    lowered = store_as_bfloat16(
        *fuse(*absorb_epilogues(*simplify(*bind_batch(graph, outputs, updates, batch_size)))));
    verify(*lowered, "precision");
  }

  std::vector<const Node*> nodes(const Op& op) const {
    std::vector<const Node*> found;
    for (const Node& node : lowered->nodes()) {
      if (node.op == &op) found.push_back(&node);
    }
    return found;
  }
  bool reads_bfloat16(const Node& node, std::size_t operand) const {
    return is_bfloat16(*lowered, node.inputs[operand]);
  }

  std::unique_ptr<Graph> lowered;
};

TrainingStep of_images() {
  return {Sequential{Input{8, 8, 3}, Conv2D{.filters = 16, .kernel_size = 3, .padding = same},
                     BatchNormalization{}, relu,
                     Conv2D{.filters = 16, .kernel_size = 3, .kernel_regularizer = L2{.l2 = 0.1}},
                     relu, MaxPooling2D{}, Flatten{}, Dense{.units = 32, .activation = relu},
                     Dense{.units = 10}},
          SparseCategoricalCrossentropy{.from_logits = true},
          {DType::float32, {batch, 8, 8, 3}},
          {DType::int32, {batch}}};
}

TEST(Precision, ProductsReadBfloat16AndBiasesAreFloat) {
  const TrainingStep step = of_images();
  int products = 0;
  for (const Node& node : step.lowered->nodes()) {
    const bool is_product = node.op == &matmul_op || node.op == &convolution_op ||
                            node.op == &convolution_input_gradient_op ||
                            node.op == &convolution_kernel_gradient_op;
    if (!is_product) continue;
    ++products;
    EXPECT_TRUE(step.reads_bfloat16(node, 0)) << node.path;
    EXPECT_TRUE(step.reads_bfloat16(node, 1)) << node.path;
    if (node.inputs.size() == 3) {
      EXPECT_FALSE(step.reads_bfloat16(node, 2)) << node.path;
    }
  }
  EXPECT_EQ(products, 4 + 3 + 4);  // forward, for inputs (the first needs none), for kernels
}

TEST(Precision, ActivationsAndTheirGradientsAreBfloat16) {
  const TrainingStep step = of_images();
  for (const Op* op : {static_cast<const Op*>(&convolution_op),
                       static_cast<const Op*>(&convolution_input_gradient_op)}) {
    for (const Node& node : step.lowered->nodes()) {
      if (node.op != op) continue;
      ASSERT_TRUE(node.results[0].layout) << node.path;
      EXPECT_TRUE(node.results[0].layout->bfloat16) << node.path;
    }
  }
  int full = 0;
  for (const Node* node : step.nodes(fused_op)) {
    for (const Result& result : node->results) {
      if (result.type.shape.rank() != 4 || node->phase == Phase::update) continue;
      if (result.type.shape.size(0) != batch_size) continue;
      ++full;
      EXPECT_TRUE(result.layout && result.layout->bfloat16) << node->path;
    }
  }
  EXPECT_GE(full, 3);
}

TEST(Precision, WeightsTheirGradientsUpdatesAndTheLossAreFloat) {
  const TrainingStep step = of_images();
  for (const Graph::Update& update : step.lowered->updates()) {
    EXPECT_FALSE(is_bfloat16(*step.lowered, update.value));
  }
  for (const Graph::Output& output : step.lowered->outputs()) {
    EXPECT_FALSE(is_bfloat16(*step.lowered, output.value));
  }
  for (const Node* node : step.nodes(convolution_kernel_gradient_op)) {
    EXPECT_FALSE(node->results[0].layout) << node->path;
  }
  // Scores go into the cross-entropy as they were added up.
  for (const Node* node : step.nodes(matmul_op)) {
    if (node->results[0].type.shape.size(-1) != 10) continue;
    EXPECT_FALSE(node->results[0].layout);
  }
  // What is rounded for products are the images and weights; all else is stored so.
  std::map<std::string, int> rounded;
  for (const Node* node : step.nodes(reorder_op)) {
    const Op* op = step.lowered->node(node->inputs[0]).op;
    ++rounded[op == &variable_op || op == &input_op ? std::string(op->name()) : "computed"];
  }
  EXPECT_EQ(rounded["variable"], 4);
  EXPECT_EQ(rounded["input"], 1);
  EXPECT_EQ(rounded["computed"], 0);
}

TEST(Precision, LossesOnNumbersReadFloats) {
  const TrainingStep step{
      Sequential{Input{4}, Dense{.units = 6, .activation = tanh}, Dense{.units = 1}},
      MeanSquaredError{},
      {DType::float32, {batch, 4}},
      {DType::float32, {batch, 1}}};
  for (const Node* node : step.nodes(matmul_op)) {
    if (node->phase != Phase::forward || node->results[0].type.shape.size(-1) != 1) continue;
    EXPECT_FALSE(node->results[0].layout);
  }
}

/// Images that are brighter in the half their class says, under noise.
data::Dataset images(std::int64_t count) {
  std::mt19937 random(3);
  std::normal_distribution<float> noise(0.0f, 0.5f);
  std::vector<float> pixels;
  std::vector<std::int32_t> classes;
  for (std::int64_t i = 0; i < count; ++i) {
    classes.push_back(static_cast<std::int32_t>(random() % 2));
    for (int pixel = 0; pixel < 64; ++pixel) {
      const bool bright = pixel / 32 == classes.back();
      pixels.push_back((bright ? 1.0f : 0.0f) + noise(random));
    }
  }
  return data::from_tensors(Tensor(Shape{count, 8, 8, 1}, pixels), Tensor(Shape{count}, classes));
}

Sequential net() {
  return {Input{8, 8, 1},
          Conv2D{.filters = 16, .kernel_size = 3, .padding = same},
          BatchNormalization{},
          relu,
          MaxPooling2D{},
          Conv2D{.filters = 16, .kernel_size = 3, .activation = relu},
          Flatten{},
          Dropout{.rate = 0.1},
          Dense{.units = 2}};
}

CompileOptions options_of(NumericPrecision precision) {
  return {.optimizer = Adam{.learning_rate = 3e-3},
          .loss = SparseCategoricalCrossentropy{.from_logits = true},
          .metrics = {Accuracy{}},
          .seed = 4,
          .precision = precision};
}

FitOptions epochs_of(int epochs, const std::string& checkpoints = "") {
  return {.epochs = epochs,
          .batch_size = 16,
          .verbose = Verbosity::silent,
          .checkpoints = checkpoints,
          .resume = !checkpoints.empty()};
}

std::vector<Tensor> weights_of(const Model& model) {
  std::vector<Tensor> weights;
  for (const std::string& name : model.weight_names()) weights.push_back(model.weight(name));
  return weights;
}

TEST(MixedPrecision, LearnsAsFloat32Does) {
  std::map<NumericPrecision, double> losses;
  for (const auto precision : {NumericPrecision::float32, NumericPrecision::mixed_bfloat16}) {
    Sequential model = net();
    model.compile(options_of(precision));
    model.fit(images(256), epochs_of(4));
    const Evaluation measured = model.evaluate(images(256));
    losses[precision] = measured.loss;
    EXPECT_GT(measured.logs["accuracy"], 0.95);
  }
  const double in_float = losses[NumericPrecision::float32];
  const double mixed = losses[NumericPrecision::mixed_bfloat16];
  EXPECT_NE(mixed, in_float);  // it is another arithmetic
  EXPECT_NEAR(mixed, in_float, 0.1 * in_float + 0.01);
}

TEST(MixedPrecision, IsResumedBitForBit) {
  const TemporaryDirectory directory;
  Sequential whole = net();
  whole.compile(options_of(NumericPrecision::mixed_bfloat16));
  whole.fit(images(64), epochs_of(3));

  const std::string checkpoints = directory / "checkpoints";
  for (int epochs : {1, 3}) {
    Sequential part = net();
    part.compile(options_of(NumericPrecision::mixed_bfloat16));
    part.fit(images(64), epochs_of(epochs, checkpoints));
    if (epochs < 3) continue;
    EXPECT_EQ(weights_of(part), weights_of(whole));
  }
  // Going on in another precision would be another run.
  Sequential other = net();
  other.compile(options_of(NumericPrecision::float32));
  const std::string message = message_of([&] { other.fit(images(64), epochs_of(4, checkpoints)); });
  EXPECT_NE(message.find("mixed_bfloat16"), std::string::npos) << message;
}

TEST(MixedPrecision, PredictionsAndFiguresAreThoseOfTheLoadedModel) {
  const TemporaryDirectory directory;
  const std::string file = directory / "model.safetensors";
  Sequential model = net();
  model.compile(options_of(NumericPrecision::mixed_bfloat16));
  model.fit(images(64), epochs_of(1));
  model.save(file);
  Model loaded = Model::load(file);
  const Tensor pixels = Tensor(Shape{64, 8, 8, 1}, std::vector<float>(64 * 64, 0.3f));
  EXPECT_EQ(loaded.predict(pixels), model.predict(pixels));
  EXPECT_EQ(loaded.evaluate(images(64)).loss, model.evaluate(images(64)).loss);
}

TEST(MixedPrecision, TakesLessMemory) {
  const auto arena = [](NumericPrecision precision) {
    const Sequential model = {Input{32, 32, 3},
                              Conv2D{.filters = 32, .kernel_size = 3, .padding = same},
                              BatchNormalization{},
                              relu,
                              Conv2D{.filters = 32, .kernel_size = 3, .padding = same},
                              BatchNormalization{},
                              relu,
                              MaxPooling2D{},
                              GlobalAveragePooling2D{},
                              Dense{.units = 2}};
    Model compiled = model;
    CompileOptions options = options_of(precision);
    options.convolution = ConvolutionAlgorithm::direct;
    compiled.compile(options);
    const data::Spec spec =
        data::from_tensors(Tensor(DType::float32, {32, 32, 32, 3}), Tensor(DType::int32, {32}))
            .spec();
    return compiled.training_program(spec, 32).plan(32).arena_bytes;
  };
  if (!cpu::this_machine().bfloat16) return;  // there products read copies in float32
  EXPECT_LT(static_cast<double>(arena(NumericPrecision::mixed_bfloat16)),
            0.65 * static_cast<double>(arena(NumericPrecision::float32)));
}

TEST(MixedPrecision, RoundsWhatKernelsReadInFloatToo) {
  // 257 and 259 are halfway between bfloat16's numbers; the product is too small for oneDNN.
  const Tensor odd({2, 2}, {257.0f, 259.0f, -257.0f, 3.0f});
  for (const BackendKind backend : {BackendKind::cpu, BackendKind::reference}) {
    Graph graph;
    const Value x = graph.input("x", {DType::float32, {batch, 2}});
    const Value y = matmul(x, graph.constant(odd));
    const Program program = compile(
        {.outputs = {y}, .backend = backend, .precision = NumericPrecision::mixed_bfloat16});
    State state(program.variables());
    const Tensor fed({1, 2}, {259.0f, 1.0f});
    EXPECT_EQ(program.run(state, {fed})[0], Tensor({1, 2}, {260.0f * 256 - 256, 260.0f * 260 + 3}));
  }
}

TEST(MixedPrecision, IsHowAProgramStoresAndNotHowAValueIsEvaluated) {
  Graph graph;
  const Value x = graph.constant(2.0) * graph.constant(3.0);
  EXPECT_EQ(message_of([&] { evaluate(x, {}, NumericPrecision::mixed_bfloat16); }),
            "a value is evaluated in float32 or float64, not in mixed_bfloat16\n"
            "  to fix   compile a program to see what mixed_bfloat16 computes");
}

}  // namespace
}  // namespace sloy
