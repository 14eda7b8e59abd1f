#include "passes/fuse.h"

#include <sloy/op.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <queue>
#include <set>

#include "ops/fused.h"
#include "passes/fuse_groups.h"
#include "passes/rewrite.h"

namespace sloy {
namespace {

/// One fused node in the making; operands are values of the old graph.
struct Group {
  FusedAttributes attributes;
  std::vector<std::size_t> members;
  std::vector<Value> operands;
  std::map<std::size_t, int> instruction_of;  ///< node → place among the instructions
  std::vector<std::size_t> results;           ///< node of each result
};

class Fuser {
 public:
  Fuser(const Graph& graph, const FuseOptions& options)
      : graph_(graph), groups_(graph, options), rewrite_(graph) {}

  std::unique_ptr<Graph> run() {
    gather();
    for (auto& [id, group] : made_) write_instructions(group);
    for (auto& [id, group] : made_) choose_results(group);
    for (std::size_t unit : order()) emit(unit);
    return rewrite_.finish();
  }

 private:
  const Node& node(std::size_t n) const { return graph_.nodes()[n]; }
  std::size_t unit(std::size_t n) const { return groups_.is_grouped(n) ? groups_.group(n) : n; }

  void gather() {
    std::vector<bool> live = live_nodes(graph_);
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      if (!live[n] || groups_.is_inlined(n)) continue;
      if (groups_.is_grouped(n)) {
        Group& group = made_[groups_.group(n)];
        group.members.push_back(n);
        group.attributes.space = groups_.space(n);
      } else {
        single_.push_back(n);
        for (Value input : node(n).inputs) needed_.insert(result_of(input));
      }
    }
    for (const Graph::Output& output : graph_.outputs()) needed_.insert(result_of(output.value));
    for (const Graph::Update& update : graph_.updates()) needed_.insert(result_of(update.value));
  }

  void write_instructions(Group& group) {
    // Operands count before instructions, so all operands must be known first.
    for (std::size_t n : group.members) add_operands(group, n);
    for (std::size_t n : group.members) {
      if (!groups_.reduction(n)) write_instruction(group, n);
    }
    for (std::size_t n : group.members) {
      if (groups_.reduction(n)) place_of(group, node(n).inputs[0]);
    }
  }

  bool is_inside(const Group& group, std::size_t n) const {
    return groups_.is_inlined(n) ||
           (groups_.is_grouped(n) && !groups_.reduction(n) &&
            std::binary_search(group.members.begin(), group.members.end(), n));
  }

  void add_operands(Group& group, std::size_t n) {
    for (Value input : groups_.inputs(n)) {
      auto i = static_cast<std::size_t>(input.node());
      if (groups_.is_inlined(i)) {
        add_operands(group, i);
      } else if (!is_inside(group, i)) {
        needed_.insert(result_of(input));
        if (std::find(group.operands.begin(), group.operands.end(), input) ==
            group.operands.end()) {
          group.operands.push_back(input);
        }
      }
    }
  }

  /// The place of a value in the group's counting; writes what is inlined on its way.
  int place_of(Group& group, Value value) {
    auto i = static_cast<std::size_t>(value.node());
    if (is_inside(group, i)) return write_instruction(group, i);
    auto found = std::find(group.operands.begin(), group.operands.end(), value);
    assert(found != group.operands.end());
    return static_cast<int>(found - group.operands.begin());
  }

  int write_instruction(Group& group, std::size_t n) {
    auto count = static_cast<int>(group.operands.size());
    auto found = group.instruction_of.find(n);
    if (found != group.instruction_of.end()) return count + found->second;
    FusedInstruction instruction{node(n).op, node(n).attributes, {}};
    for (Value input : groups_.inputs(n)) {
      instruction.operands.push_back(place_of(group, input));
    }
    int place = static_cast<int>(group.attributes.instructions.size());
    group.attributes.instructions.push_back(std::move(instruction));
    group.instruction_of[n] = place;
    return count + place;
  }

  void choose_results(Group& group) {
    for (std::size_t n : group.members) {
      auto reduction = groups_.reduction(n);
      if (!reduction && !needed_.count({n, 0})) continue;
      FusedResult result{0, FusedReduction::none, node(n).results[0].type.shape};
      if (reduction) {
        result.reduction = *reduction;
        result.value = place_of(group, node(n).inputs[0]);
      } else {
        result.value = write_instruction(group, n);
      }
      group.attributes.results.push_back(std::move(result));
      group.results.push_back(n);
    }
  }

  /// Units in an order that follows their dependencies and otherwise the graph's.
  std::vector<std::size_t> order() const {
    std::map<std::size_t, std::set<std::size_t>> after;
    std::map<std::size_t, int> waits;
    std::map<std::size_t, std::size_t> last;  // place of a unit's last member
    auto depend = [&](std::size_t on, std::size_t me) {
      if (on != me && after[on].insert(me).second) ++waits[me];
    };
    for (std::size_t n : single_) {
      last[n] = n;
      for (Value input : node(n).inputs) depend(unit(static_cast<std::size_t>(input.node())), n);
    }
    for (const auto& [id, group] : made_) {
      last[id] = group.members.back();
      for (Value operand : group.operands) {
        depend(unit(static_cast<std::size_t>(operand.node())), id);
      }
    }
    using Entry = std::pair<std::size_t, std::size_t>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
    for (auto [id, place] : last) {
      if (waits[id] == 0) ready.push({place, id});
    }
    std::vector<std::size_t> order;
    while (!ready.empty()) {
      std::size_t id = ready.top().second;
      ready.pop();
      order.push_back(id);
      for (std::size_t next : after[id]) {
        if (--waits[next] == 0) ready.push({last.at(next), next});
      }
    }
    assert(order.size() == last.size());
    return order;
  }

  void emit(std::size_t unit) {
    auto found = made_.find(unit);
    if (found == made_.end()) return rewrite_.copy(static_cast<std::int32_t>(unit));
    Group& group = found->second;
    if (group.results.empty()) return;
    const Node& last = node(group.members.back());
    Node fused{.op = &fused_op,
               .attributes = {},
               .inputs = {},
               .results = {},
               .path = last.path,
               .phase = last.phase};
    for (Value operand : group.operands) fused.inputs.push_back(rewrite_(operand));
    for (std::size_t n : group.results) fused.results.push_back(node(n).results[0]);
    fused.attributes = OpDefinition<FusedAttributes>::box(std::move(group.attributes));
    Value first = rewrite_.to().append(std::move(fused));
    for (std::size_t r = 0; r < group.results.size(); ++r) {
      Value old{const_cast<Graph*>(&graph_), static_cast<std::int32_t>(group.results[r]), 0};
      rewrite_.map(old, {&rewrite_.to(), first.node(), static_cast<std::int32_t>(r)});
    }
  }

  const Graph& graph_;
  Groups groups_;
  Rewrite rewrite_;
  std::map<std::size_t, Group> made_;
  std::vector<std::size_t> single_;
  std::set<NodeResult> needed_;
};

}  // namespace

std::unique_ptr<Graph> fuse(const Graph& graph, const FuseOptions& options) {
  return Fuser(graph, options).run();
}

}  // namespace sloy
