#include "passes/fuse_groups.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <string_view>

#include "graph/leaf.h"
#include "passes/rewrite.h"

namespace sloy {
namespace {

/// Longest chain of one operand that is computed anew by each reader rather than stored.
constexpr int cheap_instructions = 4;
/// Longest chain that is computed anew where its operands are read anyway.
constexpr int repeated_instructions = 6;
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

std::optional<FusedReduction> reduction_of(const Node& node) {
  if (node.inputs.size() != 1) return {};
  return reduction_of(*node.op, node.attributes.get(), node.inputs[0].type());
}

}  // namespace

Groups::Groups(const Graph& graph, const FuseOptions& options)
    : graph_(graph), options_(options), readers_(readers(graph)) {
  classify();
  const std::vector<bool> stored = stored_nodes();
  inline_cheap_nodes(stored);
  read_before_rectifying();
  form();
  inline_what_readers_can_compute(stored);
  form();
}

std::size_t Groups::group(std::size_t n) const {
  while (parent_[n] != n) n = parent_[n];
  return n;
}

const std::vector<Value>& Groups::inputs(std::size_t n) const {
  return replaced_inputs_[n] ? *replaced_inputs_[n] : node(n).inputs;
}

void Groups::classify() {
  const std::size_t count = graph_.nodes().size();
  space_.resize(count, nullptr);
  reduction_.resize(count);
  inlined_.resize(count, false);
  replaced_inputs_.resize(count);
  for (std::size_t n = 0; n < count; ++n) {
    if (is_element_wise(node(n))) {
      space_[n] = &node(n).results[0].type.shape;
    } else if ((reduction_[n] = reduction_of(node(n)))) {
      space_[n] = &node(n).inputs[0].shape();
    }
  }
}

/// Nodes that something besides a group over their shape reads.
std::vector<bool> Groups::stored_nodes() const {
  std::vector<bool> stored(graph_.nodes().size(), false);
  const auto store = [&](Value value) { stored[static_cast<std::size_t>(value.node())] = true; };
  for (const Graph::Output& output : graph_.outputs()) store(output.value);
  for (const Graph::Update& update : graph_.updates()) store(update.value);
  for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
    for (Value input : node(n).inputs) {
      if (space_[n] == nullptr || *space_[n] != input.shape()) store(input);
    }
  }
  return stored;
}

bool Groups::is_full(NodeResult operand, const Shape& space) const {
  const auto& [n, result] = operand;
  return node(n).results[static_cast<std::size_t>(result)].type.shape == space;
}

/// Nothing where it takes more than `most` instructions or a slow one. What `is_computed` of the
/// nodes it reads counts as part of it.
template <class IsComputed>
std::optional<Groups::Cost> Groups::cost(std::size_t n, int most,
                                         const IsComputed& is_computed) const {
  Cost cost;
  if (!add_cost(n, most, is_computed, cost)) return {};
  return cost;
}

template <class IsComputed>
bool Groups::add_cost(std::size_t n, int most, const IsComputed& is_computed, Cost& cost) const {
  if (++cost.instructions > most || is_transcendental(*node(n).op)) return false;
  if (is_random(*node(n).op)) return true;
  for (Value input : inputs(n)) {
    if (reach_of(input.shape(), *space_[n]) != Reach::full) continue;
    const NodeResult operand = result_of(input);
    if (!is_computed(operand.first)) {
      cost.full.insert(operand);
    } else if (!add_cost(operand.first, most, is_computed, cost)) {
      return false;
    }
  }
  return true;
}

/// Computing a node again costs less than storing it where it takes a few plain instructions on at
/// most one full operand, or random numbers.
void Groups::inline_cheap_nodes(const std::vector<bool>& stored) {
  const auto is_computed = [&](std::size_t n) { return bool{inlined_[n]}; };
  for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
    if (!space_[n] || reduction_[n] || stored[n]) continue;
    const auto price = cost(n, cheap_instructions, is_computed);
    inlined_[n] = price && price->full.size() <= 1;
  }
}

/// z is positive where rectify(z) is. A mask of positive numbers reads z where that is computed
/// anew, from an operand that is still needed by then: one operand less for the group.
void Groups::read_before_rectifying() {
  const auto is_computed = [&](std::size_t n) { return bool{inlined_[n]}; };
  for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
    if (!inlined_[n] || node(n).op->name() != "greater") continue;
    const auto rectified = static_cast<std::size_t>(node(n).inputs[0].node());
    if (inlined_[rectified] || node(rectified).op->name() != "rectify") continue;
    const auto limit = uniform_constant_of(graph_, node(n).inputs[1]);
    const Value z = node(rectified).inputs[0];
    if (!limit || *limit != 0 || !inlined_[static_cast<std::size_t>(z.node())]) continue;
    replaced_inputs_[n] = node(n).inputs;
    replaced_inputs_[n]->front() = z;
    const auto price = cost(n, cheap_instructions, is_computed);
    if (!price || price->full.size() != 1 || !is_read_after(*price->full.begin(), n)) {
      replaced_inputs_[n].reset();
    }
  }
}

/// Whether a node that follows n, and doesn't merely read n, needs the operand.
bool Groups::is_read_after(NodeResult operand, std::size_t n) const {
  for (std::size_t later = n + 1; later < graph_.nodes().size(); ++later) {
    if (inlined_[later]) continue;
    const std::vector<Value>& read = inputs(later);
    const bool needs = std::ranges::any_of(read, [&](Value input) {
      if (result_of(input) == operand) return true;
      const auto i = static_cast<std::size_t>(input.node());
      if (!inlined_[i] || i == n) return false;
      std::set<NodeResult> found;
      operands(i, found);
      return found.count(operand) > 0;
    });
    if (needs) return true;
  }
  return false;
}

/// A node that leaves its group for groups which can compute it without reading more than they do
/// is computed there instead of stored: a rectifier's gradient, which a normalisation reads again.
void Groups::inline_what_readers_can_compute(const std::vector<bool>& stored) {
  const std::vector<std::set<NodeResult>> read_by_group = full_operands();
  std::vector<std::set<std::size_t>> reading_groups(graph_.nodes().size());
  for (std::size_t g = 0; g < read_by_group.size(); ++g) {
    for (const NodeResult& operand : read_by_group[g]) reading_groups[operand.first].insert(g);
  }
  std::set<std::size_t> chosen;
  for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
    if (!is_grouped(n) || reduction_[n] || stored[n] || reading_groups[n].empty()) continue;
    if (ends_chain(n)) continue;
    const auto is_computed = [&](std::size_t p) {
      return inlined_[p] || (is_grouped(p) && !reduction_[p] && group(p) == group(n));
    };
    const auto price = cost(n, repeated_instructions, is_computed);
    if (!price) continue;
    const bool stays = std::ranges::none_of(
        price->full, [&](const NodeResult& operand) { return chosen.count(operand.first) > 0; });
    const bool pays = std::ranges::all_of(reading_groups[n], [&](std::size_t g) {
      const auto added = std::ranges::count_if(price->full, [&](const NodeResult& operand) {
        return read_by_group[g].count(operand) == 0;
      });
      return added <= 1;  // in place of the node itself
    });
    if (stays && pays) chosen.insert(n);
  }
  for (std::size_t n : chosen) inlined_[n] = true;
}

/// For each group, at the place of the node that names it: what it reads of its whole space.
std::vector<std::set<NodeResult>> Groups::full_operands() const {
  std::vector<std::set<NodeResult>> of(graph_.nodes().size());
  for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
    if (!is_grouped(n)) continue;
    for (const NodeResult& operand : operands(n)) {
      const bool inside = is_tight(n, operand.first) && group(operand.first) == group(n);
      if (!inside && is_full(operand, *space_[n])) of[group(n)].insert(operand);
    }
  }
  return of;
}

void Groups::operands(std::size_t n, std::set<NodeResult>& found) const {
  for (Value input : inputs(n)) {
    const NodeResult operand = result_of(input);
    if (inlined_[operand.first]) {
      operands(operand.first, found);
    } else {
      found.insert(operand);
    }
  }
}

std::set<NodeResult> Groups::operands(std::size_t n) const {
  std::set<NodeResult> found;
  operands(n, found);
  return found;
}

/// Whether n may stand in one fused node with the producer p it reads.
bool Groups::is_tight(std::size_t n, std::size_t p) const {
  return space_[n] && space_[p] && !reduction_[p] && *space_[n] == *space_[p] && !ends_chain(p);
}

/// Whether to save memory the chain ends with p: several read it, and when it is stored, two or
/// more of its operands may go before others are made.
bool Groups::ends_chain(std::size_t p) const {
  if (!options_.short_chains || node(p).phase != Phase::backward) return false;
  if (readers_[p][0].size() < 2) return false;
  std::set<NodeResult> full;
  for (Value input : node(p).inputs) {
    if (input.shape() == *space_[p]) full.insert(result_of(input));
  }
  return full.size() > 1;
}

void Groups::form() {
  const std::size_t count = graph_.nodes().size();
  parent_.resize(count);
  level_.assign(count, 0);
  for (std::size_t n = 0; n < count; ++n) parent_[n] = n;
  for (std::size_t n = 0; n < count; ++n) set_level(n);
  for (std::size_t n = 0; n < count; ++n) join_producers(n);
  join_siblings();
}

void Groups::set_level(std::size_t n) {
  if (inlined_[n]) return;
  for (auto [p, result] : operands(n)) {
    level_[n] = std::max(level_[n], is_tight(n, p) ? level_[p] : level_[p] + 1);
  }
}

void Groups::join(std::size_t a, std::size_t b) {
  parent_[std::max(group(a), group(b))] = std::min(group(a), group(b));
}

void Groups::join_producers(std::size_t n) {
  if (!is_grouped(n)) return;
  for (auto [p, result] : operands(n)) {
    if (is_tight(n, p) && level_[n] == level_[p] && group(n) != group(p)) join(n, p);
  }
}

/// Groups of one level and shape that read the same full operand share the pass over it.
void Groups::join_siblings() {
  std::map<std::pair<NodeResult, int>, std::size_t> first_reader;
  std::map<std::size_t, std::size_t> sizes;
  for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
    if (is_grouped(n)) ++sizes[group(n)];
  }
  for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
    if (!is_grouped(n)) continue;
    for (const NodeResult& operand : operands(n)) {
      if (!is_full(operand, *space_[n]) || space_[n]->size() == 1) continue;
      auto [found, is_new] = first_reader.insert({{operand, level_[n]}, n});
      const std::size_t a = group(found->second);
      const std::size_t b = group(n);
      if (is_new || a == b || sizes[a] + sizes[b] > most_joined) continue;
      const std::size_t both = sizes[a] + sizes[b];
      join(a, b);
      sizes[group(a)] = both;
    }
  }
}

}  // namespace sloy
