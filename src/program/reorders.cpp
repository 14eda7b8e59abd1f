#include "program/reorders.h"

#include <algorithm>

#include <fmt/format.h>

#include "graph/leaf.h"
#include "ops/convolution.h"
#include "ops/fused.h"
#include "ops/product_update.h"
#include "ops/reorder.h"
#include "passes/schedule.h"

namespace sloy {
namespace {

std::string title_of(const Node& node) {
  return node.path.empty() ? std::string(node.op->name())
                           : fmt::format("{} of {}", node.op->name(), node.path);
}

class Listing {
 public:
  explicit Listing(const Lowered& lowered) : lowered_(lowered), graph_(*lowered.graph) {}

  Plan::Reorder entry(std::int32_t n, std::size_t step) const {
    const Node& node = node_at(n);
    const auto& forms = OpDefinition<ReorderAttributes>::as(node.attributes);
    const Value source = node.inputs[0];
    Plan::Reorder entry;
    entry.step = step;
    entry.value = name_of(source);
    entry.type = to_string(node.results[0].type);
    entry.from = to_string(forms.from);
    entry.to = to_string(forms.to);
    entry.of_weight = is_weight(source);
    bool is_read_beyond_updates = false;
    for (std::size_t r = 0; r < graph_.nodes().size(); ++r) {
      const Node& reader = graph_.nodes()[r];
      if (!reads(reader, n)) continue;
      entry.readers.push_back(wish_of(static_cast<std::int32_t>(r), source));
      is_read_beyond_updates = is_read_beyond_updates || reader.phase != Phase::update;
    }
    for (const Graph::Update& update : graph_.updates()) {
      if (update.value.node() != n) continue;
      entry.readers.push_back(fmt::format("update of {}: the variable lies so",
                                          graph_.variables()[update.variable].name));
    }
    for (const Graph::Output& output : graph_.outputs()) {
      if (output.value.node() != n) continue;
      entry.readers.push_back("output of the program: it is given in row-major order");
      is_read_beyond_updates = true;
    }
    entry.of_weight = entry.of_weight || !is_read_beyond_updates;
    return entry;
  }

 private:
  const Node& node_at(std::int32_t n) const { return graph_.nodes()[static_cast<std::size_t>(n)]; }

  static bool reads(const Node& reader, std::int32_t n) {
    return std::any_of(reader.inputs.begin(), reader.inputs.end(),
                       [n](Value input) { return input.node() == n; });
  }

  /// The variable that a value is, whatever its shape became since; -1 where it is none.
  VariableId variable_of(Value value) const {
    const Node& root = graph_.node(root_of(graph_, value));
    if (root.op != &variable_op) return -1;
    return OpDefinition<VariableAttributes>::as(root.attributes).id;
  }

  bool is_weight(Value value) const {
    return variable_of(value) >= 0 || graph_.node(value).op == &convolution_kernel_gradient_op;
  }

  std::string name_of(Value value) const {
    if (const VariableId id = variable_of(value); id >= 0) return graph_.variables()[id].name;
    const Value root = root_of(graph_, value);
    const Node& node = graph_.node(root);
    std::string name = title_of(node);
    if (node.op == &input_op) {
      name = "input " + OpDefinition<InputAttributes>::as(node.attributes).name;
    }
    return root == value ? name : name + ", reshaped";
  }

  /// Who wants the value so, and why.
  std::string wish_of(std::int32_t reader, Value source) const {
    const Node& node = node_at(reader);
    if (node.op->kind() == Kind::view) {
      return title_of(node) + ": another shape is given to numbers in row-major order alone";
    }
    std::string wish = fmt::format("{}: {} takes it so", title_of(node), kernel_of(reader));
    const VariableId id = variable_of(source);
    const std::int32_t chooser = id < 0 ? -1 : chooser_of(id);
    if (chooser >= 0 && chooser != reader) {
      wish += fmt::format("; it lies as {} of {} takes it", kernel_of(chooser),
                          node_at(chooser).op->name());
    }
    return wish;
  }

  std::string kernel_of(std::int32_t n) const {
    const Selection& selection = lowered_.selections[static_cast<std::size_t>(n)];
    return std::string(selection.offer ? selection.offer->name : "reference");
  }

  /// The first node that reads a variable as it lies, and is no chain, which takes any form.
  std::int32_t chooser_of(VariableId id) const {
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      const Node& node = graph_.nodes()[n];
      if (node.op->kind() != Kind::other) continue;
      if (node.op == &fused_op || node.op == &product_update_op || node.op == &reorder_op) continue;
      for (Value input : node.inputs) {
        const Node& producer = graph_.node(input);
        if (producer.op != &variable_op) continue;
        const VariableId read = OpDefinition<VariableAttributes>::as(producer.attributes).id;
        if (read == id) return static_cast<std::int32_t>(n);
      }
    }
    return -1;
  }

  const Lowered& lowered_;
  const Graph& graph_;
};

}  // namespace

std::vector<Plan::Reorder> reorders_of(const Lowered& lowered,
                                       const std::vector<std::int32_t>& order) {
  const Listing listing(lowered);
  std::vector<Plan::Reorder> found;
  for (std::size_t step = 0; step < order.size(); ++step) {
    const Node& node = lowered.graph->nodes()[static_cast<std::size_t>(order[step])];
    if (node.op != &reorder_op) continue;
    const auto& [from, to] = OpDefinition<ReorderAttributes>::as(node.attributes);
    if (same_bytes(node.results[0].type.shape, from, to)) continue;
    found.push_back(listing.entry(order[step], step));
  }
  return found;
}

}  // namespace sloy
