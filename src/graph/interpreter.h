/// The interpreter: a graph run node by node on the ops' reference kernels, with nothing compiled,
/// planned or rewritten. What every compiled program is checked against.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include <sloy/graph.h>

namespace sloy {

struct Interpretation {
  std::vector<Tensor> outputs;
  std::vector<std::pair<VariableId, Tensor>> updates;
};

/// REQUIRES: a graph without symbols (bind_batch). In float64, float values are held and returned
/// as float64 tensors. `variable` gives the numbers of a variable before the step.
Interpretation interpret(const Graph& graph, const std::vector<Tensor>& feeds,
                         const std::function<Tensor(VariableId)>& variable,
                         NumericPrecision precision = NumericPrecision::float32);

}  // namespace sloy
