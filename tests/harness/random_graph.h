/// Random graphs: networks nobody would write, for comparing compiled programs with the
/// interpreter.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <sloy/graph.h>
#include <sloy/tensor.h>

namespace sloy::test {

enum class Arithmetic {
  /// Small integers and ops exact on them, kinks included: every correct program gives equal bits.
  exact,
  /// Smooth functions, normalisations and means of real numbers: programs agree within rounding.
  smooth
};

/// A loss over a random network with gradients of all parameters, updates (with momentum,
/// statistics, variables that change places) and some intermediate outputs. The first dimension of
/// every input is the batch.
struct RandomGraph {
  std::unique_ptr<Graph> graph;
  std::vector<Value> outputs;
  std::vector<Graph::Update> updates;
  std::vector<Tensor> feeds;
};

/// The same graph for the same seed.
RandomGraph random_graph(std::uint64_t seed, Arithmetic arithmetic);

}  // namespace sloy::test
