/// One layer on its own: what it makes of numbers, with weights that are given.
#pragma once

#include <map>
#include <string>

#include <sloy/layer.h>
#include <sloy/program.h>

#include "harness/golden.h"

namespace sloy::harness {

/// A layer written into a graph, for training or inference, on inputs whose batch is open.
class LayerOf {
 public:
  explicit LayerOf(const Layer& layer, const Shape& input, bool training = false);
  LayerOf(const LayerOf&) = delete;
  LayerOf& operator=(const LayerOf&) = delete;

  Graph graph;
  Build build;
  Scope scope;  ///< the layer's own
  Value x;
  Value y;

  /// What a weight or statistic is from now on.
  void set(const std::string& name, const Tensor& numbers) { given_[name] = numbers; }
  /// The variable as the layer reads it.
  Value weight(const std::string& name);
  /// `value` of these numbers, in double on the reference backend.
  Tensor evaluate(Value value, const Tensor& input) const;
  /// y of these numbers.
  Tensor operator()(const Tensor& input) const { return evaluate(y, input); }

 private:
  std::map<std::string, Tensor> given_;
};

/// What a layer makes of `input` with its first weights, in double.
Tensor apply_layer(const Layer& layer, const Tensor& input, bool training = false);

/// Whether y, dx and the gradients of these weights are those of a golden case, which has x, dy and
/// the weights by name. In float they may be off by `tolerance` of the largest.
testing::AssertionResult is_as_in(const Golden& golden, const Golden::Case& of, const Layer& layer,
                                  const std::vector<std::string>& weights,
                                  const Comparison& comparison);

/// Of numbers that functions and sums of a few hundred products make, relative to the largest.
inline constexpr Comparison kernels_in_float{BackendKind::cpu, NumericPrecision::float32, 1e-5};

}  // namespace sloy::harness
