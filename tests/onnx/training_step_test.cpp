// A step of training that ONNX Runtime has recorded, with the weights before it and the losses.

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include <sloy/layers.h>
#include <sloy/losses.h>
#include <sloy/model.h>
#include <sloy/optimizers.h>
#include <sloy/program.h>

#include "onnx/files.h"

namespace sloy::from_onnx {
namespace {

using std::filesystem::path;

/// Numbers of a text: "loss 2.178", "input-0 [0.1,0.2]" after the name in its first line.
std::vector<float> numbers_in(const path& file) {
  std::ifstream stream(file);
  std::string name, text;
  std::getline(stream, name);
  std::getline(stream, text, '\0');
  for (char& c : text) {
    if (c == '[' || c == ']' || c == ',') c = ' ';
  }
  std::istringstream words(text);
  return {std::istream_iterator<float>(words), {}};
}

/// Floats at a place in a file.
Tensor weights_at(const path& file, std::streamoff offset, const Shape& shape) {
  std::vector<float> numbers(static_cast<std::size_t>(shape.size()));
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(offset);
  stream.read(reinterpret_cast<char*>(numbers.data()),
              static_cast<std::streamsize>(numbers.size() * sizeof(float)));
  return Tensor(shape, numbers);
}

double attribute(const onnx::NodeProto& node, std::string_view name) {
  for (const onnx::AttributeProto& given : node.attribute()) {
    if (given.name() == name) return given.f();
  }
  throw std::runtime_error("no attribute " + std::string(name));
}

TEST(OnnxRuntime, AStepOfAdamWLeadsToTheLossItRecorded) {
  const char* folder = std::getenv("SLOY_TEST_DATA");
  if (!folder) GTEST_SKIP() << "$SLOY_TEST_DATA/training-api has the recorded step";
  const path data = path(folder) / "training-api";
  const onnx::ModelProto rule = read_model(data / "adamw.onnx");
  const onnx::NodeProto& adamw = rule.graph().node(0);

  Graph graph;
  Build build(graph, true);
  const Value x = graph.input("x", {DType::float32, {batch, 784}});
  const Value labels = graph.input("labels", {DType::int32, {batch}});
  const Model model = Sequential{Input{784}, Dense{.units = 500, .activation = relu, .name = "fc1"},
                                 Dense{.units = 10, .name = "fc2"}};
  const Value loss = SparseCategoricalCrossentropy{.from_logits = true}(labels, model(build, x));
  const Optimizer optimizer = AdamW{.learning_rate = 1e-3,
                                    .weight_decay = attribute(adamw, "weight_decay"),
                                    .beta_1 = attribute(adamw, "alpha"),
                                    .beta_2 = attribute(adamw, "beta"),
                                    .epsilon = attribute(adamw, "epsilon")};
  const Program step = compile({.outputs = {loss},
                                .updates = optimizer.minimize(loss),
                                .backend = BackendKind::reference,
                                .precision = NumericPrecision::float64});
  State state(step.variables(), {.precision = NumericPrecision::float64});

  // The file's kernels are (out, in).
  const path weights = data / "checkpoint.ckpt";
  const auto set = [&](std::string_view name, std::streamoff offset, const Shape& shape) {
    Tensor numbers = weights_at(weights, offset, shape);
    if (shape.rank() == 2) {
      Graph turning;
      numbers = evaluate(transpose(turning.constant(numbers), {1, 0}));
    }
    state.set(step.variables()->find(name), numbers);
  };
  set("fc1/kernel", 20268, {500, 784});
  set("fc1/bias", 1588348, {500});
  set("fc2/kernel", 108, {10, 500});
  set("fc2/bias", 20172, {10});

  const std::vector<Tensor> feeds{Tensor({2, 784}, numbers_in(data / "input-0.in")),
                                  Tensor({2}, {1, 1})};
  const double before = step.run(state, feeds)[0].item();
  const double after = step.run(state, feeds)[0].item();
  EXPECT_NEAR(before, numbers_in(data / "loss_1.out").at(0), 1e-6);
  EXPECT_NEAR(after, numbers_in(data / "loss_2.out").at(0), 1e-6);
}

}  // namespace
}  // namespace sloy::from_onnx
