#include "train/checks.h"

#include <fmt/format.h>

#include <sloy/op.h>
#include <array>

#include "base/words.h"

namespace sloy {
namespace {

/// The activation that made a value, as its op tells: whoever wrote it, and in any layer. Empty
/// where it can't be told.
std::string_view activation_of(Value value) {
  struct Tell {
    std::string_view op;
    std::string_view activation;
  };
  static constexpr std::array<Tell, 7> tells{{{"softmax", "softmax"},
                                              {"sigmoid", "sigmoid"},
                                              {"tanh", "tanh"},
                                              {"rectify", "relu"},
                                              {"add", "linear"},
                                              {"matmul", "linear"},
                                              {"convolution", "linear"}}};
  const Node* node = &value.graph().node(value);
  while (node->op->kind() == Kind::view) node = &value.graph().node(node->inputs.front());
  for (const Tell& tell : tells) {
    if (tell.op == node->op->name()) return tell.activation;
  }
  return {};
}

bool takes_labels(const Loss& loss) { return loss.as<SparseCategoricalCrossentropy>() != nullptr; }

}  // namespace

void check_model_and_data(const ModelGraph& graph, const data::Spec& spec) {
  if (graph.inputs.size() != 1 || graph.outputs.size() != 1) {
    throw ConfigError(
        fmt::format("the model has {} and {}; a data set gives one input and one target",
                    counted(graph.inputs.size(), "input"), counted(graph.outputs.size(), "output")),
        {}, "train it by a loop of your own, as in examples/custom_training_loop.cpp");
  }
  const Type& input = graph.type(graph.inputs.front());
  if (input.shape.without(0) == spec.features.shape) return;
  throw ShapeError(
      "the examples have another shape than the model's input",
      {{"example", to_string(spec.features.shape)}, {"input", to_string(input.shape.without(0))}},
      fmt::format(
          "begin the model with Input{{{}}}, or reshape the data",
          to_string(spec.features.shape).substr(1, to_string(spec.features.shape).size() - 2)));
}

void check_loss(const Loss& loss, const data::Spec& spec, const Type& target, Value prediction) {
  loss.check(target, prediction.type());
  check_pairing(loss, activation_of(prediction));
  if (takes_labels(loss) && spec.num_classes > prediction.shape().size(-1)) {
    const std::int64_t classes = prediction.shape().size(-1);
    throw DataError(
        fmt::format("the data have {} classes, the model predicts {}", spec.num_classes, classes),
        {{"labels", fmt::format("0 to {}", spec.num_classes - 1)},
         {"predictions", to_string(prediction.shape())}},
        fmt::format("give the last layer {} units", spec.num_classes));
  }
  const bool is_binary = loss.as<BinaryCrossentropy>() && !is_float(target.dtype);
  if (is_binary && spec.num_classes > 2) {
    throw DataError(
        fmt::format("BinaryCrossentropy is for two classes, the data have {}", spec.num_classes),
        {}, "use SparseCategoricalCrossentropy and a last layer with a unit for each class");
  }
}

LabelCheck::LabelCheck(const Loss& loss, const data::Spec& spec, std::int64_t classes) {
  if (takes_labels(loss) && spec.target.dtype == DType::int32) classes_ = classes;
}

void LabelCheck::operator()(const data::Batch& given) const {
  if (classes_ == 0 || given.count == 0) return;
  const auto* labels = reinterpret_cast<const std::int32_t*>(given.target.data());
  const std::size_t count = given.target.size() / sizeof(std::int32_t);
  const std::size_t an_example = count / static_cast<std::size_t>(given.count);
  for (std::size_t i = 0; i < count; ++i) {
    if (0 <= labels[i] && labels[i] < classes_) continue;
    throw DataError(
        fmt::format("the label {} is not one of the {} classes the model predicts", labels[i],
                    classes_),
        {{"example", fmt::format("{} of this epoch's order",
                                 given.first + static_cast<std::int64_t>(i / an_example))},
         {"classes", fmt::format("0 to {}", classes_ - 1)}},
        "correct the label, or give the last layer more units");
  }
}

}  // namespace sloy
