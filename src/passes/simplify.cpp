#include "passes/simplify.h"

#include <sloy/op.h>

#include <map>

#include "graph/interpreter.h"
#include "graph/leaf.h"
#include "passes/rewrite.h"

namespace sloy {
namespace {

/// A constant larger than this is left to be computed: it would cost more memory than time.
constexpr std::int64_t largest_constant = 4096;

class Simplifier {
 public:
  explicit Simplifier(const Graph& graph) : graph_(graph), rewrite_(graph) {}

  std::unique_ptr<Graph> run() {
    std::vector<bool> live = live_nodes(graph_);
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      if (live[n]) simplify(static_cast<std::int32_t>(n), graph_.nodes()[n]);
    }
    return rewrite_.finish();
  }

 private:
  Value old_value(std::int32_t node, std::int32_t result = 0) const {
    return {const_cast<Graph*>(&graph_), node, result};
  }

  void simplify(std::int32_t index, const Node& node) {
    if (node.op == &input_op || node.op == &variable_op) return rewrite_.copy(index);
    std::vector<Value> inputs;
    for (Value input : node.inputs) inputs.push_back(rewrite_(input));
    drop_broadcasts(node, inputs);
    if (Value same = unchanged(node, inputs)) return rewrite_.map(old_value(index), same);
    if (Value known = folded(node, inputs)) return rewrite_.map(old_value(index), known);
    std::int32_t made = merged(node, inputs);
    for (std::int32_t r = 0; r < static_cast<std::int32_t>(node.results.size()); ++r) {
      rewrite_.map(old_value(index, r), {&rewrite_.to(), made, r});
    }
  }

  const Node& now(Value value) { return rewrite_.to().node(value); }
  bool is_op(Value value, std::string_view name) { return now(value).op->name() == name; }

  /// An element-wise op broadcasts by itself: it may read what was broadcast for it, where another
  /// operand keeps the shape of the result.
  void drop_broadcasts(const Node& node, std::vector<Value>& inputs) {
    if (node.op->kind() != Kind::element_wise || inputs.size() < 2) return;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!is_op(inputs[i], "broadcast_to")) continue;
      std::vector<Value> shorter = inputs;
      shorter[i] = now(inputs[i]).inputs[0];
      std::vector<Type> types;
      for (Value input : shorter) types.push_back(input.type());
      if (node.op->infer(node.attributes, Operands(types))[0] == node.results[0].type) {
        inputs = std::move(shorter);
      }
    }
  }

  bool is_constant(Value value, double number) {
    auto constant = uniform_constant_of(rewrite_.to(), value);
    return constant && *constant == number;
  }

  /// The input that is already the node's result, or null.
  Value unchanged(const Node& node, const std::vector<Value>& inputs) {
    if (inputs.empty()) return {};
    std::string_view op = node.op->name();
    const Type& type = node.results[0].type;
    auto same = [&](Value value) { return value.type() == type ? value : Value{}; };
    if (op == "stop_gradient") return inputs[0];
    if (op == "reshape" || op == "broadcast_to" || op == "cast") return same(inputs[0]);
    if (op == "multiply") {
      if (is_constant(inputs[1], 1)) return same(inputs[0]);
      if (is_constant(inputs[0], 1)) return same(inputs[1]);
    }
    if (op == "divide" && is_constant(inputs[1], 1)) return same(inputs[0]);
    if (op == "add") {
      if (is_constant(inputs[1], 0)) return same(inputs[0]);
      if (is_constant(inputs[0], 0)) return same(inputs[1]);
    }
    if (op == "subtract" && is_constant(inputs[1], 0)) return same(inputs[0]);
    return {};
  }

  /// The node as a constant, where all it reads is constant and it is small.
  Value folded(const Node& node, const std::vector<Value>& inputs) {
    if (node.results.size() != 1 || node.op == &constant_op) return {};
    const Type& type = node.results[0].type;
    if (type.shape.size() > largest_constant) return {};
    Graph alone;
    std::vector<Value> constants;
    for (Value input : inputs) {
      const Tensor* tensor = constant_of(rewrite_.to(), input);
      if (!tensor) return {};
      constants.push_back(alone.constant(*tensor));
    }
    alone.output("value", alone.apply(*node.op, node.attributes, constants)[0]);
    auto none = [](VariableId) { return Tensor(); };
    Tensor value = interpret(alone, {}, none, NumericPrecision::float64).outputs[0];
    return constant(std::move(value));
  }

  Value constant(Tensor value) {
    Node node{.op = &constant_op,
              .attributes = OpDefinition<ConstantAttributes>::box({std::move(value)}),
              .inputs = {},
              .results = {},
              .path = {},
              .phase = {}};
    node.results = {{node.op->infer(node.attributes, Operands({}))[0], nullptr}};
    return {&rewrite_.to(), merged(node, {}), 0};
  }

  /// A node that computes the same, or this one.
  std::int32_t merged(const Node& node, const std::vector<Value>& inputs) {
    std::vector<std::int64_t> key{reinterpret_cast<std::int64_t>(node.op)};
    for (Value input : inputs) {
      key.push_back(input.node());
      key.push_back(input.result());
    }
    auto& alike = made_[key];
    for (std::int32_t other : alike) {
      if (node.op->equal(rewrite_.to().node(other).attributes, node.attributes)) return other;
    }
    Node copy = node;
    copy.inputs = inputs;
    alike.push_back(rewrite_.to().append(std::move(copy)).node());
    return alike.back();
  }

  const Graph& graph_;
  Rewrite rewrite_;
  std::map<std::vector<std::int64_t>, std::vector<std::int32_t>> made_;
};

}  // namespace

std::unique_ptr<Graph> simplify(const Graph& graph) { return Simplifier(graph).run(); }

}  // namespace sloy
