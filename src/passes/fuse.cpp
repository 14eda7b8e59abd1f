#include "passes/fuse.h"

#include <sloy/op.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string_view>

#include "graph/leaf.h"
#include "ops/fused.h"
#include "passes/rewrite.h"

namespace sloy {
namespace {

/// Longest chain that is computed anew by each reader rather than stored.
constexpr int cheap_instructions = 4;
/// Groups that merely read the same operand are joined up to this many ops.
constexpr std::size_t most_joined = 48;

bool is_transcendental(const Op& op) {
  static const std::set<std::string_view> names{"exp",  "log",     "log1p", "expm1",
                                                "tanh", "sigmoid", "erf",   "power"};
  return names.count(op.name()) > 0;
}

bool is_random(const Op& op) { return op.name() == "random_uniform"; }

bool is_element_wise(const Node& node) {
  const Type& type = node.results[0].type;
  std::vector<Type> operands;
  for (Value input : node.inputs) operands.push_back(input.type());
  if (!is_arithmetic(*node.op, Operands(operands), type) || type.shape.size() == 0) return false;
  if (is_random(*node.op)) return true;  // its seed is no element of the space
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](Value input) {
    return reach_of(input.shape(), type.shape) != Reach::other;
  });
}

/// Which nodes go together.
///
/// Every node has a level, one more than that of any node it reads, except that an element-wise op
/// or a reduction stays on the level of an element-wise op over the same shape. So on a path that
/// leaves a group the level rises, and groups made of nodes of one level and one shape never come
/// to depend on themselves, however they are joined.
class Groups {
 public:
  Groups(const Graph& graph, const FuseOptions& options)
      : graph_(graph), options_(options), readers_(readers(graph)) {
    std::size_t count = graph.nodes().size();
    parent_.resize(count);
    level_.resize(count, 0);
    for (std::size_t n = 0; n < count; ++n) parent_[n] = n;
    classify();
    for (std::size_t n = 0; n < count; ++n) set_level(n);
    for (std::size_t n = 0; n < count; ++n) join_producers(n);
    join_siblings();
  }

  /// Whether the node is part of a fused node: element-wise, or a reduction.
  bool is_grouped(std::size_t n) const { return space_[n] != nullptr && !inlined_[n]; }
  /// Whether readers compute the node themselves.
  bool is_inlined(std::size_t n) const { return inlined_[n]; }
  const std::optional<FusedReduction>& reduction(std::size_t n) const { return reduction_[n]; }
  const Shape& space(std::size_t n) const { return *space_[n]; }
  std::size_t group(std::size_t n) const {
    while (parent_[n] != n) n = parent_[n];
    return n;
  }

  /// The values a node reads once what is inlined is looked through.
  void operands(std::size_t n, std::set<std::pair<std::size_t, std::int32_t>>& found) const {
    for (Value input : node(n).inputs) {
      auto i = static_cast<std::size_t>(input.node());
      if (inlined_[i]) {
        operands(i, found);
      } else {
        found.insert({i, input.result()});
      }
    }
  }

 private:
  const Node& node(std::size_t n) const { return graph_.nodes()[n]; }

  static std::optional<FusedReduction> reduction(const Node& node) {
    if (node.inputs.size() != 1) return {};
    return reduction_of(*node.op, node.attributes.get(), node.inputs[0].type());
  }

  void classify() {
    std::size_t count = graph_.nodes().size();
    space_.resize(count, nullptr);
    reduction_.resize(count);
    inlined_.resize(count, false);
    std::vector<bool> kept(count, false);  // stored whatever its readers are
    for (const Graph::Output& output : graph_.outputs()) {
      kept[static_cast<std::size_t>(output.value.node())] = true;
    }
    for (const Graph::Update& update : graph_.updates()) {
      kept[static_cast<std::size_t>(update.value.node())] = true;
    }
    for (std::size_t n = 0; n < count; ++n) {
      if (is_element_wise(node(n))) {
        space_[n] = &node(n).results[0].type.shape;
      } else if ((reduction_[n] = reduction(node(n)))) {
        space_[n] = &node(n).inputs[0].shape();
      }
    }
    for (std::size_t n = 0; n < count; ++n) {
      for (Value input : node(n).inputs) {
        if (space_[n] == nullptr || *space_[n] != input.shape()) {
          kept[static_cast<std::size_t>(input.node())] = true;
        }
      }
    }
    for (std::size_t n = 0; n < count; ++n) {
      if (space_[n] && !reduction_[n] && !kept[n]) inlined_[n] = is_cheap(n);
    }
  }

  /// Whether computing the node again costs less than storing it: a few plain instructions on at
  /// most one full operand, or random numbers.
  bool is_cheap(std::size_t n) const {
    std::set<std::pair<std::size_t, std::int32_t>> full;
    int instructions = 0;
    return collect(n, full, instructions) && full.size() <= 1;
  }
  bool collect(std::size_t n, std::set<std::pair<std::size_t, std::int32_t>>& full,
               int& instructions) const {
    if (++instructions > cheap_instructions || is_transcendental(*node(n).op)) return false;
    if (is_random(*node(n).op)) return true;
    for (Value input : node(n).inputs) {
      if (reach_of(input.shape(), *space_[n]) != Reach::full) continue;
      auto i = static_cast<std::size_t>(input.node());
      if (inlined_[i]) {
        if (!collect(i, full, instructions)) return false;
      } else {
        full.insert({i, input.result()});
      }
    }
    return true;
  }

  /// Whether n may stand in one fused node with the producer p it reads.
  bool is_tight(std::size_t n, std::size_t p) const {
    return space_[n] && space_[p] && !reduction_[p] && *space_[n] == *space_[p] && !ends_chain(p);
  }

  /// Whether to save memory the chain ends with p: it is stored all the same, as several read it,
  /// and when it is, two or more of its operands may go before others are made.
  bool ends_chain(std::size_t p) const {
    if (!options_.short_chains || node(p).phase != Phase::backward) return false;
    if (readers_[p][0].size() < 2) return false;
    std::set<std::pair<std::size_t, std::int32_t>> full;
    for (Value input : node(p).inputs) {
      if (input.shape() == *space_[p]) full.insert({index_of(input), input.result()});
    }
    return full.size() > 1;
  }
  static std::size_t index_of(Value value) { return static_cast<std::size_t>(value.node()); }

  void set_level(std::size_t n) {
    if (inlined_[n]) return;
    std::set<std::pair<std::size_t, std::int32_t>> read;
    operands(n, read);
    for (auto [p, result] : read) {
      level_[n] = std::max(level_[n], is_tight(n, p) ? level_[p] : level_[p] + 1);
    }
  }

  void join(std::size_t a, std::size_t b) {
    parent_[std::max(group(a), group(b))] = std::min(group(a), group(b));
  }

  void join_producers(std::size_t n) {
    if (!is_grouped(n)) return;
    std::set<std::pair<std::size_t, std::int32_t>> read;
    operands(n, read);
    for (auto [p, result] : read) {
      if (is_tight(n, p) && level_[n] == level_[p] && group(n) != group(p)) join(n, p);
    }
  }

  /// Groups of one level and shape that read the same full operand share the pass over it.
  void join_siblings() {
    using Operand = std::pair<std::size_t, std::int32_t>;
    std::map<std::pair<Operand, int>, std::size_t> first_reader;
    std::map<std::size_t, std::size_t> sizes;
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      if (is_grouped(n)) ++sizes[group(n)];
    }
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      if (!is_grouped(n)) continue;
      std::set<Operand> read;
      operands(n, read);
      for (Operand operand : read) {
        const Type& type =
            node(operand.first).results[static_cast<std::size_t>(operand.second)].type;
        if (type.shape != *space_[n] || type.shape.size() == 1) continue;
        auto [found, is_new] = first_reader.insert({{operand, level_[n]}, n});
        std::size_t a = group(found->second);
        std::size_t b = group(n);
        if (is_new || a == b || sizes[a] + sizes[b] > most_joined) continue;
        std::size_t both = sizes[a] + sizes[b];
        join(a, b);
        sizes[group(a)] = both;
      }
    }
  }

  const Graph& graph_;
  const FuseOptions& options_;
  std::vector<std::vector<std::vector<std::int32_t>>> readers_;
  std::vector<const Shape*> space_;  ///< of nodes that can be fused
  std::vector<std::optional<FusedReduction>> reduction_;
  std::vector<bool> inlined_;
  std::vector<int> level_;
  std::vector<std::size_t> parent_;
};

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
        for (Value input : node(n).inputs) needed_.insert(key(input));
      }
    }
    for (const Graph::Output& output : graph_.outputs()) needed_.insert(key(output.value));
    for (const Graph::Update& update : graph_.updates()) needed_.insert(key(update.value));
  }

  static std::pair<std::size_t, std::int32_t> key(Value value) {
    return {static_cast<std::size_t>(value.node()), value.result()};
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
    for (Value input : node(n).inputs) {
      auto i = static_cast<std::size_t>(input.node());
      if (groups_.is_inlined(i)) {
        add_operands(group, i);
      } else if (!is_inside(group, i)) {
        needed_.insert(key(input));
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
    for (Value input : node(n).inputs) instruction.operands.push_back(place_of(group, input));
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
  std::set<std::pair<std::size_t, std::int32_t>> needed_;
};

}  // namespace

std::unique_ptr<Graph> fuse(const Graph& graph, const FuseOptions& options) {
  return Fuser(graph, options).run();
}

}  // namespace sloy
