#include "passes/pooled_relu.h"

#include <sloy/ops.h>

#include <algorithm>
#include <optional>

#include "graph/leaf.h"
#include "ops/pool.h"
#include "passes/rewrite.h"

namespace sloy {
namespace {

class Mover {
 public:
  explicit Mover(const Graph& graph) : graph_(graph), rewrite_(graph), uses_(graph) {}

  std::unique_ptr<Graph> run() {
    return rewrite_live(rewrite_, uses_, [this](std::int32_t n) { move(n); });
  }

 private:
  /// A mask of a pool's gradient: where(y > 0, max_pool_gradient(d, indices of max_pool(y)), 0).
  struct Masked {
    Value gradient;  ///< the max_pool_gradient
    Value pool;      ///< values of the pool
  };

  const Node& node(std::int32_t n) const { return graph_.nodes()[static_cast<std::size_t>(n)]; }
  bool is_op(Value value, std::string_view name) const {
    return graph_.node(value).op->name() == name;
  }
  bool is_zero(Value value) const {
    const auto number = uniform_constant_of(graph_, value);
    return number && *number == 0;
  }
  Value value(std::int32_t n, std::int32_t result = 0) const {
    return {const_cast<Graph*>(&graph_), n, result};
  }

  std::optional<Masked> masked(std::int32_t n) const {
    if (node(n).op->name() != "where") return {};
    const std::vector<Value>& in = node(n).inputs;
    if (!is_op(in[0], "greater") || !is_op(in[1], "max_pool_gradient") || !is_zero(in[2])) {
      return {};
    }
    const std::vector<Value>& compared = graph_.node(in[0]).inputs;
    const Value indices = graph_.node(in[1]).inputs[1];
    if (!is_zero(compared[1]) || !is_op(indices, "max_pool") || indices.result() != 1 ||
        graph_.node(indices).inputs[0] != compared[0] || in[1].shape() != compared[0].shape()) {
      return {};
    }
    return Masked{in[1], value(indices.node())};
  }

  /// Whether the pool's input is a ReLU's result that no other node needs once masks have moved.
  bool can_pool_first(std::int32_t pool) const {
    const Value y = node(pool).inputs[0];
    if (!is_op(y, "rectify") || uses_.is_kept(y)) return false;
    return std::ranges::all_of(uses_.readers(y), [&](std::int32_t reader) {
      if (reader == pool) return true;
      if (node(reader).op->name() != "greater" || uses_.is_kept(value(reader))) return false;
      return std::ranges::all_of(uses_.readers(value(reader)), [&](std::int32_t user) {
        const auto mask = masked(user);
        return mask && mask->pool.node() == pool && node(user).inputs[0].node() == reader;
      });
    });
  }
  void move(std::int32_t n) {
    if (node(n).op->name() == "max_pool" && can_pool_first(n)) {
      const Value z = rewrite_(graph_.node(node(n).inputs[0]).inputs[0]);
      const std::vector<Value> pooled = apply(n, {z});
      rewrite_.map(value(n, 0), apply(node(n).inputs[0].node(), {pooled[0]})[0]);
      rewrite_.map(value(n, 1), pooled[1]);
    } else if (const auto mask = masked(n)) {
      const Node& scatter = graph_.node(mask->gradient);
      const Value greater =
          apply(node(n).inputs[0].node(), {rewrite_(mask->pool), rewrite_(zero_of(n))})[0];
      const Value kept =
          apply(n, {greater, rewrite_(scatter.inputs[0]), rewrite_(node(n).inputs[2])})[0];
      rewrite_.map(value(n), apply(mask->gradient.node(), {kept, rewrite_(scatter.inputs[1])})[0]);
    } else {
      rewrite_.copy(n);
    }
  }
  Value zero_of(std::int32_t where) const { return graph_.node(node(where).inputs[0]).inputs[1]; }

  /// The old node's op on other operands.
  std::vector<Value> apply(std::int32_t old, const std::vector<Value>& inputs) {
    Node made = node(old);
    made.inputs = inputs;
    std::vector<Type> types;
    for (Value input : inputs) types.push_back(input.type());
    made.results.clear();
    for (Type& type : made.op->infer(made.attributes, Operands(types))) {
      made.results.push_back({std::move(type), nullptr});
    }
    const Value first = rewrite_.to().append(std::move(made));
    std::vector<Value> results;
    for (std::size_t r = 0; r < rewrite_.to().node(first).results.size(); ++r) {
      results.push_back({&rewrite_.to(), first.node(), static_cast<std::int32_t>(r)});
    }
    return results;
  }

  const Graph& graph_;
  Rewrite rewrite_;
  Uses uses_;
};

}  // namespace

std::unique_ptr<Graph> move_relu_behind_pools(const Graph& graph) { return Mover(graph).run(); }

}  // namespace sloy
