/// Which element-wise nodes of a graph become one fused node, and which are computed anew by every
/// reader.
#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <sloy/op.h>

#include "ops/fused.h"
#include "passes/fuse.h"

namespace sloy {

/// A result of a node: node and number of the result.
using NodeResult = std::pair<std::size_t, std::int32_t>;
inline NodeResult result_of(Value value) {
  return {static_cast<std::size_t>(value.node()), value.result()};
}

/// Every node has a level, one more than that of any node it reads, except that an element-wise op
/// or a reduction stays on the level of an element-wise op over the same shape. So on a path that
/// leaves a group the level rises, and groups made of nodes of one level and one shape never come
/// to depend on themselves, however they are joined.
///
/// Some nodes are inlined: they belong to no group, and each group that reads them computes them.
class Groups {
 public:
  Groups(const Graph& graph, const FuseOptions& options);

  /// Whether the node is part of a fused node: element-wise, or a reduction.
  bool is_grouped(std::size_t n) const { return space_[n] != nullptr && !inlined_[n]; }
  /// Whether readers compute the node themselves.
  bool is_inlined(std::size_t n) const { return inlined_[n]; }
  const std::optional<FusedReduction>& reduction(std::size_t n) const { return reduction_[n]; }
  const Shape& space(std::size_t n) const { return *space_[n]; }
  std::size_t group(std::size_t n) const;

  /// What the node reads: its inputs, except that a mask of rectified numbers may read what was
  /// rectified.
  const std::vector<Value>& inputs(std::size_t n) const;

 private:
  /// What computing a node takes, from results that are stored.
  struct Cost {
    int instructions = 0;
    std::set<NodeResult> full = {};  ///< the operands with an element for each of the node's
  };

  const Node& node(std::size_t n) const { return graph_.nodes()[n]; }
  void classify();
  std::vector<bool> stored_nodes() const;
  void inline_cheap_nodes(const std::vector<bool>& stored);
  void read_before_rectifying();
  bool is_read_after(NodeResult operand, std::size_t n) const;
  void inline_what_readers_can_compute(const std::vector<bool>& stored);
  std::vector<std::set<NodeResult>> full_operands() const;

  template <class IsComputed>
  std::optional<Cost> cost(std::size_t n, int most, const IsComputed& is_computed) const;
  template <class IsComputed>
  bool add_cost(std::size_t n, int most, const IsComputed& is_computed, Cost& cost) const;

  /// The results a node reads once what is inlined is looked through.
  void operands(std::size_t n, std::set<NodeResult>& found) const;
  std::set<NodeResult> operands(std::size_t n) const;
  bool is_tight(std::size_t n, std::size_t p) const;
  bool ends_chain(std::size_t p) const;
  bool is_full(NodeResult operand, const Shape& space) const;

  void form();
  void set_level(std::size_t n);
  void join(std::size_t a, std::size_t b);
  void join_producers(std::size_t n);
  void join_siblings();

  const Graph& graph_;
  const FuseOptions& options_;
  std::vector<std::vector<std::vector<std::int32_t>>> readers_;
  std::vector<const Shape*> space_;  ///< of nodes that can be fused
  std::vector<std::optional<FusedReduction>> reduction_;
  std::vector<bool> inlined_;
  std::vector<std::optional<std::vector<Value>>> replaced_inputs_;
  std::vector<int> level_;
  std::vector<std::size_t> parent_;
};

}  // namespace sloy
