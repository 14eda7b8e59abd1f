#include <fmt/format.h>
#include <sloy/optimizers.h>
#include <sloy/scope.h>

#include <algorithm>
#include <array>

#include "base/arguments.h"
#include "graph/leaf.h"
#include "nn/custom_types.h"
#include "train/optimizer_options.h"

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

/// Its update so far, or an empty value.
Value update_of(const Graph& graph, VariableId id) {
  for (const Graph::Update& update : graph.updates()) {
    if (update.variable == id) return update.value;
  }
  return {};
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
    if (!update_of(loss.graph(), id)) continue;
    throw ConfigError(
        fmt::format("{} has an update already", loss.graph().variables()[id].name), {},
        "minimize one loss a graph: add losses up, or build a graph for each optimizer");
  }
  return found;
}

std::vector<Value> gradients_of(Value loss, std::span<const VariableId> ids) {
  std::vector<Value> parameters;
  for (VariableId id : ids) parameters.push_back(loss.graph().variable(id));
  return gradient(loss, parameters);
}

constexpr std::string_view gradient_sum = "gradient_sum";

/// The mean of this gradient and those accumulated, which begin anew at 0.
Value take_accumulated(Graph& graph, VariableId id, Value gradient,
                       const OptimizerOptions& options) {
  Value sum;
  OptimizerScope(graph, id).slot(gradient_sum, [&](Value old) {
    sum = old;
    return broadcast_to(graph.constant(0.0), old.shape());
  });
  return (sum + gradient) / options.gradient_accumulation_steps;
}

/// One more, where nothing in the graph counts it yet.
void count_step(Graph& graph, VariableId steps) {
  if (update_of(graph, steps)) return;
  const Value one = graph.constant(Tensor::scalar(std::int32_t{1}));
  graph.update(steps, [&](Value done) { return done + one; });
}

/// First values that are all one number; absent where that is 0.
std::function<Tensor(std::uint64_t)> filled_with(double value, const Shape& shape) {
  if (value == 0) return {};
  return [value, shape](std::uint64_t) {
    Tensor filled(DType::float64, shape);
    for (double& number : filled.mutable_values<double>()) number = value;
    return filled;
  };
}

/// "dense" of "dense/kernel".
std::string layer_of(std::string_view parameter) {
  const std::size_t end = parameter.rfind('/');
  return end == std::string_view::npos ? std::string{} : std::string(parameter.substr(0, end));
}

}  // namespace

OptimizerScope::OptimizerScope(Graph& graph, VariableId weight, const OptimizerOptions& options)
    : graph_(graph), weight_(weight), accumulation_steps_(options.gradient_accumulation_steps) {
  const std::string& name = graph.variables()[weight].name;
  multiplier_ = multiplier_of(options, name);
  decays_ = sloy::decays(options, name);
}

Value OptimizerScope::learning_rate() const {
  const Value rate = graph_.variable(graph_.variables().find(learning_rate_variable));
  return multiplier_ == 1 ? rate : rate * multiplier_;
}

Value OptimizerScope::step_number() const {
  const Value steps = cast(graph_.variable(graph_.variables().find(step_variable)), DType::float32);
  if (accumulation_steps_ == 1) return steps + 1.0;
  return floor(steps / accumulation_steps_) + 1.0;
}

Value OptimizerScope::slot(std::string_view name, const std::function<Value(Value)>& f,
                           double initial) {
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
  // Like the learning rate's, the first value is that of the last optimizer.
  variables[id].initial = filled_with(initial, variables[id].type.shape);
  Value updated;
  graph_.update(id, [&](Value old) { return updated = f(old); });
  return updated;
}

Value OptimizerScope::shared_slot(std::string_view name, const std::function<Value(Value)>& f,
                                  double initial) {
  Variables& variables = graph_.variables();
  const std::string full = fmt::format("optimizer/{}", name);
  VariableId id = variables.find(full);
  if (id < 0) {
    id = variables.add({.name = full,
                        .type = {DType::float32, {}},
                        .role = Role::slot,
                        .initial = {},
                        .trainable = false});
  }
  variables[id].initial = filled_with(initial, {});
  if (const Value updated = update_of(graph_, id)) return updated;
  graph_.update(id, f);
  return update_of(graph_, id);
}

void Optimizer::check(const Graph& graph, std::span<const VariableId> weights) const {
  const LearningRate rate = learning_rate();
  const double first = rate.at(0);
  require_number(first >= 0,
                 rate.is_schedule() ? "the schedule's first rate" : "the optimizer's learning_rate",
                 first, "of 0 or more");
  check_ranges(options_);
  std::vector<std::string_view> names;
  for (VariableId id : weights) names.push_back(graph.variables()[id].name);
  check_names(options_, names);
  if (options_.weight_decay && held_->decays_itself()) {
    throw ConfigError(fmt::format("{} has a weight_decay of its own", type()), {},
                      fmt::format("write {}{{.weight_decay = {}}}, not the option", type(),
                                  *options_.weight_decay));
  }
}

std::vector<Graph::Update> Optimizer::minimize(Value loss) const {
  Graph& graph = loss.graph();
  const std::vector<VariableId> ids = parameters_to_train(loss);
  check(graph, ids);
  std::vector<Value> gradients = gradients_of(loss, ids);

  const Graph::Section phase(graph, Phase::update);
  Variables& variables = graph.variables();
  const LearningRate rate = learning_rate();
  const VariableId rate_id =
      scalar_variable(variables, learning_rate_variable, DType::float32, rate.at(0));
  const VariableId steps = scalar_variable(variables, step_variable, DType::int32, 0);
  if (options_.gradient_accumulation_steps > 1) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      gradients[i] = take_accumulated(graph, ids[i], gradients[i], options_);
    }
  }
  gradients = clipped(options_, std::move(gradients));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto layer = Graph::Section::at(graph, layer_of(variables[ids[i]].name));
    OptimizerScope scope(graph, ids[i], options_);
    graph.set_update(ids[i], updated(scope, ids[i], gradients[i]));
  }
  if (rate.is_schedule()) {
    const Graph::Section section(graph, learning_rate_variable);
    const Value done = OptimizerScope(graph, ids.front(), options_).step_number();
    graph.set_update(rate_id, rate.call(done));
  }
  count_step(graph, steps);
  return graph.updates();
}

Value Optimizer::updated(OptimizerScope& scope, VariableId id, Value gradient) const {
  const Value weight = scope.graph().variable(id);
  Value start = weight;
  if (options_.weight_decay && scope.decays()) {
    const double decay = *options_.weight_decay;
    if (options_.weight_decay_form == WeightDecayForm::coupled) {
      gradient = gradient + decay * weight;
    } else {
      start = weight - scope.learning_rate() * decay * weight;
    }
  }
  Value result = step(scope, start, gradient);
  if (result.type() != weight.type()) {
    const std::string& name = scope.graph().variables()[id].name;
    throw ShapeError(fmt::format("{} gives {} another type", type(), name),
                     {{"weight", to_string(weight.type())}, {"it gives", to_string(result.type())}},
                     "return the weight after the step, in its shape");
  }
  const auto& after_update = scope.graph().variables()[id].after_update;
  if (after_update) result = after_update(result, scope.learning_rate());
  return averaged(options_, scope, result);
}

std::vector<Graph::Update> Optimizer::accumulate(Value loss) const {
  Graph& graph = loss.graph();
  const std::vector<VariableId> ids = parameters_to_train(loss);
  check(graph, ids);
  const std::vector<Value> gradients = gradients_of(loss, ids);
  const Graph::Section phase(graph, Phase::update);
  const VariableId steps = scalar_variable(graph.variables(), step_variable, DType::int32, 0);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    OptimizerScope(graph, ids[i]).slot(gradient_sum, [&](Value sum) { return sum + gradients[i]; });
  }
  count_step(graph, steps);
  return graph.updates();
}

std::span<const TypeEntry<Optimizer>> optimizer_types() {
  static constexpr std::array types{
      type_entry<Optimizer, SGD>(),     type_entry<Optimizer, RMSprop>(),
      type_entry<Optimizer, Adagrad>(), type_entry<Optimizer, Adadelta>(),
      type_entry<Optimizer, Adam>(),    type_entry<Optimizer, AdamW>(),
      type_entry<Optimizer, Adamax>(),  type_entry<Optimizer, Nadam>(),
      type_entry<Optimizer, Lion>(),    type_entry<Optimizer, Lamb>(),
      type_entry<Optimizer, Lars>()};
  return types;
}

Config to_config(const Optimizer& optimizer) {
  Config::Map fields = optimizer.held_->fields().as_map();
  const Config defaults = to_config(OptimizerOptions{});
  for (auto& [key, value] : to_config(optimizer.options_).as_map()) {
    if (value != defaults.at(key)) fields.emplace_back(key, value);
  }
  return detail::described_config(optimizer.held_->type(), std::move(fields));
}

Optimizer optimizer_from_config(const Config& config,
                                std::span<const TypeEntry<Optimizer>> custom) {
  OptimizerOptions options;
  const Optimizer rule =
      make_with_options<Optimizer>(config, "optimizer", {optimizer_types(), custom}, options);
  return {rule, std::move(options)};
}

void from_config(const Config& config, Optimizer& optimizer) {
  optimizer = optimizer_from_config(config, CustomTypesInUse::current().optimizers);
}

}  // namespace sloy
