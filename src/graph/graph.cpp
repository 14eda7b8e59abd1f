#include <sloy/graph.h>
#include <sloy/op.h>

#include "graph/form.h"
#include "graph/leaf.h"

namespace sloy {

const Type& Value::type() const {
  return graph().node(*this).results[static_cast<std::size_t>(result_)].type;
}

void Value::refuse_empty() {
  throw ConfigError("a value is used that was never given one", {},
                    "make it by an op, or by input, variable or constant of a Graph");
}

Variables::Variables() : form_(std::make_unique<StateForm>()) {}
Variables::~Variables() = default;

VariableId Variables::add(Variable variable) {
  if (find(variable.name) >= 0) {
    throw ConfigError("two variables are named " + variable.name, {},
                      "give one of their layers another name");
  }
  if (variable.type.shape.is_symbolic()) {
    throw ShapeError("the variable " + variable.name + " can't depend on the batch size",
                     {{"shape", to_string(variable.type.shape)}});
  }
  if (variable.follows < -1 || variable.follows >= size()) {
    throw ConfigError(
        "the variable " + variable.name + " follows one that is not there",
        {{"follows", std::to_string(variable.follows)}, {"variables", std::to_string(size())}},
        "add the variable it follows before it");
  }
  if (form_->fixed()) {
    throw ConfigError("the variable " + variable.name + " comes too late",
                      {{"reason", "a State of these variables exists, which has no room for it"}},
                      "build all graphs of a model before its first State");
  }
  list_.push_back(std::move(variable));
  return size() - 1;
}

void Variables::refuse(VariableId id) const {
  throw ConfigError("there is no such variable",
                    {{"id", std::to_string(id)}, {"variables", std::to_string(size())}},
                    "use what Variables::add gave; find gives -1 where no variable has the name");
}

VariableId Variables::find(std::string_view name) const {
  for (VariableId id = 0; id < size(); ++id) {
    if ((*this)[id].name == name) return id;
  }
  return -1;
}

Graph::Graph(std::shared_ptr<Variables> variables) : variables_(std::move(variables)) {}

Value Graph::input(std::string name, Type type) {
  InputAttributes attributes{std::move(name), type.dtype, type.shape};
  inputs_.push_back(input_op(*this, std::move(attributes)).front());
  return inputs_.back();
}

Value Graph::variable(VariableId id) {
  const Type type = (*variables_)[id].type;
  auto place = static_cast<std::size_t>(id);
  if (reads_.size() <= place) reads_.resize(place + 1);
  if (!reads_[place]) {
    reads_[place] = variable_op(*this, {id, type.dtype, type.shape}).front();
  }
  return reads_[place];
}

Value Graph::constant(Tensor tensor) { return constant_op(*this, {std::move(tensor)}).front(); }
Value Graph::constant(double value) { return constant(Tensor::scalar(value)); }

std::vector<Value> Graph::apply(const Op& op, std::shared_ptr<const void> attributes,
                                std::vector<Value> inputs) {
  std::vector<Type> types;
  types.reserve(inputs.size());
  for (Value input : inputs) {
    check_own(input, op.name());
    types.push_back(input.type());
  }
  Node node{.op = &op,
            .attributes = std::move(attributes),
            .inputs = std::move(inputs),
            .results = {},
            .path = path_,
            .phase = phase_};
  try {
    for (Type& type : op.infer(node.attributes, Operands(types))) {
      static_cast<void>(type.shape.elements());  // refuses products that overflow
      node.results.push_back({std::move(type), {}});
    }
  } catch (Error& error) {
    if (!path_.empty()) error.add({"layer", path_});
    throw;
  }
  std::vector<Value> results;
  auto count = static_cast<std::int32_t>(node.results.size());
  Value first = append(std::move(node));
  for (std::int32_t i = 0; i < count; ++i) results.emplace_back(this, first.node(), i);
  return results;
}

void Graph::check_own(Value value, std::string_view what) const {
  if (&value.graph() == this) return;
  ConfigError error(std::string(what) + ": values of two graphs are mixed",
                    {{"value", to_string(value.type()), value.graph().node(value).path}},
                    "build all that one program computes in one Graph");
  if (!path_.empty()) error.add({"layer", path_});
  throw error;
}

Value Graph::append(Node node) {
  nodes_.push_back(std::move(node));
  return {this, static_cast<std::int32_t>(nodes_.size()) - 1, 0};
}

void Graph::output(std::string name, Value value) {
  check_own(value, "output " + name);
  outputs_.push_back({std::move(name), value});
}

void Graph::update(VariableId id, const std::function<Value(Value)>& f) {
  for (Update& update : updates_) {
    if (update.variable == id) return set_update(id, f(update.value));
  }
  set_update(id, f(variable(id)));
}

void Graph::set_update(VariableId id, Value value) {
  const Variable& variable = (*variables_)[id];
  check_own(value, "the update of " + variable.name);
  if (value.type() != variable.type) {
    throw ShapeError("the update of " + variable.name + " has another type than the variable",
                     {{"update", to_string(value.type())}, {"variable", to_string(variable.type)}});
  }
  for (Update& update : updates_) {
    if (update.variable == id) {
      update.value = value;
      return;
    }
  }
  updates_.push_back({id, value});
}

Graph::Section::Section(Graph& graph, std::string path, Phase phase)
    : graph_(graph), outer_path_(std::move(graph.path_)), outer_phase_(graph.phase_) {
  graph_.path_ = std::move(path);
  graph_.phase_ = phase;
}
Graph::Section::Section(Graph& graph, std::string_view name)
    : Section(graph,
              graph.path_.empty() ? std::string(name) : graph.path_ + '/' + std::string(name),
              graph.phase_) {}
Graph::Section::Section(Graph& graph, Phase phase)
    : Section(graph, std::string(graph.path_), phase) {}
Graph::Section Graph::Section::at(Graph& graph, std::string path) {
  return Section(graph, std::move(path), graph.phase_);
}
Graph::Section::~Section() {
  graph_.path_ = std::move(outer_path_);
  graph_.phase_ = outer_phase_;
}

}  // namespace sloy
