/// Layers outside of models, run in double: for tests of their formulas.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sloy/layers.h>
#include <sloy/program.h>

#include "harness/oracle_numbers.h"

namespace sloy::harness {

/// Weights by name; those left out have their first values.
using Weights = std::vector<std::pair<std::string, Tensor>>;

struct LayerResult {
  Tensor y;
  double penalty = 0;  ///< what the layer adds to the loss
};

/// What `layer` gives in training, on the reference kernels.
inline LayerResult run_layer(const Layer& layer, const Tensor& x, const Weights& weights = {}) {
  Graph graph;
  Build build(graph, true);
  Scope scope = Scope(build).enter("layer");
  const Value fed = graph.input("x", {DType::float32, x.shape()});
  const Value y = layer.call(scope, std::array{fed}).front();
  Value penalty = graph.constant(0.0);
  for (Value loss : build.losses()) penalty = penalty + loss;
  const Program program = compile({.outputs = {y, penalty},
                                   .backend = BackendKind::reference,
                                   .precision = NumericPrecision::float64});
  State state(program.variables(), {.precision = NumericPrecision::float64});
  for (const auto& [name, value] : weights) {
    state.set(program.variables()->find("layer/" + name), value);
  }
  const Results results = program.run(state, {x});
  return {results[0], results[1].item()};
}

/// Numbers in [-1, 1), others for another name.
inline Tensor numbers(std::string_view name, const Shape& shape) {
  return OracleNumbers(name).uniform(shape, -1, 1).cast(DType::float64);
}

/// The element at an index, 0 outside: as padding is.
inline double element(const Tensor& tensor, std::initializer_list<std::int64_t> index) {
  std::int64_t place = 0;
  int axis = 0;
  for (std::int64_t i : index) {
    const std::int64_t size = tensor.shape().size(axis++);
    if (i < 0 || i >= size) return 0;
    place = place * size + i;
  }
  return tensor.values<double>()[static_cast<std::size_t>(place)];
}

}  // namespace sloy::harness
