#include <sloy/graph.h>
#include <sloy/op.h>

#include <array>

#include "graph/leaf.h"
#include "tensor/layout.h"

namespace sloy {
namespace {

// A graph's text is JSON, one object a line, so that one reader and its limits serve all our
// formats:
//
//     {"variable": "w", "dtype": "float32", "shape": [784, 10], "role": "parameter"}
//     {"id": 0, "op": "input", "attributes": {…}, "types": ["float32 (batch, 784)"]}
//     {"id": 2, "op": "matmul", "inputs": [[0, 0], [1, 0]], "path": "dense", …}
//     {"output": "loss", "value": [9, 0]}
//     {"update": "w", "value": [12, 0]}

constexpr std::array<std::string_view, 4> role_names{"parameter", "statistic", "slot", "scalar"};
constexpr std::array<std::string_view, 3> phase_names{"forward", "backward", "update"};

Config reference(Value value) { return Config::List{value.node(), value.result()}; }

Config variable_line(const Variables& variables, const Variable& variable) {
  Config line;
  line["variable"] = variable.name;
  line["dtype"] = to_config(variable.type.dtype);
  line["shape"] = to_config(variable.type.shape);
  line["role"] = std::string(role_names[static_cast<std::size_t>(variable.role)]);
  line["trainable"] = variable.trainable;
  if (variable.follows >= 0) line["follows"] = variables[variable.follows].name;
  return line;
}

Config node_line(std::size_t id, const Node& node) {
  Config line;
  line["id"] = static_cast<std::int64_t>(id);
  line["op"] = std::string(node.op->name());
  line["attributes"] = node.op->to_config(node.attributes);
  Config::List inputs;
  for (Value input : node.inputs) inputs.push_back(reference(input));
  line["inputs"] = std::move(inputs);
  Config::List types;
  Config::List layouts;
  bool is_plain = true;
  for (const Result& result : node.results) {
    types.push_back(to_string(result.type));
    layouts.push_back(result.layout ? to_config(*result.layout) : Config{});
    is_plain = is_plain && !result.layout;
  }
  line["types"] = std::move(types);
  if (!is_plain) line["layouts"] = std::move(layouts);
  if (!node.path.empty()) line["path"] = node.path;
  line["phase"] = std::string(phase_names[static_cast<std::size_t>(node.phase)]);
  return line;
}

class Parser {
 public:
  std::unique_ptr<Graph> parse(std::string_view text) {
    int number = 0;
    while (!text.empty()) {
      std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number;
      if (!line.empty()) read(parse_json(line, "graph:" + std::to_string(number)));
    }
    return std::move(graph_);
  }

 private:
  void read(const Config& line) {
    if (line.find("variable")) return read_variable(line);
    if (line.find("op")) return read_node(line);
    if (line.find("output")) {
      return graph_->output(line.at("output").as_string(), value(line.at("value")));
    }
    const Config& name = line.at("update");
    graph_->set_update(variable(name), value(line.at("value")));
  }

  VariableId variable(const Config& name) const {
    VariableId id = graph_->variables().find(name.as_string());
    if (id < 0) throw config_error(name, "there is no variable " + name.as_string());
    return id;
  }

  void read_variable(const Config& line) {
    Variable variable;
    variable.name = line.at("variable").as_string();
    from_config(line.at("dtype"), variable.type.dtype);
    from_config(line.at("shape"), variable.type.shape);
    variable.role =
        static_cast<Role>(detail::enum_from_config(line.at("role"), std::span(role_names)));
    from_config(line.at("trainable"), variable.trainable);
    if (const Config* follows = line.find("follows")) variable.follows = this->variable(*follows);
    graph_->variables().add(std::move(variable));
  }

  Value value(const Config& config) const {
    const Config::List& pair = config.as_list();
    if (pair.size() != 2) throw config_error(config, "a value is a node and a result");
    std::int64_t node = pair[0].as_integer();
    std::int64_t result = pair[1].as_integer();
    auto nodes = static_cast<std::int64_t>(graph_->nodes().size());
    if (node < 0 || node >= nodes || result < 0 ||
        result >= static_cast<std::int64_t>(
                      graph_->nodes()[static_cast<std::size_t>(node)].results.size())) {
      throw config_error(config, "there is no such value yet");
    }
    return {graph_.get(), static_cast<std::int32_t>(node), static_cast<std::int32_t>(result)};
  }

  void read_node(const Config& line) {
    const std::string& name = line.at("op").as_string();
    const Op* op = find_op(name);
    if (!op) throw config_error(line.at("op"), "there is no op named " + name);
    std::shared_ptr<const void> attributes = op->parse(line.at("attributes"));
    const Config* path = line.find("path");
    auto section = Graph::Section::at(*graph_, path ? path->as_string() : "");
    Graph::Section phase(*graph_, static_cast<Phase>(detail::enum_from_config(
                                      line.at("phase"), std::span(phase_names))));
    std::size_t before = graph_->nodes().size();
    apply(line, *op, std::move(attributes));
    if (graph_->nodes().size() != before + 1 ||
        line.at("id").as_integer() != static_cast<std::int64_t>(before)) {
      throw config_error(line, "nodes are not numbered in their order");
    }
    read_layouts(line);
  }

  void apply(const Config& line, const Op& op, std::shared_ptr<const void> attributes) {
    if (&op == &input_op) {
      const auto& a = OpDefinition<InputAttributes>::as(attributes);
      graph_->input(a.name, {a.dtype, a.shape});
    } else if (&op == &variable_op) {
      VariableId id = OpDefinition<VariableAttributes>::as(attributes).id;
      if (id < 0 || id >= graph_->variables().size()) {
        throw config_error(line, "there is no such variable");
      }
      graph_->variable(id);
    } else {
      std::vector<Value> inputs;
      for (const Config& input : line.at("inputs").as_list()) inputs.push_back(value(input));
      graph_->apply(op, std::move(attributes), std::move(inputs));
    }
  }

  void read_layouts(const Config& line) {
    const Config* layouts = line.find("layouts");
    if (!layouts) return;
    auto& results = graph_->node(static_cast<std::int32_t>(graph_->nodes().size()) - 1).results;
    const Config::List& list = layouts->as_list();
    if (list.size() != results.size()) throw config_error(*layouts, "a layout a result is needed");
    for (std::size_t r = 0; r < list.size(); ++r) {
      if (list[r].is_null()) continue;
      Layout layout;
      from_config(list[r], layout);
      results[r].layout = std::make_shared<const Layout>(std::move(layout));
    }
  }

  std::unique_ptr<Graph> graph_ = std::make_unique<Graph>();
};

}  // namespace

std::string to_text(const Graph& graph) {
  std::string text;
  auto write = [&](const Config& line) { text += to_json(line) + '\n'; };
  const Variables& variables = graph.variables();
  for (VariableId id = 0; id < variables.size(); ++id) {
    write(variable_line(variables, variables[id]));
  }
  for (std::size_t n = 0; n < graph.nodes().size(); ++n) write(node_line(n, graph.nodes()[n]));
  for (const Graph::Output& output : graph.outputs()) {
    Config line;
    line["output"] = output.name;
    line["value"] = reference(output.value);
    write(line);
  }
  for (const Graph::Update& update : graph.updates()) {
    Config line;
    line["update"] = variables[update.variable].name;
    line["value"] = reference(update.value);
    write(line);
  }
  return text;
}

std::unique_ptr<Graph> parse_graph(std::string_view text) { return Parser().parse(text); }

}  // namespace sloy
