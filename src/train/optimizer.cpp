#include <fmt/format.h>
#include <sloy/optimizers.h>
#include <sloy/scope.h>

#include <algorithm>
#include <array>

#include "graph/leaf.h"

namespace sloy {
namespace {

/// The scalar of that name. Its first value is this optimizer's, also where an earlier one had it.
VariableId scalar_variable(Variables& variables, std::string_view name, DType dtype,
                           double initial) {
  VariableId id = variables.find(name);
  if (id < 0) {
    id = variables.add({.name = std::string(name),
                        .type = {dtype, {}},
                        .role = Role::scalar,
                        .initial = {},
                        .trainable = false});
  }
  variables[id].initial = [initial](std::uint64_t) { return Tensor::scalar(initial); };
  return id;
}

/// The trainable parameters on which `loss` depends, in the order of the variables.
std::vector<VariableId> trainable_parameters(Value loss) {
  const Graph& graph = loss.graph();
  std::vector<bool> needed(static_cast<std::size_t>(loss.node()) + 1);
  needed.back() = true;
  std::vector<VariableId> found;
  for (std::size_t n = needed.size(); n-- > 0;) {
    if (!needed[n]) continue;
    const Node& node = graph.nodes()[n];
    for (Value input : node.inputs) needed[static_cast<std::size_t>(input.node())] = true;
    if (node.op != &variable_op) continue;
    const VariableId id = OpDefinition<VariableAttributes>::as(node.attributes).id;
    const Variable& variable = graph.variables()[id];
    if (variable.role == Role::parameter && variable.trainable) found.push_back(id);
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool has_update(const Graph& graph, VariableId id) {
  const auto& updates = graph.updates();
  return std::any_of(updates.begin(), updates.end(),
                     [&](const Graph::Update& update) { return update.variable == id; });
}

/// What can be trained, or why nothing can.
std::vector<VariableId> parameters_to_train(Value loss) {
  if (loss.rank() != 0) {
    throw ShapeError("a loss to minimize must be one number", {{"loss", to_string(loss.type())}},
                     "take its mean");
  }
  std::vector<VariableId> found = trainable_parameters(loss);
  if (found.empty()) {
    throw ConfigError("there is nothing to train: the loss depends on no trainable parameter", {},
                      "make a layer trainable, or check that the loss is of the model's output");
  }
  for (VariableId id : found) {
    if (!has_update(loss.graph(), id)) continue;
    throw ConfigError(
        fmt::format("{} has an update already", loss.graph().variables()[id].name), {},
        "minimize one loss a graph: add losses up, or build a graph for each optimizer");
  }
  return found;
}

/// "dense" of "dense/kernel".
std::string layer_of(std::string_view parameter) {
  const std::size_t end = parameter.rfind('/');
  return end == std::string_view::npos ? std::string{} : std::string(parameter.substr(0, end));
}

}  // namespace

Value OptimizerScope::learning_rate() const {
  return graph_.variable(graph_.variables().find(learning_rate_variable));
}

Value OptimizerScope::step_number() const {
  return cast(graph_.variable(graph_.variables().find(step_variable)), DType::float32) + 1.0;
}

Value OptimizerScope::slot(std::string_view name, const std::function<Value(Value)>& f) {
  Variables& variables = graph_.variables();
  const Variable& weight = variables[weight_];
  const std::string full = fmt::format("optimizer/{}/{}", weight.name, name);
  VariableId id = variables.find(full);
  if (id < 0) {
    id = variables.add({.name = full,
                        .type = weight.type,
                        .role = Role::slot,
                        .initial = {},
                        .trainable = false,
                        .follows = weight_});
  }
  Value updated;
  graph_.update(id, [&](Value old) { return updated = f(old); });
  return updated;
}

std::vector<Graph::Update> Optimizer::minimize(Value loss) const {
  Graph& graph = loss.graph();
  const std::vector<VariableId> ids = parameters_to_train(loss);
  std::vector<Value> parameters;
  for (VariableId id : ids) parameters.push_back(graph.variable(id));
  const std::vector<Value> gradients = gradient(loss, parameters);

  const Graph::Section phase(graph, Phase::update);
  Variables& variables = graph.variables();
  scalar_variable(variables, learning_rate_variable, DType::float32, learning_rate());
  const VariableId steps = scalar_variable(variables, step_variable, DType::int32, 0);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto layer = Graph::Section::at(graph, layer_of(variables[ids[i]].name));
    OptimizerScope scope(graph, ids[i]);
    graph.set_update(ids[i], step(scope, parameters[i], gradients[i]));
  }
  if (!has_update(graph, steps)) {
    const Value one = graph.constant(Tensor::scalar(std::int32_t{1}));
    graph.update(steps, [&](Value done) { return done + one; });
  }
  return graph.updates();
}

std::span<const TypeEntry<Optimizer>> optimizer_types() {
  static constexpr std::array types{type_entry<Optimizer, SGD>(), type_entry<Optimizer, Adam>()};
  return types;
}

Config to_config(const Optimizer& optimizer) {
  return detail::described_config(optimizer.held_->type(), optimizer.held_->fields());
}

Optimizer optimizer_from_config(const Config& config,
                                std::span<const TypeEntry<Optimizer>> custom) {
  return make_described<Optimizer>(config, "optimizer", {optimizer_types(), custom});
}

void from_config(const Config& config, Optimizer& optimizer) {
  optimizer = optimizer_from_config(config);
}

}  // namespace sloy
