/// Layers whose weights an ONNX model gives as inputs.
#pragma once

#include <algorithm>
#include <cassert>
#include <string>
#include <vector>

#include <sloy/initializers.h>
#include <sloy/scope.h>

#include "onnx/node.h"

namespace sloy::from_onnx {

/// First values that are given.
struct Given {
  explicit Given(const Tensor& tensor) : numbers(tensor) {}
  void fill(std::span<float> out, const Shape&, WeightRandom&) const {
    const auto values = numbers.values<float>();
    assert(values.size() == out.size());
    std::copy(values.begin(), values.end(), out.begin());
  }
  Tensor numbers;
};

/// Where the layer that a node stands for has its weights.
inline Scope scope_of(Build& build, const Node& node) { return Scope(build).enter(node.path()); }

/// What a variable of the graph is after a step.
inline Value after_step(const Graph& graph, const std::string& variable) {
  const VariableId id = graph.variables().find(variable);
  const auto& updates = graph.updates();
  const auto of_it = [id](const Graph::Update& update) { return update.variable == id; };
  return std::find_if(updates.begin(), updates.end(), of_it)->value;
}

}  // namespace sloy::from_onnx
