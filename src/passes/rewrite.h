/// Rewriting: how passes turn one graph into the next.
#pragma once

#include <memory>
#include <vector>

#include <sloy/graph.h>

namespace sloy {

/// A new graph grown from an old one. Feeds keep their order and number, whether used or not.
class Rewrite {
 public:
  explicit Rewrite(const Graph& from);

  const Graph& from() const { return from_; }
  Graph& to() { return *to_; }
  const Graph& to() const { return *to_; }

  /// What stands for an old value in the new graph. REQUIRES: mapped.
  Value operator()(Value old) const;
  bool is_mapped(Value old) const;
  void map(Value old, Value now);

  /// The node with its inputs mapped, types and attributes kept; maps its results.
  void copy(std::int32_t node);

  /// Maps outputs and updates and hands the graph over.
  std::unique_ptr<Graph> finish();

 private:
  const Graph& from_;
  std::unique_ptr<Graph> to_;
  std::vector<std::vector<Value>> now_;
};

/// For each node, whether an output or an update needs it.
std::vector<bool> live_nodes(const Graph& graph);
/// For each node and result, the nodes that read it (a node that reads it twice stands there
/// twice).
std::vector<std::vector<std::vector<std::int32_t>>> readers(const Graph& graph);

/// Who reads what, of the nodes that an output or an update needs.
class Uses {
 public:
  explicit Uses(const Graph& graph);

  bool is_live(std::size_t node) const { return live_[node]; }
  /// The live nodes that read the value (one that reads it twice stands there twice).
  const std::vector<std::int32_t>& readers(Value value) const;
  /// Whether it is an output or an update.
  bool is_kept(Value value) const;

 private:
  const Graph& graph_;
  std::vector<bool> live_;
  std::vector<std::vector<std::vector<std::int32_t>>> readers_;
};

/// Calls body(node) for every live node in order, which maps its results; then finishes.
template <class Body>
std::unique_ptr<Graph> rewrite_live(Rewrite& rewrite, const Uses& uses, const Body& body) {
  for (std::size_t n = 0; n < rewrite.from().nodes().size(); ++n) {
    if (uses.is_live(n)) body(static_cast<std::int32_t>(n));
  }
  return rewrite.finish();
}

}  // namespace sloy
