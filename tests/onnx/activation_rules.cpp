// ONNX's activations.

#include <sloy/activations.h>
#include <sloy/layers/activation.h>

#include <cmath>

#include "onnx/node.h"
#include "onnx/weights.h"

namespace sloy::from_onnx {
namespace {

template <Value (*function)(Value)>
Values activated(const Node& node) {
  return {function(node[0])};
}

Values leaky(const Node& node) { return {leaky_relu(node[0], node.number("alpha"))}; }
Values exponential_linear(const Node& node) { return {elu(node[0], node.number("alpha"))}; }

Values scaled_exponential_linear(const Node& node) {
  const double alpha = node.number("alpha"), gamma = node.number("gamma");
  const bool usual = std::abs(alpha - 1.6732632) < 1e-6 && std::abs(gamma - 1.0507010) < 1e-6;
  return {usual ? selu(node[0]) : gamma * elu(node[0], alpha)};
}

Values continuous_exponential_linear(const Node& node) {
  const double alpha = node.number("alpha");
  return {alpha * elu(node[0] / alpha, 1)};
}

Values hard_sigmoid_of(const Node& node) {
  const double alpha = node.number("alpha"), beta = node.number("beta");
  const bool usual = std::abs(alpha - 1.0 / 6) < 1e-6 && beta == 0.5;
  if (usual) return {hard_sigmoid(node[0])};
  return {minimum(maximum(alpha * node[0] + beta, 0), 1)};
}

Values parametric(const Node& node) {
  const Value x = node[0];
  // Before operator set 7 a list of slopes is one for each channel.
  Shape slopes = node[1].shape();
  if (node.since() < 7 && slopes.size() > 1) {
    while (slopes.rank() < x.rank() - 1) slopes.push_back(1);
  }
  Shape whole;
  for (int i = slopes.rank(); i < x.rank(); ++i) whole.push_back(1);
  for (const Dim& dim : slopes) whole.push_back(dim);
  // The layer's slopes are of one example: all of x is one.
  PReLU layer{.alpha_initializer = Given(node.numbers(1))};
  Shape example{1};
  for (int axis = 0; axis < x.rank(); ++axis) {
    example.push_back(x.dim(axis));
    if (whole[axis] == Dim(1)) layer.shared_axes.push_back(axis + 1);
  }
  Build build(node.graph(), false);
  Scope scope = scope_of(build, node);
  return {reshape(layer.call(scope, reshape(x, example)), x.shape())};
}

/// x above alpha, else 0. The layer ReLU keeps x at its threshold too, as Keras has it.
Values thresholded(const Node& node) {
  const Value above = greater(node[0], node.number("alpha"));
  return {where(above, node[0], constant(node, 0))};
}

/// Before operator set 13 along `axis` and all axes after it together, then along one.
template <Value (*function)(Value)>
Values along_axis(const Node& node) {
  const Value x = node[0];
  const int axis = axis_of(node.integer("axis"), x.rank());
  if (node.since() >= 13) {
    const Value turned = transpose(x, axis_to_end(axis, x.rank()));
    return {transpose(function(turned), axis_from_end(axis, x.rank()))};
  }
  std::int64_t rows = 1;
  for (int i = 0; i < axis; ++i) rows *= x.shape().size(i);
  return {reshape(function(reshape(x, {rows, x.shape().size() / rows})), x.shape())};
}

constexpr NamedRule rules[] = {
    {"Celu", continuous_exponential_linear},
    {"Elu", exponential_linear},
    {"Erf", activated<erf>},
    {"HardSigmoid", hard_sigmoid_of},
    {"HardSwish", activated<hard_silu>},
    {"LeakyRelu", leaky},
    {"LogSoftmax", along_axis<log_softmax>},
    {"PRelu", parametric},
    {"Relu", activated<relu>},
    {"Selu", scaled_exponential_linear},
    {"Sigmoid", activated<sigmoid>},
    {"Softmax", along_axis<softmax>},
    {"Softplus", activated<softplus>},
    {"Softsign", activated<softsign>},
    {"Tanh", activated<tanh>},
    {"ThresholdedRelu", thresholded},
};

}  // namespace

std::span<const NamedRule> activation_rules() { return rules; }

}  // namespace sloy::from_onnx
