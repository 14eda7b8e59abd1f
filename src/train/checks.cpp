#include "train/checks.h"

#include <fmt/format.h>

#include <sloy/op.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/words.h"

namespace sloy {
namespace {

/// The node that made a value's numbers, whatever its shape became since.
const Node& maker_of(Value value) {
  const Node* node = &value.graph().node(value);
  while (node->op->kind() == Kind::view) node = &value.graph().node(node->inputs.front());
  return *node;
}

/// What the last addition was part of: the last step of softplus is one, too.
std::string_view activation_of_sum(const Node& sum) {
  const bool is_softplus = std::ranges::any_of(
      sum.inputs, [](Value term) { return maker_of(term).op->name() == "log1p"; });
  return is_softplus ? "softplus" : "linear";
}

/// The activation that made a value, as its op tells: whoever wrote it, and in any layer. Empty
/// where it can't be told.
std::string_view activation_of(Value value) {
  struct Tell {
    std::string_view op;
    std::string_view activation;
  };
  static constexpr std::array<Tell, 6> tells{{{"softmax", "softmax"},
                                              {"sigmoid", "sigmoid"},
                                              {"tanh", "tanh"},
                                              {"rectify", "relu"},
                                              {"matmul", "linear"},
                                              {"convolution", "linear"}}};
  const Node& node = maker_of(value);
  if (node.op->name() == "add") return activation_of_sum(node);
  for (const Tell& tell : tells) {
    if (tell.op == node.op->name()) return tell.activation;
  }
  return {};
}

/// Whose target the i-th of so many numbers of a batch is.
Note place_of(std::size_t i, std::size_t numbers, const data::Batch& given) {
  const std::size_t an_example = numbers / static_cast<std::size_t>(given.count);
  return given.place_of(static_cast<std::int64_t>(i / an_example));
}

/// Between what the targets of a loss are, where it doesn't take any number.
struct Range {
  float lowest, highest;
};
std::optional<Range> range_of_targets(const Loss& loss) {
  if (loss.as<BinaryCrossentropy>() || loss.as<BinaryFocalCrossentropy>() ||
      loss.as<CategoricalCrossentropy>() || loss.as<CategoricalFocalCrossentropy>() ||
      loss.as<KLDivergence>() || loss.as<CategoricalHinge>()) {
    return Range{0, 1};
  }
  if (loss.as<Hinge>() || loss.as<SquaredHinge>()) return Range{-1, 1};
  if (loss.as<Poisson>()) return Range{0, std::numeric_limits<float>::infinity()};
  return {};
}

void refuse_float64(const data::Types& types) {
  for (const Type& type : types) {
    if (type.dtype != DType::float64) continue;
    throw DataError(
        "the data set gives float64, models take float32", {{"it gives", to_string(types)}},
        "give float32 in the data set's spec and read; data::from_tensors converts by itself");
  }
}

}  // namespace

bool takes_labels(const Loss& loss) { return loss.as<SparseCategoricalCrossentropy>() != nullptr; }

const Type& first_features(const data::Spec& spec) {
  if (spec.features.empty()) {
    throw DataError("the data set's examples have no features", {},
                    "list what the model is fed in the spec's features");
  }
  return spec.features[0];
}

void check_features(const ModelGraph& graph, const data::Types& features) {
  refuse_float64(features);
  if (features.size() != graph.inputs.size()) {
    throw DataError(fmt::format("the model has {}, the data set gives {}",
                                counted(graph.inputs.size(), "input"), features.size()),
                    {{"features", to_string(features)}},
                    "give features for each input, in the order of the model's inputs");
  }
  for (std::size_t i = 0; i < features.size(); ++i) {
    const Shape& shape = features[i].shape;
    const Shape& input = graph.type(graph.inputs[i]).shape;
    if (input.without(0) == shape) continue;
    const std::string sizes = to_string(shape).substr(1, to_string(shape).size() - 2);
    ShapeError error("the examples have another shape than the model's input",
                     {{"example", to_string(shape)}, {"input", to_string(input.without(0))}},
                     fmt::format("reshape the data, or begin a new model with Input{{{}}}", sizes));
    if (features.size() > 1) error.add({"of", fmt::format("input {}, counted from 0", i)});
    throw error;
  }
}

void check_model_and_data(const ModelGraph& graph, const data::Spec& spec,
                          const std::vector<TrainedOutput>& outputs) {
  refuse_float64(spec.targets);
  check_features(graph, spec.features);
  if (spec.targets.size() != outputs.size()) {
    std::string names;
    for (const TrainedOutput& output : outputs) names += (names.empty() ? "" : ", ") + output.name;
    throw DataError(
        fmt::format("the model has {} with a loss, the data set gives {}",
                    counted(outputs.size(), "output"), counted(spec.targets.size(), "target")),
        {{"outputs", names}, {"targets", to_string(spec.targets)}},
        "give a target for each of these outputs, in the order of the model's outputs");
  }
  for (const Type& weight : spec.weights) {
    if (weight.dtype == DType::float32) continue;
    throw DataError("weights of examples are float32", {{"weights", to_string(spec.weights)}},
                    "give them as float32");
  }
  if (spec.weights.size() > 1 && spec.weights.size() != outputs.size()) {
    throw DataError(fmt::format("there are weights for {} targets, and {} targets",
                                spec.weights.size(), outputs.size()),
                    {}, "give one for all targets, or one for each");
  }
}

void check_augmentation(const data::Spec& spec,
                        const std::vector<data::Augmentation>& augmentations) {
  const data::Spec changed = data::augmented_spec(spec, augmentations);
  if (changed.features == spec.features) return;
  throw DataError(
      "augmentation gives the images another shape, which the model isn't measured on",
      {{"features", to_string(spec.features)}, {"augmented", to_string(changed.features)}},
      "keep the shape: RandomCrop with padding and no size, or RandomResizedCrop");
}

void check_loss(const Loss& loss, int num_classes, const Type& target, Value prediction) {
  loss.check(target, prediction.type());
  const std::string_view activation = activation_of(prediction);
  check_pairing(loss, activation);
  if (activation == "softmax" && prediction.shape().size(-1) == 1) {
    throw ConfigError("a softmax over one number is 1 whatever the number",
                      {{"predictions", to_string(prediction.shape())}},
                      "end the model in sigmoid, or in as many units as there are classes");
  }
  const auto* sparse = loss.as<SparseCategoricalCrossentropy>();
  // The largest label may be the one that stands for none; the others are looked at as they come.
  const bool is_known = !sparse || sparse->ignore_class != num_classes - 1;
  if (takes_labels(loss) && is_known && num_classes > prediction.shape().size(-1)) {
    const std::int64_t classes = prediction.shape().size(-1);
    throw DataError(
        fmt::format("the data have {} classes, the model predicts {}", num_classes, classes),
        {{"labels", fmt::format("0 to {}", num_classes - 1)},
         {"predictions", to_string(prediction.shape())}},
        fmt::format("give the last layer {} units", num_classes));
  }
  const bool is_binary = loss.as<BinaryCrossentropy>() || loss.as<BinaryFocalCrossentropy>() ||
                         loss.as<Hinge>() || loss.as<SquaredHinge>();
  if (is_binary && !is_float(target.dtype) && num_classes > 2) {
    throw DataError(
        fmt::format("{} is for two classes, the data have {}", loss.type(), num_classes), {},
        "use SparseCategoricalCrossentropy and a last layer with a unit for each class");
  }
}

TargetCheck::TargetCheck(const Model::Impl& model, const data::Spec& spec, bool confusion) {
  const std::vector<TrainedOutput> outputs = trained_outputs(*model.compiled, model.graph);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Type& prediction = model.graph.type(model.graph.outputs[outputs[i].output]);
    parts_.push_back(part(outputs[i], spec.targets[i], prediction, confusion));
    parts_.back().target = i;
    parts_.back().are_classes = i == 0 && spec.num_classes > 0;
  }
}

TargetCheck::Part TargetCheck::part(const TrainedOutput& output, const Type& target,
                                    const Type& prediction, bool confusion) {
  Part part;
  part.classes = prediction.shape.rank() < 2 ? 1 : prediction.shape.size(-1);
  part.dtype = target.dtype;
  part.has_labels = takes_labels(*output.loss) && !is_float(target.dtype);
  if (const auto* sparse = output.loss->as<SparseCategoricalCrossentropy>()) {
    part.ignored = sparse->ignore_class;
  }
  if (const std::optional<Range> range = range_of_targets(*output.loss)) {
    part.loss = output.loss->type();
    part.lowest = range->lowest;
    part.highest = range->highest;
  }
  if (target.dtype != DType::float32) return part;
  if (confusion) part.classifier = "the confusion matrix";
  for (const auto* metrics : {&output.metrics, &output.weighted_metrics}) {
    for (const Metric* metric : *metrics) {
      if (metric->tells_classes()) part.classifier = metric->type();
    }
  }
  return part;
}

void TargetCheck::operator()(const data::Batch& given) const {
  if (given.count == 0) return;
  for (const Part& part : parts_) {
    const std::span<const std::byte> target = given.targets[part.target];
    if (part.has_labels && part.dtype == DType::int32)
      check_labels<std::int32_t>(part, target, given);
    if (part.has_labels && part.dtype == DType::uint8)
      check_labels<std::uint8_t>(part, target, given);
    if (!part.classifier.empty()) check_shares(part, target, given);
    if (part.loss.empty()) continue;
    if (part.dtype == DType::float32) check_range<float>(part, target, given);
    if (part.dtype == DType::int32) check_range<std::int32_t>(part, target, given);
  }
}

template <class T>
void TargetCheck::check_labels(const Part& part, std::span<const std::byte> target,
                               const data::Batch& given) const {
  const auto labels = data::numbers_of<T>(target);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (0 <= labels[i] && labels[i] < part.classes) continue;
    if (part.ignored && labels[i] == *part.ignored) continue;
    throw DataError(
        fmt::format("the label {} is not one of the {} classes the model predicts", labels[i],
                    part.classes),
        {place_of(i, labels.size(), given), {"classes", fmt::format("0 to {}", part.classes - 1)}},
        "correct the label, or give the last layer more units");
  }
}

template <class T>
void TargetCheck::check_range(const Part& part, std::span<const std::byte> target,
                              const data::Batch& given) const {
  const auto targets = data::numbers_of<T>(target);
  const auto fits = [&](T one) {
    const auto number = static_cast<float>(one);
    return static_cast<int>(part.lowest <= number) & static_cast<int>(number <= part.highest);
  };
  // Every step looks at every target: a loop that never leaves runs over several at a time.
  int all_fit = 1;
  for (const T one : targets) all_fit &= fits(one);
  if (all_fit) return;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (fits(targets[i])) continue;
    const auto number = static_cast<double>(targets[i]);
    throw DataError(
        fmt::format("{} can't take the target {}", part.loss, number),
        {place_of(i, targets.size(), given),
         {"needed", std::isfinite(part.highest) ? fmt::format("{} to {}", part.lowest, part.highest)
                                                : fmt::format("{} or more", part.lowest)}},
        "scale the targets, or take a loss for numbers: MeanSquaredError");
  }
}

void TargetCheck::check_shares(const Part& part, std::span<const std::byte> target,
                               const data::Batch& given) const {
  const auto targets = data::numbers_of<float>(target);
  const bool is_whole = part.classes == 1 && !part.are_classes;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const bool is_class =
        is_whole ? targets[i] == 0 || targets[i] == 1 : targets[i] >= 0 && targets[i] <= 1;
    if (is_class) continue;
    throw DataError(
        fmt::format("{} needs classes, the target {} is none", part.classifier, targets[i]),
        {place_of(i, targets.size(), given),
         {"needed", is_whole            ? "0 or 1"
                    : part.classes == 1 ? "0 to 1"
                                        : "0 to 1 for each class"}},
        "leave it out where numbers are predicted: MeanAbsoluteError measures those");
  }
}

}  // namespace sloy
