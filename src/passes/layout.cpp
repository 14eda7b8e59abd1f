#include "passes/layout.h"

#include <cassert>
#include <optional>

#include "graph/form.h"
#include "graph/leaf.h"
#include "ops/fused.h"
#include "ops/reorder.h"
#include "passes/rewrite.h"

namespace sloy {
namespace {

class LayoutPass {
 public:
  LayoutPass(const Graph& graph, const Backend& backend, const LayoutOptions& options)
      : graph_(graph), backend_(backend), options_(options), rewrite_(graph) {}

  Lowered run() {
    choose_variables();
    selections_.resize(rewrite_.to().nodes().size());
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) lower(static_cast<std::int32_t>(n));
    match_updates();
    settle_variables();
    Lowered lowered;
    lowered.graph = rewrite_.finish();
    for (auto& [id, value] : final_updates_) lowered.graph->set_update(id, value);
    selections_.resize(lowered.graph->nodes().size());
    lowered.selections = std::move(selections_);
    return lowered;
  }

 private:
  Layout layout_of(Value value) const {
    const auto& layout =
        rewrite_.to().node(value).results[static_cast<std::size_t>(value.result())].layout;
    return layout ? *layout : Layout{};
  }
  void set_layout(Value value, const Layout& layout) {
    auto& result =
        rewrite_.to().node(value.node()).results[static_cast<std::size_t>(value.result())];
    result.layout = layout.is_plain() ? nullptr : std::make_shared<const Layout>(layout);
  }

  VariableId form_owner(VariableId id) const { return sloy::form_owner(graph_.variables(), id); }

  StateForm& form() const { return graph_.variables().form(); }

  bool is_free(Value value) const {
    const Node& node = rewrite_.to().node(value);
    if (node.op == &constant_op) return true;
    if (node.op != &variable_op || form().fixed()) return false;
    VariableId id = form_owner(OpDefinition<VariableAttributes>::as(node.attributes).id);
    return !form().layout(id).has_value();
  }

  /// The first kernel that reads a free variable as more than numbers in a row names its form.
  /// Asked ahead of the walk, so that element-wise readers (regularisers come first, as fused
  /// chains) do not fix it to plain.
  void choose_variables() {
    if (form().fixed()) return;
    for (const Node& node : graph_.nodes()) {
      if (node.op->kind() != Kind::other || node.op == &fused_op) continue;
      bool reads_variable = false;
      for (Value input : node.inputs) {
        if (graph_.node(input).op == &variable_op) reads_variable = true;
      }
      if (reads_variable) choose_from(node);
    }
  }

  void choose_from(const Node& node) {
    static const Layout plain;
    std::vector<Operand> operands;
    std::vector<Layout> held;
    held.reserve(node.inputs.size());
    for (Value input : node.inputs) {
      const Node& producer = graph_.node(input);
      Operand operand{&input.type(), &plain, false};
      if (producer.op == &variable_op) {
        VariableId id = form_owner(OpDefinition<VariableAttributes>::as(producer.attributes).id);
        if (form().layout(id)) {
          held.push_back(*form().layout(id));
          operand.layout = &held.back();
        } else {
          operand.free = true;
        }
      } else {
        operand.free = true;
      }
      operands.push_back(operand);
    }
    Selection selection = select(node, operands);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Node& producer = graph_.node(node.inputs[i]);
      if (producer.op != &variable_op || !operands[i].free) continue;
      VariableId id = form_owner(OpDefinition<VariableAttributes>::as(producer.attributes).id);
      if (form().layout(id)) continue;
      // A padded form would need every update to keep the padding zero.
      const Layout& asked = selection.proposal.inputs[i];
      const bool padded = asked.has_padding(graph_.variables()[id].type.shape);
      form().choose(id, padded ? Layout{} : asked);
    }
  }

  Selection select(const Node& node, std::span<const Operand> operands) const {
    std::vector<Type> outputs;
    for (const Result& result : node.results) outputs.push_back(result.type);
    Request request{node.op, node.attributes.get(), operands, outputs, options_.convolution};
    Selection selection;
    std::optional<Proposal> frugal;  // the one of least scratch, where all have too much
    for (const Offer* offer : backend_.offers(*node.op)) {
      std::string refusal;
      auto proposal = offer->consider(request, refusal);
      if (proposal && options_.plain && !all_plain(*proposal)) {
        proposal.reset();
        refusal = "the layout pass is switched off";
      }
      if (proposal && proposal->scratch_bytes > options_.most_scratch) {
        refusal = "its scratch of " + std::to_string(proposal->scratch_bytes) +
                  " bytes is too much for the memory limit";
        if (!frugal || proposal->scratch_bytes < frugal->scratch_bytes) {
          frugal = std::move(*proposal);
          selection.offer = offer;
        }
        proposal.reset();
      }
      if (proposal) {
        selection.offer = offer;
        selection.proposal = std::move(*proposal);
        return selection;
      }
      selection.refused.emplace_back(offer->name, refusal);
    }
    if (frugal) {
      selection.proposal = std::move(*frugal);
      return selection;
    }
    selection.offer = &reference_offer();
    selection.proposal = reference_proposal(request, node.attributes, options_.precision);
    return selection;
  }

  static bool all_plain(const Proposal& proposal) {
    for (const Layout& layout : proposal.inputs) {
      if (!layout.is_plain()) return false;
    }
    for (const Layout& layout : proposal.outputs) {
      if (!layout.is_plain()) return false;
    }
    return true;
  }

  void lower(std::int32_t index) {
    const Node& node = graph_.nodes()[static_cast<std::size_t>(index)];
    if (node.op == &input_op) return;
    if (node.op->kind() == Kind::leaf) return lower_leaf(index, node);
    if (node.op->kind() == Kind::view) return lower_view(index, node);

    std::vector<Operand> operands;
    std::vector<Layout> layouts;
    layouts.reserve(node.inputs.size());
    for (Value input : node.inputs) {
      Value now = rewrite_(input);
      layouts.push_back(layout_of(now));
      operands.push_back({&input.type(), &layouts.back(), is_free(now)});
    }
    Selection selection = select(node, operands);
    place(index, node, std::move(selection));
  }

  /// Puts the node behind the reorders its kernel needs.
  void place(std::int32_t index, const Node& node, Selection selection) {
    Node now = node;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      now.inputs[i] = in_form(rewrite_(node.inputs[i]), selection.proposal.inputs[i], node);
    }
    for (std::size_t r = 0; r < now.results.size(); ++r) {
      const Layout& layout = selection.proposal.outputs[r];
      now.results[r].layout = layout.is_plain() ? nullptr : std::make_shared<const Layout>(layout);
    }
    Value first = append(std::move(now), std::move(selection));
    for (std::int32_t r = 0; r < static_cast<std::int32_t>(node.results.size()); ++r) {
      rewrite_.map({const_cast<Graph*>(&graph_), index, r}, {&rewrite_.to(), first.node(), r});
    }
  }

  Value append(Node node, Selection selection) {
    Value value = rewrite_.to().append(std::move(node));
    selections_.resize(rewrite_.to().nodes().size());
    selections_.back() = std::move(selection);
    return value;
  }

  void lower_leaf(std::int32_t index, const Node& node) {
    rewrite_.copy(index);
    if (node.op != &variable_op) return;
    VariableId id = OpDefinition<VariableAttributes>::as(node.attributes).id;
    const auto& layout = form().layout(form_owner(id));
    Value now = rewrite_({const_cast<Graph*>(&graph_), index, 0});
    if (layout) set_layout(now, *layout);
  }

  /// A view has no kernel: it is its input's bytes, which must lie in row-major order.
  void lower_view(std::int32_t index, const Node& node) {
    Node now = node;
    now.inputs[0] = in_form(rewrite_(node.inputs[0]), Layout{}, node);
    Value first = append(std::move(now), {});
    rewrite_.map({const_cast<Graph*>(&graph_), index, 0}, first);
  }

  /// `value` in the form `wanted`: itself, or a reorder of it (one for all that want that form).
  Value in_form(Value value, const Layout& wanted, const Node& reader) {
    if (layout_of(value) == wanted) return value;
    if (rewrite_.to().node(value).op == &constant_op) return constant_in_form(value, wanted);
    for (const auto& [of, form, made] : reorders_) {
      if (of == value && form == wanted) return made;
    }
    ReorderAttributes attributes{layout_of(value), wanted};
    Node node{.op = &reorder_op,
              .attributes = OpDefinition<ReorderAttributes>::box(attributes),
              .inputs = {value},
              .results = {{value.type(), nullptr}},
              .path = reader.path,
              .phase = reader.phase};
    std::vector<Operand> operands{{&value.type(), &attributes.from, false}};
    Selection selection = select(node, operands);
    if (!wanted.is_plain()) node.results[0].layout = std::make_shared<const Layout>(wanted);
    Value made = append(std::move(node), std::move(selection));
    reorders_.push_back({value, wanted, made});
    return made;
  }

  Value constant_in_form(Value value, const Layout& wanted) {
    for (const auto& [of, form, made] : reorders_) {
      if (of == value && form == wanted) return made;
    }
    Node node = rewrite_.to().node(value);
    node.results[0].layout = std::make_shared<const Layout>(wanted);
    Value made = append(std::move(node), {});
    reorders_.push_back({value, wanted, made});
    return made;
  }

  /// What a variable becomes must come in the variable's own form.
  void match_updates() {
    for (const Graph::Update& update : graph_.updates()) {
      const auto& chosen = form().layout(form_owner(update.variable));
      Layout wanted = chosen ? *chosen : Layout{};
      Value now = rewrite_(update.value);
      final_updates_.emplace_back(update.variable, in_form(now, wanted, rewrite_.to().node(now)));
    }
    for (const Graph::Output& output : graph_.outputs()) {
      Value now = rewrite_(output.value);
      rewrite_.map(output.value, in_form(now, Layout{}, rewrite_.to().node(now)));
    }
  }

  /// What this program takes as plain, no later one may choose another form for.
  void settle_variables() {
    if (form().fixed()) return;
    const auto settle = [&](VariableId id) {
      const VariableId owner = form_owner(id);
      if (!form().layout(owner)) form().choose(owner, Layout{});
      if (!form().layout(id)) form().choose(id, Layout(*form().layout(owner)));
    };
    for (const Node& node : graph_.nodes()) {
      if (node.op == &variable_op) settle(OpDefinition<VariableAttributes>::as(node.attributes).id);
    }
    for (const Graph::Update& update : graph_.updates()) settle(update.variable);
  }

  static const Offer& reference_offer() {
    static constexpr Offer offer{nullptr, "reference", nullptr};
    return offer;
  }

  struct Reordered {
    Value of;
    Layout form;
    Value made;
  };

  const Graph& graph_;
  const Backend& backend_;
  const LayoutOptions& options_;
  Rewrite rewrite_;
  std::vector<Selection> selections_;
  std::vector<Reordered> reorders_;
  std::vector<std::pair<VariableId, Value>> final_updates_;
};

}  // namespace

Lowered choose_layouts(const Graph& graph, const Backend& backend, const LayoutOptions& options) {
  return LayoutPass(graph, backend, options).run();
}

}  // namespace sloy
