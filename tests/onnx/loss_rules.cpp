// ONNX's losses, by the library's Loss: reductions, class weights, ignored classes.

#include <sloy/losses.h>

#include <optional>

#include "onnx/node.h"

namespace sloy::from_onnx {
namespace {

/// −log p of the right class, from all log p, which nothing says sum to one.
struct NegativeLogLikelihood {
  std::optional<int> ignore_class = {};

  Value mask(Value target) const {
    return ignore_class ? not_equal(target, *ignore_class) : Value{};
  }
  Value call(Value target, Value log_probability) const {
    const Value of_label = one_hot(target, log_probability.dim(-1)) * log_probability;
    return -sum(of_label, {.axes = {-1}});
  }
  void check(const Type&, const Type&) const {}
};

std::optional<int> ignored(const Node& node) {
  if (!node.has("ignore_index")) return {};
  return static_cast<int>(node.integer("ignore_index"));
}

/// `scores` (batch, …, classes), labels (batch, …); the third input is a weight for each class.
template <class T>
Value reduced(const Node& node, T loss, Value scores) {
  const Value labels = node[1];
  Value weight;
  if (node.has(2)) weight = sum(one_hot(labels, scores.dim(-1)) * node[2], {.axes = {-1}});
  const std::string& reduction = node.text("reduction");
  if (reduction == "none") {
    Value losses = loss.call(labels, scores);
    if (const Value counts = loss.mask(labels)) losses = losses * counts;
    return weight ? losses * weight : losses;
  }
  return Loss(loss, {.reduction =
                         reduction == "sum" ? Reduction::sum : Reduction::mean_with_sample_weight})(
      labels, scores, weight);
}

Values negative_log_likelihood(const Node& node) {
  return {reduced(node, NegativeLogLikelihood{ignored(node)}, channels_last(node[0]))};
}

Values cross_entropy(const Node& node) {
  const Value scores = channels_last(node[0]);
  const SparseCategoricalCrossentropy loss{.from_logits = true, .ignore_class = ignored(node)};
  return {reduced(node, loss, scores), channels_second(log_softmax(scores))};
}

constexpr NamedRule rules[] = {{"NegativeLogLikelihoodLoss", negative_log_likelihood},
                               {"SoftmaxCrossEntropyLoss", cross_entropy}};

}  // namespace

std::span<const NamedRule> loss_rules() { return rules; }

}  // namespace sloy::from_onnx
