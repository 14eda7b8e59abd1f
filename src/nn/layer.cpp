#include <fmt/format.h>
#include <sloy/layer.h>
#include <sloy/layers.h>

#include "nn/custom_types.h"
#include "nn/names.h"

namespace sloy {

const Type& Symbol::type() const& { return call_->types[static_cast<std::size_t>(result_)]; }

Symbol operator+(const Symbol& a, const Symbol& b) { return Add{}({a, b}); }

Layer::Layer(Activation activation) : Layer(ActivationLayer{activation}) {}

void Layer::check_one_input(std::size_t inputs) {
  if (inputs == 1) return;
  throw ConfigError(fmt::format("the layer takes one input, not {}", inputs), {},
                    "join the inputs first, with Concatenate or Add");
}

std::vector<Value> Layer::call(Scope& scope, std::span<const Value> inputs) const {
  if (inputs.empty()) throw ConfigError("the layer has no input", {{"layer", scope.path()}});
  try {
    return held_->call(scope, inputs);
  } catch (Error& error) {
    error.add({"layer", scope.path(), std::string(type())});
    throw;
  }
}

Layer Layer::with_trainable(bool trainable) const {
  Layer layer = *this;
  layer.held_ = held_->with_trainable(trainable);
  if (layer.held_) return layer;
  throw ConfigError(fmt::format("{} has nothing to train", type()));
}

std::vector<Symbol> Layer::apply(const std::vector<Symbol>& inputs) const {
  // Calls the layer in a graph of its own, to check it and to learn the types of its results.
  Graph graph;
  Build build(graph, false);
  std::vector<Value> values;
  for (const Symbol& input : inputs) {
    if (!input) throw ConfigError("a layer was called on a Symbol that holds nothing");
    values.push_back(graph.input("x", input.type()));
  }
  Scope scope = Scope(build).enter(name().empty() ? snake_case(type()) : name());
  auto called = std::make_shared<Symbol::Call>();
  {
    const Graph::Section section(graph, scope.path());
    for (Value result : call(scope, values)) called->types.push_back(result.type());
  }
  called->layer = std::make_shared<const Layer>(*this);
  called->inputs = inputs;
  std::vector<Symbol> results;
  for (std::size_t i = 0; i < called->types.size(); ++i) {
    results.emplace_back(called, static_cast<int>(i));
  }
  return results;
}

Symbol Layer::operator()(const std::vector<Symbol>& inputs) const {
  std::vector<Symbol> results = apply(inputs);
  if (results.size() == 1) return results.front();
  throw ConfigError(fmt::format("the layer has {} results", results.size()),
                    {{"layer", name().empty() ? snake_case(type()) : name()}},
                    "call its apply, which gives all of them");
}

Symbol Layer::operator()(const Symbol& input) const { return (*this)(std::vector<Symbol>{input}); }

Config to_config(const Layer& layer) {
  check_own_name(layer.type(), layer.held_->type_info(), "layer", layer_types());
  Config::Map map{{"type", std::string(layer.type())}};
  Config fields = layer.fields();
  for (auto& [key, value] : fields.as_map()) {
    // Names belong to the model, and what is absent is as good as null.
    if (key == "name" || value.is_null()) continue;
    map.emplace_back(key, std::move(value));
  }
  return map;
}

Layer layer_from_config(const Config& config, const CustomTypes& custom) {
  const CustomTypesInUse in_use(custom);
  return make_described<Layer>(config, "layer", {layer_types(), custom.layers});
}

}  // namespace sloy
