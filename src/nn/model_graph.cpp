#include "nn/model_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "nn/names.h"

namespace sloy {

std::vector<Value> ModelGraph::build(Scope& scope, std::span<const Value> fed) const {
  assert(fed.size() == inputs.size());
  std::vector<std::vector<Value>> values(calls.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    values[static_cast<std::size_t>(inputs[i].call)] = {fed[i]};
  }
  const auto value = [&](Ref ref) {
    return values[static_cast<std::size_t>(ref.call)][static_cast<std::size_t>(ref.result)];
  };
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Call& call = calls[i];
    if (call.is_input) continue;
    const Member& called = member(call);
    std::vector<Value> arguments;
    for (Ref ref : call.inputs) arguments.push_back(value(ref));
    Scope inner = scope.enter(called.name, call.number, called.layer.trainable());
    const auto section = Graph::Section::at(scope.graph(), inner.path());
    values[i] = called.layer.call(inner, arguments);
  }
  std::vector<Value> results;
  for (Ref ref : outputs) results.push_back(value(ref));
  return results;
}

std::string call_name(const ModelGraph& graph, int call) {
  const ModelGraph::Call& made = graph.calls[static_cast<std::size_t>(call)];
  const std::string& name = graph.member(made).name;
  return made.number == 0 ? name : fmt::format("{}#{}", name, made.number);
}

ModelGraphBuilder::ModelGraphBuilder() : build_(scratch_, false) {}

bool ModelGraphBuilder::is_taken(std::string_view name) const {
  const auto& members = graph_.members;
  return std::any_of(members.begin(), members.end(),
                     [&](const ModelGraph::Member& member) { return member.name == name; });
}

std::string ModelGraphBuilder::name_for(const Layer& layer, const std::string& given) const {
  if (given.empty()) {
    return default_name(layer.type(), [&](std::string_view name) { return is_taken(name); });
  }
  if (given.find_first_of("/#: \t\n") != std::string::npos) {
    throw ConfigError(fmt::format("'{}' can't be a layer's name", given), {},
                      "leave out '/', '#', ':' and spaces: they have a meaning in paths");
  }
  if (is_taken(given)) {
    throw ConfigError(fmt::format("two layers are named '{}'", given), {},
                      "give one of them another name; to share weights call one Layer twice");
  }
  return given;
}

int ModelGraphBuilder::add(const Layer& layer, const std::string& name) {
  graph_.members.push_back({layer, name_for(layer, name.empty() ? layer.name() : name)});
  calls_of_.push_back(0);
  return static_cast<int>(graph_.members.size()) - 1;
}

int ModelGraphBuilder::input(int member, const Type& type) {
  graph_.calls.push_back({.member = member,
                          .number = calls_of_[static_cast<std::size_t>(member)]++,
                          .inputs = {},
                          .types = {type},
                          .is_input = true});
  values_.push_back({scratch_.input(graph_.members[static_cast<std::size_t>(member)].name, type)});
  return static_cast<int>(graph_.calls.size()) - 1;
}

int ModelGraphBuilder::call(int member, const std::vector<ModelGraph::Ref>& inputs) {
  const ModelGraph::Member& called = graph_.members[static_cast<std::size_t>(member)];
  ModelGraph::Call call{.member = member,
                        .number = calls_of_[static_cast<std::size_t>(member)]++,
                        .inputs = inputs,
                        .types = {}};
  std::vector<Value> arguments;
  for (ModelGraph::Ref ref : inputs) {
    arguments.push_back(
        values_[static_cast<std::size_t>(ref.call)][static_cast<std::size_t>(ref.result)]);
  }
  Scope scope = Scope(build_).enter(called.name, call.number, called.layer.trainable());
  const auto section = Graph::Section::at(scratch_, scope.path());
  values_.push_back(called.layer.call(scope, arguments));
  for (Value value : values_.back()) call.types.push_back(value.type());
  graph_.calls.push_back(std::move(call));
  return static_cast<int>(graph_.calls.size()) - 1;
}

std::optional<int> ModelGraphBuilder::find(std::string_view name) const {
  for (int call = 0; call < static_cast<int>(graph_.calls.size()); ++call) {
    if (call_name(graph_, call) == name) return call;
  }
  return {};
}

ModelGraph ModelGraphBuilder::finish(std::vector<ModelGraph::Ref> inputs,
                                     std::vector<ModelGraph::Ref> outputs) {
  graph_.inputs = std::move(inputs);
  graph_.outputs = std::move(outputs);
  return std::move(graph_);
}

namespace {

/// Adds calls to a builder in the order in which they were made possible.
class SymbolWalk {
 public:
  explicit SymbolWalk(const std::vector<Symbol>& inputs) : inputs_(inputs) {}

  ModelGraph walk(const std::vector<Symbol>& outputs) {
    std::vector<ModelGraph::Ref> input_refs;
    for (const Symbol& input : inputs_) {
      const int member = builder_.add(fed_layer(input));
      seen_.push_back({&input.call(), builder_.input(member, input.type())});
      fed_.push_back(input);
      input_refs.push_back({seen_.back().call, 0});
    }
    std::vector<ModelGraph::Ref> output_refs;
    for (const Symbol& output : outputs) output_refs.push_back(visit(output));
    return builder_.finish(std::move(input_refs), std::move(output_refs));
  }

 private:
  struct Seen {
    const Symbol::Call* symbol;
    int call;
  };

  /// An Input, or in place of any other symbol one of its type.
  static Layer fed_layer(const Symbol& symbol) {
    if (symbol.call().layer->as<Input>()) return *symbol.call().layer;
    return Input(symbol.shape().without(0), symbol.type().dtype);
  }

  ModelGraph::Ref visit(const Symbol& symbol) {
    const auto fed = std::find(fed_.begin(), fed_.end(), symbol);
    if (fed != fed_.end()) return {seen_[static_cast<std::size_t>(fed - fed_.begin())].call, 0};
    const Symbol::Call& call = symbol.call();
    for (std::size_t i = fed_.size(); i < seen_.size(); ++i) {
      if (seen_[i].symbol == &call) return {seen_[i].call, symbol.result()};
    }
    if (call.inputs.empty()) {
      throw ConfigError("an output depends on an Input that is not among the model's inputs",
                        {{"input", to_string(symbol.type()), call.layer->name()}},
                        "add it to the inputs: Model{{a, b}, {y}}");
    }
    std::vector<ModelGraph::Ref> refs;
    for (const Symbol& input : call.inputs) refs.push_back(visit(input));
    const int made = builder_.call(member_of(*call.layer), refs);
    seen_.push_back({&call, made});
    return {made, symbol.result()};
  }

  int member_of(const Layer& layer) {
    const auto& members = builder_.graph().members;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i].layer.same(layer)) return static_cast<int>(i);
    }
    return builder_.add(layer);
  }

  const std::vector<Symbol>& inputs_;
  ModelGraphBuilder builder_;
  std::vector<Symbol> fed_;
  std::vector<Seen> seen_;  ///< the fed ones first
};

}  // namespace

ModelGraph model_graph(const std::vector<Symbol>& inputs, const std::vector<Symbol>& outputs) {
  if (inputs.empty() || outputs.empty()) {
    throw ConfigError("a model has at least one input and one output");
  }
  for (const auto* symbols : {&inputs, &outputs}) {
    for (const Symbol& symbol : *symbols) {
      if (!symbol) throw ConfigError("a model was made of a Symbol that holds nothing");
    }
  }
  return SymbolWalk(inputs).walk(outputs);
}

ModelGraph model_graph(std::span<const Layer> layers, const std::optional<Type>& input) {
  ModelGraphBuilder builder;
  std::span<const Layer> rest = layers;
  int last = 0;
  if (!layers.empty() && layers.front().as<Input>()) {
    const Input& first = *layers.front().as<Input>();
    last = builder.input(builder.add(layers.front()), Symbol(first).type());
    rest = layers.subspan(1);
  } else {
    assert(input);
    const Input first(input->shape, input->dtype);
    last = builder.input(builder.add(first), Symbol(first).type());
  }
  const ModelGraph::Ref fed{last, 0};
  for (const Layer& layer : rest) {
    if (layer.as<Input>()) throw ConfigError("an Input can only be a model's first layer");
    for (const ModelGraph::Member& member : builder.graph().members) {
      if (member.layer.same(layer)) {
        throw ConfigError("one Layer stands twice in a Sequential", {{"layer", member.name}},
                          "write the layer again, or use the functional form to share weights");
      }
    }
    last = builder.call(builder.add(layer), {{last, 0}});
  }
  if (rest.empty()) throw ConfigError("a model has at least one layer beside its Input");
  return builder.finish({fed}, {{last, 0}});
}

Value as_model_input(Value fed, DType wanted) {
  if (fed.dtype() == wanted) return fed;
  if (wanted == DType::float32 && fed.dtype() == DType::uint8) {
    return cast(fed, DType::float32) * (1.0 / 255.0);
  }
  if (wanted == DType::float32 && fed.dtype() == DType::int32) return cast(fed, DType::float32);
  throw ShapeError("the data have another dtype than the model's input",
                   {{"data", to_string(fed.type())}, {"input", std::string(to_string(wanted))}},
                   "convert the data, or give Input the dtype of the data");
}

}  // namespace sloy
