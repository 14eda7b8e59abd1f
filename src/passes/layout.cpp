#include "passes/layout.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include "graph/form.h"
#include "graph/leaf.h"
#include "ops/fused.h"
#include "ops/reorder.h"
#include "passes/rewrite.h"
#include "passes/tuning.h"

namespace sloy {
namespace {

class LayoutPass {
 public:
  LayoutPass(const Graph& graph, const Backend& backend, const LayoutOptions& options)
      : graph_(graph), backend_(backend), options_(options), rewrite_(graph) {
    find_unread();
  }

  Lowered run() {
    if (options_.tuning) options_.tuning.impl()->open(backend_);
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
    if (options_.tuning) options_.tuning.impl()->remember();
    return lowered;
  }

 private:
  void find_unread() {
    for (const Node& node : graph_.nodes()) unread_.emplace_back(node.results.size(), true);
    const auto read = [&](Value value) {
      unread_[static_cast<std::size_t>(value.node())][static_cast<std::size_t>(value.result())] =
          false;
    };
    const std::vector<bool> live = live_nodes(graph_);
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      if (live[n]) std::ranges::for_each(graph_.nodes()[n].inputs, read);
    }
    for (const Graph::Output& output : graph_.outputs()) read(output.value);
    for (const Graph::Update& update : graph_.updates()) read(update.value);
  }

  Layout layout_of(Value value) const {
    return sloy::layout_of(
        rewrite_.to().node(value).results[static_cast<std::size_t>(value.result())]);
  }
  void set_layout(Value value, const Layout& layout) {
    auto& result =
        rewrite_.to().node(value.node()).results[static_cast<std::size_t>(value.result())];
    result.layout = layout.is_plain() ? nullptr : std::make_shared<const Layout>(layout);
  }

  /// Whether the precision pass made it bfloat16: the value of the old graph.
  bool is_bfloat16(Value old) const {
    const auto& layout = graph_.node(old).results[static_cast<std::size_t>(old.result())].layout;
    return layout && layout->bfloat16;
  }
  /// What is read where a value is rounded before.
  Value before_rounding(Value old) const {
    const Node& node = graph_.node(old);
    return node.op == &reorder_op ? node.inputs[0] : old;
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
  /// Asked ahead of the walk, so that element-wise readers and chains of them (penalties come
  /// before the layers) do not fix it to plain. Variables are float32, and lie as float32 kernels
  /// want them, whatever a product that rounds them wants: so predictions in float32 are the same
  /// with weights from a file.
  void choose_variables() {
    if (form().fixed()) return;
    for (const Node& node : graph_.nodes()) {
      if (node.op->kind() != Kind::other || node.op == &fused_op) continue;
      if (node.op == &reorder_op) continue;  // rounds for a product, which is asked itself
      bool reads_variable = false;
      for (Value input : node.inputs) {
        if (graph_.node(before_rounding(input)).op == &variable_op) reads_variable = true;
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
      const Node& producer = graph_.node(before_rounding(input));
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
    Selection selection = select(node, operands, false);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Node& producer = graph_.node(before_rounding(node.inputs[i]));
      if (producer.op != &variable_op || !operands[i].free) continue;
      VariableId id = form_owner(OpDefinition<VariableAttributes>::as(producer.attributes).id);
      if (form().layout(id)) continue;
      // A padded form would need every update to keep the padding zero.
      const Layout& asked = selection.proposal.inputs[i];
      const bool padded = asked.has_padding(graph_.variables()[id].type.shape);
      form().choose(id, padded ? Layout{} : asked);
    }
  }

  Selection select(const Node& node, std::span<const Operand> operands, bool to_bfloat16 = true,
                   const std::vector<bool>& unread = {}) const {
    std::vector<Type> outputs;
    std::vector<bool> bfloat16;
    for (const Result& result : node.results) {
      outputs.push_back(result.type);
      bfloat16.push_back(to_bfloat16 && result.layout && result.layout->bfloat16);
    }
    Request request{node.op, node.attributes.get(), operands,
                    outputs, options_.convolution,  std::move(bfloat16),
                    unread};
    Selection selection;
    std::vector<Candidate> accepted;
    std::vector<const Offer*> their_offers;
    const bool asks_all = options_.tuning && is_tuned(*node.op);
    for (const Offer* offer : backend_.offers(*node.op)) {
      std::string refusal;
      auto proposal = offer->consider(request, refusal);
      if (proposal && options_.plain && !all_plain(*proposal)) {
        proposal.reset();
        refusal = "the layout pass is switched off";
      }
      if (!proposal) {
        selection.refused.emplace_back(offer->name, refusal);
        continue;
      }
      accepted.push_back({offer->name, std::move(*proposal)});
      their_offers.push_back(offer);
      if (!asks_all && !has_too_much_scratch(accepted.back())) break;
    }
    if (accepted.empty()) {
      selection.offer = &reference_offer();
      selection.proposal = reference_proposal(request, node.attributes, options_.precision);
      return selection;
    }
    // Measured whatever the limit, so that what is remembered of a node doesn't depend on it.
    const bool is_measured = asks_all && accepted.size() > 1;
    const std::size_t wanted = is_measured ? fastest(node, request, accepted) : 0;
    const std::size_t taken = within_scratch(accepted, wanted);
    for (std::size_t i = 0; i < accepted.size(); ++i) {
      if (i != taken) {
        selection.refused.emplace_back(accepted[i].kernel, refusal_of(accepted[i]));
      }
    }
    selection.offer = their_offers[taken];
    selection.proposal = std::move(accepted[taken].proposal);
    selection.tuned = is_measured && taken == wanted;
    return selection;
  }

  bool has_too_much_scratch(const Candidate& candidate) const {
    return candidate.proposal.scratch_bytes > options_.most_scratch;
  }
  /// The place of the one wanted, if its scratch isn't too much; else of the first whose isn't;
  /// where all have too much, of the one with least.
  std::size_t within_scratch(const std::vector<Candidate>& accepted, std::size_t wanted) const {
    if (!has_too_much_scratch(accepted[wanted])) return wanted;
    auto found = std::find_if(accepted.begin(), accepted.end(), [&](const Candidate& candidate) {
      return !has_too_much_scratch(candidate);
    });
    if (found == accepted.end()) {
      found = std::min_element(accepted.begin(), accepted.end(),
                               [](const Candidate& a, const Candidate& b) {
                                 return a.proposal.scratch_bytes < b.proposal.scratch_bytes;
                               });
    }
    return static_cast<std::size_t>(found - accepted.begin());
  }
  std::string refusal_of(const Candidate& candidate) const {
    if (!has_too_much_scratch(candidate)) return "it is slower here";
    return "its scratch of " + std::to_string(candidate.proposal.scratch_bytes) +
           " bytes is too much for the memory limit";
  }

  /// The place of the one that takes the least time, with the reorders that it needs.
  std::size_t fastest(const Node& node, const Request& request,
                      std::vector<Candidate>& candidates) const {
    for (Candidate& candidate : candidates) {
      for (std::size_t i = 0; i < request.inputs.size(); ++i) {
        const Operand& operand = request.inputs[i];
        const Layout& wanted = candidate.proposal.inputs[i];
        if (operand.free || *operand.layout == wanted) continue;
        const ReorderAttributes forms{*operand.layout, wanted};
        Selection reorder = select_reorder(*operand.type, forms);
        candidate.reorders.push_back({*operand.type, std::move(reorder.proposal)});
      }
    }
    return options_.tuning.impl()->choose(describe(request, node.attributes), request, candidates);
  }

  Selection select_reorder(const Type& type, const ReorderAttributes& forms) const {
    Node node{.op = &reorder_op,
              .attributes = OpDefinition<ReorderAttributes>::box(forms),
              .inputs = {},
              .results = {{type, nullptr}},
              .path = {},
              .phase = Phase::forward};
    const std::vector<Operand> operands{{&type, &forms.from, false}};
    return select(node, operands);
  }

  static bool all_plain(const Proposal& proposal) {
    const auto plain = [](const Layout& layout) { return layout.stored(false).is_plain(); };
    return std::all_of(proposal.inputs.begin(), proposal.inputs.end(), plain) &&
           std::all_of(proposal.outputs.begin(), proposal.outputs.end(), plain);
  }

  void lower(std::int32_t index) {
    const Node& node = graph_.nodes()[static_cast<std::size_t>(index)];
    if (node.op == &input_op) return;
    if (node.op->kind() == Kind::leaf) return lower_leaf(index, node);
    if (node.op->kind() == Kind::view) return lower_view(index, node);
    if (node.op == &reorder_op) {
      // Rounds for products. In which form is for them to say.
      return rewrite_.map({const_cast<Graph*>(&graph_), index, 0}, rewrite_(node.inputs[0]));
    }

    std::vector<Operand> operands;
    std::vector<Layout> layouts;
    layouts.reserve(node.inputs.size());
    for (Value input : node.inputs) {
      Value now = rewrite_(input);
      layouts.push_back(layout_of(now));
      operands.push_back({&input.type(), &layouts.back(), is_free(now), is_bfloat16(input)});
    }
    Selection selection = select(node, operands, true, unread_[static_cast<std::size_t>(index)]);
    place(index, node, std::move(selection));
  }

  /// Puts the node behind the reorders its kernel needs.
  void place(std::int32_t index, const Node& node, Selection selection) {
    Node now = node;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      now.inputs[i] = read(node.inputs[i], selection.proposal.inputs[i], node);
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
    const bool bfloat16 = is_bfloat16({const_cast<Graph*>(&graph_), index, 0});
    now.inputs[0] = read(node.inputs[0], Layout{}.stored(bfloat16), node);
    Value first = append(std::move(now), {});
    rewrite_.map({const_cast<Graph*>(&graph_), index, 0}, first);
  }

  /// A value of the old graph in the form `wanted`. One that is bfloat16 may have come from a
  /// kernel that left it in float32: then it is rounded on the way.
  Value read(Value old, const Layout& wanted, const Node& reader) {
    Value now = rewrite_(old);
    if (is_bfloat16(old) && !layout_of(now).bfloat16 && !wanted.bfloat16) {
      now = in_form(now, layout_of(now).stored(true), reader);
    }
    return in_form(now, wanted, reader);
  }

  /// `value` in the form `wanted`: itself, or a reorder of it (one for all that want that form).
  Value in_form(Value value, const Layout& wanted, const Node& reader) {
    if (layout_of(value) == wanted) return value;
    // Of a constant that is bfloat16 already, only what is left of it may be read.
    const bool is_whole = !layout_of(value).bfloat16;
    if (is_whole && rewrite_.to().node(value).op == &constant_op) {
      return constant_in_form(value, wanted);
    }
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
    Selection selection = select_reorder(value.type(), attributes);
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
      const Node& producer = rewrite_.to().node(rewrite_(output.value));
      rewrite_.map(output.value, read(output.value, Layout{}, producer));
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
  std::vector<std::vector<bool>> unread_;  ///< for each node and result of the old graph
  std::vector<Selection> selections_;
  std::vector<Reordered> reorders_;
  std::vector<std::pair<VariableId, Value>> final_updates_;
};

}  // namespace

Lowered choose_layouts(const Graph& graph, const Backend& backend, const LayoutOptions& options) {
  return LayoutPass(graph, backend, options).run();
}

}  // namespace sloy
