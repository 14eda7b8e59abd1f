/// Models as data: what model files and recipes hold.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sloy/model.h>
#include <sloy/nearest.h>
#include <algorithm>
#include <charconv>

#include "nn/model_graph.h"

namespace sloy {
namespace {

constexpr std::array<std::string_view, 4> model_keys{"layer", "inputs", "outputs", "trainable"};

std::string ref_name(const ModelGraph& graph, ModelGraph::Ref ref) {
  const std::string name = call_name(graph, ref.call);
  return ref.result == 0 ? name : fmt::format("{}:{}", name, ref.result);
}

Config ref_names(const ModelGraph& graph, const std::vector<ModelGraph::Ref>& refs) {
  Config::List list;
  for (ModelGraph::Ref ref : refs) list.emplace_back(ref_name(graph, ref));
  return list;
}

/// Reads the layers of a model one by one.
class Reader {
 public:
  Reader(const CustomTypes& custom, const std::optional<Type>& input)
      : custom_(custom), input_(input) {}

  ModelGraph read(const Config& config) {
    detail::check_keys(config, model_keys);
    const Config* layers = config.find("layer");
    if (!layers || layers->as_list().empty()) {
      throw config_error(config, "the model has no layers", "write a [[model.layer]] for each");
    }
    for (const Config& layer : layers->as_list()) {
      try {
        read_layer(layer);
      } catch (Error& error) {
        if (!layer.where().empty()) error.add({"where", layer.where()});
        throw;
      }
      places_.resize(builder_.graph().calls.size(), layer);
    }
    std::vector<ModelGraph::Ref> inputs = inputs_;
    std::vector<ModelGraph::Ref> outputs{{last_, 0}};
    if (const Config* given = config.find("inputs")) inputs = refs(*given);
    if (const Config* given = config.find("outputs")) outputs = refs(*given);
    check_used(outputs);
    return builder_.finish(std::move(inputs), std::move(outputs));
  }

 private:
  void read_layer(const Config& config) {
    Config rest = config;
    std::optional<std::vector<ModelGraph::Ref>> inputs;
    std::string name;
    if (config.is_map()) {
      if (const Config* given = config.find("inputs")) inputs = refs(*given);
      if (const Config* given = config.find("name")) name = given->as_string();
      std::erase_if(rest.as_map(), [](const auto& entry) {
        return entry.first == "inputs" || entry.first == "name";
      });
    }
    if (config.is_map() && config.find("same_as")) return call_again(rest, name, inputs);

    if (detail::type_in(rest) == Model::type_name) {
      if (!inputs) inputs = std::vector{before(config)};
      const Layer model = nested_model(rest, *inputs);
      last_ = builder_.call(builder_.add(model, name), *inputs);
      return;
    }
    const Layer layer = layer_from_config(rest, custom_);
    if (const Input* fed = layer.as<Input>()) {
      last_ = builder_.input(builder_.add(layer, name), Symbol(*fed).type());
      inputs_.push_back({last_, 0});
      return;
    }
    if (!inputs) inputs = std::vector{before(config)};
    last_ = builder_.call(builder_.add(layer, name), *inputs);
  }

  /// { type = "Model", trainable, model = { layer = … } }: without an Input of its own it is built
  /// for what flows in.
  Layer nested_model(const Config& config, const std::vector<ModelGraph::Ref>& fed) const {
    detail::check_keys(
        config, std::array<std::string_view, 5>{"type", "trainable", "model", "name", "inputs"});
    std::optional<Type> input;
    if (!fed.empty()) {
      input = {DType::float32, builder_.graph().type(fed.front()).shape.without(0)};
    }
    Model model = Model::from_config(config.at("model"), custom_, input);
    if (const Config* trainable = config.find("trainable")) {
      model.set_trainable(trainable->as_bool());
    }
    return model;
  }

  void call_again(const Config& config, const std::string& name,
                  std::optional<std::vector<ModelGraph::Ref>> inputs) {
    detail::check_keys(config, std::array<std::string_view, 3>{"same_as", "name", "inputs"});
    const int first = call_named(config.at("same_as"));
    const int member = builder_.graph().calls[static_cast<std::size_t>(first)].member;
    if (!inputs) inputs = std::vector{before(config)};
    last_ = builder_.call(member, *inputs);
    if (!name.empty()) aliases_.emplace_back(name, last_);
  }

  /// The result before, which for the first layer is the data.
  ModelGraph::Ref before(const Config& config) {
    if (last_ >= 0) return {last_, 0};
    if (!input_) {
      throw config_error(config, "the shape of the model's input is not known",
                         "begin with { type = \"Input\", shape = [28, 28, 1] }");
    }
    const Input fed(input_->shape, input_->dtype);
    last_ = builder_.input(builder_.add(fed), Symbol(fed).type());
    inputs_.push_back({last_, 0});
    return {last_, 0};
  }

  std::vector<ModelGraph::Ref> refs(const Config& config) const {
    std::vector<ModelGraph::Ref> found;
    if (config.is_string()) return {ref(config)};
    for (const Config& item : config.as_list()) found.push_back(ref(item));
    return found;
  }

  ModelGraph::Ref ref(const Config& config) const {
    const std::string& text = config.as_string();
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos) return {call_named(config), 0};
    Config name(text.substr(0, colon));
    name.set_where(config.where());
    const ModelGraph::Ref found{call_named(name), 0};
    int result = -1;
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), result);
    const auto results = builder_.graph().calls[static_cast<std::size_t>(found.call)].types.size();
    if (result < 0 || static_cast<std::size_t>(result) >= results) {
      throw config_error(config, fmt::format("'{}' names no result", text));
    }
    return {found.call, result};
  }

  int call_named(const Config& config) const {
    const std::string& name = config.as_string();
    for (const auto& [alias, call] : aliases_) {
      if (alias == name) return call;
    }
    if (const std::optional<int> found = builder_.find(name)) return *found;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < builder_.graph().calls.size(); ++i) {
      names.push_back(call_name(builder_.graph(), static_cast<int>(i)));
    }
    const std::vector<std::string_view> known(names.begin(), names.end());
    const std::string fix = names.empty() ? "leave the first layer's inputs out: the data are"
                                          : "name a layer that stands before: " +
                                                fmt::format("{}", fmt::join(names, ", "));
    throw config_error(config, fmt::format("no layer named '{}' stands before", name),
                       did_you_mean(name, known, fix));
  }

  /// A layer that leads to no output is a slip in `inputs`.
  void check_used(const std::vector<ModelGraph::Ref>& outputs) const {
    const auto& calls = builder_.graph().calls;
    std::vector<bool> used(calls.size());
    for (ModelGraph::Ref ref : outputs) used[static_cast<std::size_t>(ref.call)] = true;
    for (std::size_t i = calls.size(); i-- > 0;) {
      if (!used[i]) {
        throw config_error(places_[i],
                           fmt::format("the layer '{}' leads to no output",
                                       call_name(builder_.graph(), static_cast<int>(i))),
                           "name it among the inputs of a later layer or the model's outputs, or "
                           "take it out");
      }
      for (ModelGraph::Ref ref : calls[i].inputs) used[static_cast<std::size_t>(ref.call)] = true;
    }
  }

  const CustomTypes& custom_;
  const std::optional<Type>& input_;
  ModelGraphBuilder builder_;
  int last_ = -1;
  std::vector<ModelGraph::Ref> inputs_;
  std::vector<std::pair<std::string, int>> aliases_;
  std::vector<Config> places_;  ///< of each call: the layer's entry
};

Config described(const ModelGraph::Member& member) {
  try {
    return to_config(member.layer);
  } catch (ConfigError& error) {
    error.add({"layer", member.name, std::string(member.layer.type())});
    throw;
  }
}

}  // namespace

Config to_config(const ModelGraph& graph) {
  Config::List layers;
  for (std::size_t i = 0; i < graph.calls.size(); ++i) {
    const ModelGraph::Call& call = graph.calls[i];
    const std::string name = call_name(graph, static_cast<int>(i));
    Config entry;
    if (call.number == 0) {
      entry = described(graph.member(call));
    } else {
      entry["same_as"] = graph.member(call).name;
    }
    entry["name"] = name;
    const bool follows =
        i > 0 && call.inputs == std::vector{ModelGraph::Ref{static_cast<int>(i) - 1, 0}};
    if (!call.is_input && !follows) entry["inputs"] = ref_names(graph, call.inputs);
    layers.push_back(std::move(entry));
  }
  return Config::Map{{"layer", std::move(layers)},
                     {"inputs", ref_names(graph, graph.inputs)},
                     {"outputs", ref_names(graph, graph.outputs)}};
}

ModelGraph model_graph(const Config& config, const CustomTypes& custom,
                       const std::optional<Type>& input) {
  return Reader(custom, input).read(config);
}

}  // namespace sloy
