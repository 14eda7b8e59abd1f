#include "passes/bind.h"

#include <sloy/op.h>

#include "graph/leaf.h"

namespace sloy {
namespace {

std::vector<bool> needed_nodes(const Graph& graph, std::span<const Value> outputs,
                               std::span<const Graph::Update> updates) {
  std::vector<bool> needed(graph.nodes().size(), false);
  for (Value output : outputs) needed[static_cast<std::size_t>(output.node())] = true;
  for (const Graph::Update& update : updates) {
    needed[static_cast<std::size_t>(update.value.node())] = true;
  }
  for (std::size_t n = needed.size(); n-- > 0;) {
    if (!needed[n]) continue;
    for (Value input : graph.nodes()[n].inputs) {
      needed[static_cast<std::size_t>(input.node())] = true;
    }
  }
  return needed;
}

}  // namespace

std::unique_ptr<Graph> bind_batch(const Graph& graph, std::span<const Value> outputs,
                                  std::span<const Graph::Update> updates, std::int64_t batch_size) {
  auto bound = std::make_unique<Graph>(graph.shared_variables());
  std::vector<std::vector<Value>> now(graph.nodes().size());
  auto mapped = [&](Value value) {
    return now[static_cast<std::size_t>(value.node())][static_cast<std::size_t>(value.result())];
  };
  for (Value input : graph.inputs()) {
    const auto& attributes = OpDefinition<InputAttributes>::as(graph.node(input).attributes);
    Type type{attributes.dtype,
              batch_size < 0 ? attributes.shape : attributes.shape.bind(batch_size)};
    now[static_cast<std::size_t>(input.node())] = {bound->input(attributes.name, type)};
  }
  std::vector<bool> needed = needed_nodes(graph, outputs, updates);
  for (std::size_t n = 0; n < graph.nodes().size(); ++n) {
    const Node& node = graph.nodes()[n];
    if (!needed[n] || node.op == &input_op) continue;
    if (node.op == &variable_op) {
      now[n] = {bound->variable(OpDefinition<VariableAttributes>::as(node.attributes).id)};
      continue;
    }
    std::vector<Value> inputs;
    for (Value input : node.inputs) inputs.push_back(mapped(input));
    auto section = Graph::Section::at(*bound, node.path);
    Graph::Section phase(*bound, node.phase);
    now[n] = bound->apply(
        *node.op, batch_size < 0 ? node.attributes : node.op->bind(node.attributes, batch_size),
        std::move(inputs));
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    bound->output(std::to_string(i), mapped(outputs[i]));
  }
  for (const Graph::Update& update : updates) {
    bound->set_update(update.variable, mapped(update.value));
  }
  return bound;
}

}  // namespace sloy
