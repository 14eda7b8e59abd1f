#include "passes/drop.h"

#include <map>
#include <set>

#include "graph/leaf.h"
#include "passes/rewrite.h"
#include "passes/schedule.h"

namespace sloy {
namespace {

std::size_t index(Value value) { return static_cast<std::size_t>(value.node()); }

/// Writes the program in which some nodes are dropped.
class Dropper {
 public:
  Dropper(const Waiting& waiting, const Dropped& dropped)
      : waiting_(waiting),
        graph_(waiting.graph()),
        dropped_(dropped),
        copied_(graph_.nodes().size(), never),
        views_(graph_.nodes().size()),
        rewrite_(graph_) {
    for (const Graph::Update& update : graph_.updates()) {
      writes_[index(update.value)] = update.variable;
    }
  }

  Dropping run() {
    copy_leaves();
    for (std::size_t step = 0; step < waiting_.order().size(); ++step) {
      step_ = static_cast<std::int32_t>(step);
      emit(static_cast<std::size_t>(waiting_.order()[step]), false);
    }
    for (const Graph::Output& output : graph_.outputs()) need(output.value);
    Dropping made{.in_the_way = in_the_way_.value_or(0), .seconds = seconds_};
    if (in_the_way_) return made;
    made.scheduled.emplace();
    Lowered& lowered = made.scheduled->lowered;
    lowered.graph = rewrite_.finish();
    selections_.resize(lowered.graph->nodes().size());
    lowered.selections = std::move(selections_);
    made.scheduled->order = std::move(order_);
    return made;
  }

 private:
  static constexpr std::int32_t never = -1;

  const Node& node(std::size_t n) const { return graph_.nodes()[n]; }

  void copy_leaves() {
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      if (node(n).op->kind() != Kind::leaf) continue;
      rewrite_.copy(static_cast<std::int32_t>(n));
      const Value old{const_cast<Graph*>(&graph_), static_cast<std::int32_t>(n), 0};
      rewrite_.to().node(rewrite_(old).node()).results = node(n).results;
    }
  }

  /// Makes what stands for `value` now one that can be read at this point.
  void need(Value value) {
    const std::size_t n = index(value);
    if (node(n).op->kind() == Kind::leaf) return;
    if (node(n).op->kind() == Kind::view) {
      need(node(n).inputs[0]);
      const Value of = rewrite_(node(n).inputs[0]);
      if (views_[n] == of) return;
      views_[n] = of;
      append(n, false);
      return;
    }
    if (step_ < waiting_.turn() || !dropped_.nodes[n] || !waiting_.is_large(value)) return;
    const bool is_fleeting = dropped_.fleeting && waiting_.is_cheap(n);
    if (copied_[n] != never && (!is_fleeting || copied_[n] == step_)) return;
    copied_[n] = step_;
    emit(n, true);
    seconds_ += waiting_.seconds(n);
  }

  void emit(std::size_t n, bool again) {
    for (Value input : node(n).inputs) {
      need(input);
      if (again && written_.count(variable_of(input))) in_the_way_ = n;
    }
    append(n, again);
    order_.push_back(static_cast<std::int32_t>(rewrite_.to().nodes().size()) - 1);
    if (const auto writes = writes_.find(n); writes != writes_.end()) {
      written_.insert(writes->second);
    }
  }

  void append(std::size_t n, bool again) {
    rewrite_.copy(static_cast<std::int32_t>(n));
    selections_.resize(rewrite_.to().nodes().size());
    selections_.back() = waiting_.selection(n);
    selections_.back().again = again;
  }

  VariableId variable_of(Value value) const {
    const Node& root = graph_.node(root_of(graph_, value));
    return root.op == &variable_op ? OpDefinition<VariableAttributes>::as(root.attributes).id : -1;
  }

  const Waiting& waiting_;
  const Graph& graph_;
  const Dropped& dropped_;
  std::vector<std::int32_t> copied_;  ///< for which step each node was last computed again
  std::vector<Value> views_;          ///< what each view was last written of
  Rewrite rewrite_;
  std::vector<Selection> selections_;
  std::vector<std::int32_t> order_;
  std::map<std::size_t, VariableId> writes_;
  std::set<VariableId> written_;
  std::optional<std::size_t> in_the_way_;
  std::int32_t step_ = 0;  ///< of the old order
  double seconds_ = 0;
};

}  // namespace

Dropping drop(const Waiting& waiting, const Dropped& dropped) {
  return Dropper(waiting, dropped).run();
}

}  // namespace sloy
