#include <sloy/graph.h>
#include <sloy/op.h>
#include <sloy/ops.h>

#include <algorithm>

namespace sloy {
namespace {

std::size_t index(Value value) { return static_cast<std::size_t>(value.node()); }

/// Nodes on which one of `leaves` acts: only through these does a gradient flow.
std::vector<bool> reached_from(const Graph& graph, std::span<const Value> leaves, std::size_t end) {
  std::vector<bool> reached(end, false);
  for (Value leaf : leaves) reached[index(leaf)] = true;
  for (std::size_t n = 0; n < end; ++n) {
    for (Value input : graph.nodes()[n].inputs) {
      if (reached[index(input)]) reached[n] = true;
    }
  }
  return reached;
}

/// Gradients gathered so far, for every result of every node.
class Gradients {
 public:
  explicit Gradients(std::size_t nodes) : of_(nodes) {}

  void add(Value value, Value gradient) {
    auto& list = of_[index(value)];
    auto result = static_cast<std::size_t>(value.result());
    if (list.size() <= result) list.resize(result + 1);
    list[result] = list[result] ? list[result] + gradient : gradient;
  }
  /// One entry a result of the node; null where nothing depends on that result.
  std::vector<Value> of_node(const Graph& graph, std::size_t node) const {
    std::vector<Value> list = of_[node];
    list.resize(graph.nodes()[node].results.size());
    return list;
  }
  Value of(Value value) const {
    const auto& list = of_[index(value)];
    auto result = static_cast<std::size_t>(value.result());
    return result < list.size() ? list[result] : Value{};
  }

 private:
  std::vector<std::vector<Value>> of_;
};

void backward(Graph& graph, std::size_t n, const std::vector<bool>& reached, Gradients& gradients) {
  std::vector<Value> output_gradients = gradients.of_node(graph, n);
  auto known = [](Value gradient) { return static_cast<bool>(gradient); };
  if (!reached[n] || std::none_of(output_gradients.begin(), output_gradients.end(), known)) return;

  const Node node = graph.nodes()[n];  // a copy: rules append nodes, which moves the list
  if (node.inputs.empty()) return;
  std::vector<bool> needed;
  for (Value input : node.inputs) needed.push_back(reached[index(input)]);
  if (!node.op->differentiable()) {
    throw ConfigError(std::string(node.op->name()) + " has no gradient",
                      {{"layer", node.path}, {"result", to_string(node.results[0].type)}},
                      "put stop_gradient around it, or use an op that has one");
  }
  std::vector<Value> outputs;
  for (std::size_t r = 0; r < node.results.size(); ++r) {
    outputs.emplace_back(&graph, static_cast<std::int32_t>(n), static_cast<std::int32_t>(r));
  }
  auto section = Graph::Section::at(graph, node.path);
  std::vector<Value> input_gradients =
      node.op->gradient(node.attributes, Backward(node.inputs, outputs, output_gradients, needed));
  assert(input_gradients.size() == node.inputs.size());
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (!needed[i] || !input_gradients[i]) continue;
    assert(input_gradients[i].shape() == node.inputs[i].shape());
    gradients.add(node.inputs[i], input_gradients[i]);
  }
}

}  // namespace

std::vector<Value> gradient(Value of, std::span<const Value> with_respect_to) {
  Graph& graph = of.graph();
  for (Value leaf : with_respect_to) {
    if (&leaf.graph() == &graph) continue;
    throw ConfigError("gradient: values of two graphs are mixed",
                      {{"of", to_string(of.type())}, {"with respect to", to_string(leaf.type())}},
                      "differentiate by values of the graph that computes what is differentiated");
  }
  Graph::Section phase(graph, Phase::backward);
  std::size_t end = index(of) + 1;
  for (Value leaf : with_respect_to) end = std::max(end, index(leaf) + 1);
  std::vector<bool> reached = reached_from(graph, with_respect_to, end);

  Gradients gradients(end);
  gradients.add(of, broadcast_to(graph.constant(1.0), of.shape()));
  for (std::size_t n = end; n-- > 0;) backward(graph, n, reached, gradients);

  std::vector<Value> results;
  for (Value leaf : with_respect_to) {
    Value found = gradients.of(leaf);
    results.push_back(found ? found : broadcast_to(graph.constant(0.0), leaf.shape()));
  }
  return results;
}

}  // namespace sloy
