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

template <class T>
std::span<const T> values_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

/// Whose target the i-th of so many numbers of a batch is.
Note place_of(std::size_t i, std::size_t numbers, const data::Batch& given) {
  const std::size_t an_example = numbers / static_cast<std::size_t>(given.count);
  return {"example", fmt::format("{} of this epoch's order",
                                 given.first + static_cast<std::int64_t>(i / an_example))};
}

}  // namespace

bool takes_labels(const Loss& loss) { return loss.as<SparseCategoricalCrossentropy>() != nullptr; }

void check_model_and_data(const ModelGraph& graph, const data::Spec& spec) {
  if (graph.inputs.size() != 1 || graph.outputs.size() != 1) {
    throw ConfigError(
        fmt::format("the model has {} and {}; a data set gives one input and one target",
                    counted(graph.inputs.size(), "input"), counted(graph.outputs.size(), "output")),
        {}, "train it by a loop of your own, as in examples/custom_training_loop.cpp");
  }
  if (spec.features.dtype == DType::float64 || spec.target.dtype == DType::float64) {
    throw DataError(
        "the data set gives float64, models take float32",
        {{"features", to_string(spec.features)}, {"target", to_string(spec.target)}},
        "give float32 in the data set's spec and read; data::from_tensors converts by itself");
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

TargetCheck::TargetCheck(const CompileOptions& options, const data::Spec& spec,
                         const Type& prediction, bool confusion)
    : classes_(prediction.shape.rank() < 2 ? 1 : prediction.shape.size(-1)),
      label_dtype_(spec.target.dtype),
      has_labels_(takes_labels(*options.loss) && !is_float(spec.target.dtype)) {
  if (spec.target.dtype != DType::float32) return;
  if (confusion) classifier_ = "the confusion matrix";
  for (const Metric& metric : options.metrics) {
    if (metric.as<Accuracy>()) classifier_ = type_name<Accuracy>();
  }
}

void TargetCheck::operator()(const data::Batch& given) const {
  if (given.count == 0) return;
  if (has_labels_ && label_dtype_ == DType::int32) check_labels<std::int32_t>(given);
  if (has_labels_ && label_dtype_ == DType::uint8) check_labels<std::uint8_t>(given);
  if (!classifier_.empty()) check_shares(given);
}

template <class T>
void TargetCheck::check_labels(const data::Batch& given) const {
  const auto labels = values_of<T>(given.target);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (0 <= labels[i] && labels[i] < classes_) continue;
    throw DataError(
        fmt::format("the label {} is not one of the {} classes the model predicts", labels[i],
                    classes_),
        {place_of(i, labels.size(), given), {"classes", fmt::format("0 to {}", classes_ - 1)}},
        "correct the label, or give the last layer more units");
  }
}

void TargetCheck::check_shares(const data::Batch& given) const {
  const auto targets = values_of<float>(given.target);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const bool is_class =
        classes_ == 1 ? targets[i] == 0 || targets[i] == 1 : targets[i] >= 0 && targets[i] <= 1;
    if (is_class) continue;
    throw DataError(fmt::format("{} needs classes, the target {} is none", classifier_, targets[i]),
                    {place_of(i, targets.size(), given),
                     {"needed", classes_ == 1 ? "0 or 1" : "0 to 1 for each class"}},
                    "leave it out where numbers are predicted: MeanAbsoluteError measures those");
  }
}

}  // namespace sloy
