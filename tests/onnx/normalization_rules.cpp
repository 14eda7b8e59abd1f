// ONNX's normalisations and dropout, by the library's layers.

#include <sloy/layers/normalization.h>
#include <sloy/layers/regularization.h>

#include "onnx/node.h"
#include "onnx/weights.h"

namespace sloy::from_onnx {
namespace {

Values batch_normalized(const Node& node) {
  const bool training = node.since() >= 14 && node.integer("training_mode") != 0;
  const BatchNormalization layer{.momentum = node.number("momentum"),
                                 .epsilon = node.number("epsilon"),
                                 .beta_initializer = Given(node.numbers(2)),
                                 .gamma_initializer = Given(node.numbers(1)),
                                 .moving_mean_initializer = Given(node.numbers(3)),
                                 .moving_variance_initializer = Given(node.numbers(4))};
  Build build(node.graph(), training);
  Scope scope = scope_of(build, node);
  const Value y = channels_second(layer.call(scope, channels_last(node[0])));
  if (!training) return {y};
  return {y, after_step(node.graph(), node.path() + "/moving_mean"),
          after_step(node.graph(), node.path() + "/moving_variance")};
}

Values instance_normalized(const Node& node) {
  const InstanceNormalization layer{.epsilon = node.number("epsilon"),
                                    .beta_initializer = Given(node.numbers(2)),
                                    .gamma_initializer = Given(node.numbers(1))};
  Build build(node.graph(), false);
  Scope scope = scope_of(build, node);
  return {channels_second(layer.call(scope, channels_last(node[0])))};
}

/// Over all axes from `axis` on; the mean and 1 / √(variance + ε) are results too.
Values layer_normalized(const Node& node) {
  const Value x = node[0];
  // A batch of one example: ONNX may normalise over its first axis as well.
  Shape example{1};
  for (const Dim& dim : x.shape()) example.push_back(dim);
  std::vector<int> axes, axes_of_example;
  for (int axis = axis_of(node.integer("axis"), x.rank()); axis < x.rank(); ++axis) {
    axes.push_back(axis);
    axes_of_example.push_back(axis + 1);
  }
  const double epsilon = node.number("epsilon");
  LayerNormalization layer{.axis = OneOrMany<int>(axes_of_example),
                           .epsilon = epsilon,
                           .gamma_initializer = Given(node.numbers(1))};
  layer.center = node.has(2);
  if (layer.center) layer.beta_initializer = Given(node.numbers(2));
  Build build(node.graph(), false);
  Scope scope = scope_of(build, node);
  const Value y = reshape(layer.call(scope, reshape(x, example)), x.shape());
  const Moments found = moments(x, axes, true);
  return {y, found.mean, rsqrt(found.variance + epsilon)};
}

Values local_response_normalized(const Node& node) {
  const auto size = static_cast<int>(node.integer("size"));
  const LocalResponseNormalization layer{.size = size,
                                         .alpha = node.number("alpha") / size,
                                         .beta = node.number("beta"),
                                         .bias = node.number("bias")};
  Build build(node.graph(), false);
  Scope scope = scope_of(build, node);
  return {channels_second(layer.call(scope, channels_last(node[0])))};
}

/// (x − mean) / (√variance + 1e-9).
Values mean_variance_normalized(const Node& node) {
  std::vector<int> axes;
  for (std::int64_t axis : node.integers("axes")) axes.push_back(static_cast<int>(axis));
  const Moments found = moments(node[0], axes, true);
  return {(node[0] - found.mean) / (sqrt(found.variance) + 1e-9)};
}

Values dropped_out(const Node& node) {
  double rate = 0.5;
  bool training = false;
  if (node.since() < 12) {
    rate = node.number("ratio");
  } else {
    if (node.has(1)) rate = node.numbers(1).item();
    training = node.has(2) && node.numbers(2).item() != 0;
  }
  if (training && rate > 0) node.refuse("with NumPy's random numbers");
  Build build(node.graph(), training);
  Scope scope = scope_of(build, node);
  const Value kept = broadcast_to(constant(node, 1), node[0].shape());
  return {Dropout{.rate = rate}.call(scope, node[0]), kept};
}

constexpr NamedRule rules[] = {
    {"BatchNormalization", batch_normalized},
    {"Dropout", dropped_out},
    {"InstanceNormalization", instance_normalized},
    {"LRN", local_response_normalized},
    {"LayerNormalization", layer_normalized},
    {"MeanVarianceNormalization", mean_variance_normalized},
};

}  // namespace

std::span<const NamedRule> normalization_rules() { return rules; }

}  // namespace sloy::from_onnx
