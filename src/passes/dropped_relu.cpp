#include "passes/dropped_relu.h"

#include <sloy/ops.h>

#include <algorithm>

#include "graph/leaf.h"
#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "passes/rewrite.h"

namespace sloy {
namespace {

class Reader {
 public:
  explicit Reader(const Graph& graph) : graph_(graph), rewrite_(graph), uses_(graph) {}

  std::unique_ptr<Graph> run() {
    return rewrite_live(rewrite_, uses_, [this](std::int32_t n) { rewrite(n); });
  }

 private:
  /// The masks of where(relu > 0, where(kept, d, 0) · s, 0).
  struct Masks {
    Value relu, kept;
    Value slope;  ///< d
    Value scale;  ///< s
  };

  const Node& node(std::int32_t n) const { return graph_.nodes()[static_cast<std::size_t>(n)]; }
  bool is_zero(Value value) const {
    const auto number = uniform_constant_of(graph_, value);
    return number && *number == 0;
  }
  bool is_positive(Value value) const {
    const auto number = uniform_constant_of(graph_, value);
    return number && *number > 0;
  }
  /// The node behind the value where it is of that op and, for a `where`, gives 0 elsewhere.
  const Node* found(Value value, const Op& op) const {
    const Node& node = graph_.node(value);
    return node.op == &op && (&op != &where_op || is_zero(node.inputs[2])) ? &node : nullptr;
  }

  std::optional<Masks> masks_of(const Node& node) const {
    if (node.op != &where_op || !is_zero(node.inputs[2])) return {};
    const Node* positive = found(node.inputs[0], greater_op);
    const Node* scaled = found(node.inputs[1], multiply_op);
    if (!positive || !is_zero(positive->inputs[1]) || !scaled || !is_positive(scaled->inputs[1])) {
      return {};
    }
    const Node* kept = found(scaled->inputs[0], where_op);
    if (!kept || !found(positive->inputs[0], rectify_op)) return {};
    return Masks{positive->inputs[0], kept->inputs[0], kept->inputs[1], scaled->inputs[1]};
  }

  /// What dropout made of the ReLU's result, where it is kept in memory; else null.
  Value dropout_of(const Masks& masks) const {
    for (std::int32_t n : uses_.readers(masks.kept)) {
      const Node& dropout = node(n);
      const Value y{const_cast<Graph*>(&graph_), n, 0};
      if (!found(y, where_op)) continue;
      const Node* scaled = found(dropout.inputs[1], multiply_op);
      if (dropout.inputs[0] == masks.kept && scaled && scaled->inputs[0] == masks.relu &&
          is_positive(scaled->inputs[1]) && y.type() == masks.slope.type() && is_stored(y)) {
        return y;
      }
    }
    return {};
  }
  /// Whether something reads it that fusion does not join with it.
  bool is_stored(Value y) const {
    return std::ranges::any_of(uses_.readers(y), [&](std::int32_t n) {
      const Op* op = node(n).op;
      return op->kind() != Kind::element_wise && op != &sum_op && op != &max_op;
    });
  }

  void rewrite(std::int32_t n) {
    const auto masks = masks_of(node(n));
    const Value y = masks ? dropout_of(*masks) : Value{};
    if (!y) return rewrite_.copy(n);
    Graph::Section path = Graph::Section::at(rewrite_.to(), node(n).path);
    Graph::Section phase(rewrite_.to(), node(n).phase);
    const Value zero = rewrite_(node(n).inputs[2]);
    const Value slope = multiply(rewrite_(masks->slope), rewrite_(masks->scale));
    rewrite_.map({const_cast<Graph*>(&graph_), n, 0},
                 where(greater(rewrite_(y), zero), slope, zero));
  }

  const Graph& graph_;
  Rewrite rewrite_;
  Uses uses_;
};

}  // namespace

std::unique_ptr<Graph> read_masks_off_dropout(const Graph& graph) { return Reader(graph).run(); }

}  // namespace sloy
