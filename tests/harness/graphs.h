/// Graphs before and after a pass.
#pragma once

#include <gtest/gtest.h>
#include <sloy/op.h>

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "graph/interpreter.h"

namespace sloy::harness {

inline std::map<std::string, int> count_ops(const Graph& graph) {
  std::map<std::string, int> count;
  for (const Node& node : graph.nodes()) ++count[std::string(node.op->name())];
  return count;
}

inline std::vector<Tensor> feeds_for(const Graph& graph) {
  std::mt19937 random(1);
  std::vector<Tensor> feeds;
  for (Value input : graph.inputs()) {
    Tensor feed(DType::float32, input.shape());
    for (float& x : feed.mutable_values<float>()) {
      x = static_cast<float>(random() % 1000) / 500.0f - 1.0f;
    }
    feeds.push_back(feed);
  }
  return feeds;
}

/// Graphs without variables give the same outputs. In double, so that what a pass reorders shows
/// only in the last digits.
inline void expect_same(const Graph& a, const Graph& b) {
  std::vector<Tensor> feeds = feeds_for(a);
  auto none = [](VariableId) { return Tensor(); };
  auto of_a = interpret(a, feeds, none, NumericPrecision::float64).outputs;
  auto of_b = interpret(b, feeds, none, NumericPrecision::float64).outputs;
  ASSERT_EQ(of_a.size(), of_b.size());
  for (std::size_t i = 0; i < of_a.size(); ++i) {
    ASSERT_EQ(of_a[i].shape(), of_b[i].shape());
    for (std::int64_t k = 0; k < of_a[i].size(); ++k) {
      double x = of_a[i].values<double>()[static_cast<std::size_t>(k)];
      double y = of_b[i].values<double>()[static_cast<std::size_t>(k)];
      ASSERT_NEAR(x, y, 1e-12 * (1 + std::abs(x))) << "output " << i << " element " << k;
    }
  }
}

}  // namespace sloy::harness
