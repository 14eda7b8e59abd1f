#include <fmt/format.h>
#include <sloy/optimizers.h>
#include <sloy/scope.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "graph/leaf.h"

namespace sloy {
namespace {

VariableId scalar_variable(Graph& graph, std::string_view name, DType dtype, double initial) {
  Variables& variables = graph.variables();
  const VariableId found = variables.find(name);
  if (found >= 0) return found;
  return variables.add(
      {.name = std::string(name),
       .type = {dtype, {}},
       .role = Role::scalar,
       .initial = [dtype, initial](std::uint64_t) { return Tensor::scalar(initial).cast(dtype); },
       .trainable = false});
}

/// The trainable parameters that the graph reads, in the order of the variables.
std::vector<VariableId> trainable_parameters(const Graph& graph) {
  std::vector<VariableId> found;
  for (const Node& node : graph.nodes()) {
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

/// "dense" of "dense/kernel".
std::string layer_of(std::string_view weight) {
  return std::string(weight.substr(0, std::min(weight.rfind('/'), weight.size())));
}

/// 1 − βᵗ, exact also where βᵗ is near 1.
Value bias_correction(double beta, Value t) { return -expm1(t * std::log(beta)); }

}  // namespace

Value OptimizerScope::learning_rate() const {
  return graph_.variable(graph_.variables().find(learning_rate_variable));
}

Value OptimizerScope::step_number() const {
  const Value done = graph_.variable(graph_.variables().find(step_variable));
  return cast(done, DType::float32) + 1.0;
}

Value OptimizerScope::slot(std::string_view name, const std::function<Value(Value)>& f) {
  Variables& variables = graph_.variables();
  const std::string full = fmt::format("optimizer/{}/{}", variables[weight_].name, name);
  VariableId id = variables.find(full);
  if (id < 0) {
    id = variables.add({.name = full,
                        .type = variables[weight_].type,
                        .role = Role::slot,
                        .initial = {},
                        .trainable = false,
                        .follows = weight_});
  }
  const Value updated = f(graph_.variable(id));
  graph_.update(id, [&](Value) { return updated; });
  return updated;
}

Value SGD::step(OptimizerScope& scope, Value weight, Value gradient) const {
  const Value change = -(scope.learning_rate() * gradient);
  if (momentum == 0) return weight + change;
  const Value velocity = scope.slot("momentum", [&](Value old) { return momentum * old + change; });
  return nesterov ? weight + (momentum * velocity + change) : weight + velocity;
}

Value Adam::step(OptimizerScope& scope, Value weight, Value gradient) const {
  const Value m =
      scope.slot("momentum", [&](Value old) { return beta_1 * old + (1.0 - beta_1) * gradient; });
  const Value v = scope.slot(
      "velocity", [&](Value old) { return beta_2 * old + (1.0 - beta_2) * square(gradient); });
  const Value t = scope.step_number();
  const Value correction_1 = bias_correction(beta_1, t);
  const Value correction_2 = bias_correction(beta_2, t);
  const Value rate = scope.learning_rate();
  switch (epsilon_place) {
    case EpsilonPlace::uncorrected:
      return weight -
             rate * sqrt(correction_2) / correction_1 * m / (sqrt(v) + epsilon.value_or(1e-7));
    case EpsilonPlace::outside_root:
      return weight - rate / correction_1 * m / (sqrt(v / correction_2) + epsilon.value_or(1e-7));
    case EpsilonPlace::inside_root:
      return weight - rate / correction_1 * m / sqrt(v / correction_2 + epsilon.value_or(1e-14));
  }
  return weight;
}

std::vector<Graph::Update> SGD::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}
std::vector<Graph::Update> Adam::minimize(Value loss) const {
  return Optimizer(*this).minimize(loss);
}

std::vector<Graph::Update> Optimizer::minimize(Value loss) const {
  Graph& graph = loss.graph();
  const std::vector<VariableId> weights = trainable_parameters(graph);
  if (weights.empty()) {
    throw ConfigError("there is nothing to train: the loss depends on no trainable weight");
  }
  std::vector<Value> values;
  for (VariableId id : weights) values.push_back(graph.variable(id));
  const std::vector<Value> gradients = gradient(loss, values);

  const Graph::Section update(graph, Phase::update);
  scalar_variable(graph, learning_rate_variable, DType::float32, learning_rate());
  const VariableId step_id = scalar_variable(graph, step_variable, DType::int32, 0);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto section = Graph::Section::at(graph, layer_of(graph.variables()[weights[i]].name));
    OptimizerScope scope(graph, weights[i]);
    const Value after = step(scope, values[i], gradients[i]);
    graph.update(weights[i], [&](Value) { return after; });
  }
  if (!has_update(graph, step_id)) {
    const Value one = graph.constant(Tensor::scalar(std::int32_t{1}));
    graph.update(step_id, [&](Value done) { return done + one; });
  }
  return graph.updates();
}

std::span<const TypeEntry<Optimizer>> optimizer_types() {
  static constexpr std::array table{type_entry<Optimizer, SGD>(), type_entry<Optimizer, Adam>()};
  return table;
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
