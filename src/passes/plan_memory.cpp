#include "passes/plan_memory.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <numeric>

#include "graph/leaf.h"
#include "passes/schedule.h"

namespace sloy {
namespace {

constexpr std::size_t line = 64;
/// What fits a core's own cache is better kept together.
constexpr std::size_t least_roomy_bytes = 1'000'000;
std::size_t rounded(std::size_t bytes) { return (bytes + line - 1) / line * line; }

class Planner {
 public:
  Planner(const Lowered& lowered, const std::vector<std::int32_t>& order,
          const MemoryOptions& options)
      : graph_(*lowered.graph), lowered_(lowered), order_(order), options_(options) {}

  MemoryPlan run() {
    plan_.results.resize(graph_.nodes().size());
    plan_.scratch.resize(graph_.nodes().size(), 0);
    place_leaves();
    find_last_uses();
    for (const Graph::Update& update : graph_.updates()) {
      address(update.value) = {Address::state, update.variable};
      placed_.insert({key(update.value), -1});
    }
    for (std::size_t step = 0; step < order_.size(); ++step) {
      place_results(static_cast<std::int32_t>(step));
    }
    assign_all_offsets();
    for (auto& [value, block] : placed_) {
      if (block >= 0) plan_address(value).offset = blocks_[static_cast<std::size_t>(block)].offset;
    }
    for (auto [node, block] : scratch_) {
      plan_.scratch[static_cast<std::size_t>(node)] =
          blocks_[static_cast<std::size_t>(block)].offset;
    }
    place_views();
    plan_.blocks = std::move(blocks_);
    return std::move(plan_);
  }

 private:
  using Key = std::pair<std::int32_t, std::int32_t>;
  static Key key(Value value) { return {value.node(), value.result()}; }
  Address& plan_address(Key key) {
    return plan_.results[static_cast<std::size_t>(key.first)][static_cast<std::size_t>(key.second)];
  }
  Address& address(Value value) { return plan_address(key(value)); }

  void place_leaves() {
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      const Node& node = graph_.nodes()[n];
      plan_.results[n].resize(node.results.size());
      if (node.op == &constant_op) {
        plan_.results[n][0] = {Address::constants, static_cast<std::int64_t>(plan_.constant_bytes)};
        plan_.constant_bytes += rounded(bytes_of(node.results[0], options_.precision));
      } else if (node.op == &variable_op) {
        plan_.results[n][0] = {Address::state,
                               OpDefinition<VariableAttributes>::as(node.attributes).id};
      }
    }
    for (std::size_t i = 0; i < graph_.inputs().size(); ++i) {
      address(graph_.inputs()[i]) = {Address::first_input + static_cast<std::int32_t>(i), 0};
    }
  }

  /// The last step that reads each value, through views too; outputs are read after the end.
  void find_last_uses() {
    for (std::size_t step = 0; step < order_.size(); ++step) {
      for (Value input : graph_.nodes()[static_cast<std::size_t>(order_[step])].inputs) {
        last_use_[key(root_of(graph_, input))] = static_cast<std::int32_t>(step);
      }
    }
    for (const Graph::Output& output : graph_.outputs()) {
      last_use_[key(root_of(graph_, output.value))] = static_cast<std::int32_t>(order_.size());
    }
  }

  void place_results(std::int32_t step) {
    std::int32_t n = order_[static_cast<std::size_t>(step)];
    const Node& node = graph_.nodes()[static_cast<std::size_t>(n)];
    const Proposal& proposal = lowered_.selections[static_cast<std::size_t>(n)].proposal;
    std::vector<std::int32_t> taken;  // blocks a result of this node took over
    for (std::int32_t r = 0; r < static_cast<std::int32_t>(node.results.size()); ++r) {
      Key result{n, r};
      if (placed_.count(result)) continue;
      auto found = last_use_.find(result);
      std::int32_t last = found == last_use_.end() ? step : found->second;
      std::size_t bytes =
          rounded(bytes_of(node.results[static_cast<std::size_t>(r)], options_.precision));
      std::int32_t block = take_over(node, proposal, r, step, bytes, taken);
      if (block >= 0) {
        taken.push_back(block);
        blocks_[static_cast<std::size_t>(block)].last = last;
        ++plan_.in_place;
      } else {
        block = static_cast<std::int32_t>(blocks_.size());
        blocks_.push_back({bytes, step, last, 0, n});
      }
      placed_[result] = block;
      plan_address(result) = {Address::arena, 0};
    }
    if (proposal.scratch_bytes > 0) {
      scratch_.emplace_back(n, static_cast<std::int32_t>(blocks_.size()));
      blocks_.push_back({rounded(proposal.scratch_bytes), step, step, 0, n});
    }
  }

  /// The block of an input that dies at this step and that the kernel may overwrite, or -1.
  std::int32_t take_over(const Node& node, const Proposal& proposal, std::int32_t r,
                         std::int32_t step, std::size_t bytes,
                         const std::vector<std::int32_t>& taken) const {
    if (!options_.in_place) return -1;
    for (auto [result, input] : proposal.in_place) {
      if (result != r) continue;
      Value root = root_of(graph_, node.inputs[static_cast<std::size_t>(input)]);
      auto placed = placed_.find(key(root));
      if (placed == placed_.end() || placed->second < 0) continue;
      if (last_use_.at(key(root)) != step) continue;
      if (blocks_[static_cast<std::size_t>(placed->second)].bytes != bytes) continue;
      if (std::count(taken.begin(), taken.end(), placed->second)) continue;
      if (read_otherwise(node, proposal, r, root)) continue;
      return placed->second;
    }
    return -1;
  }

  /// Whether the node also reads `root` through an operand that this result may not overwrite.
  bool read_otherwise(const Node& node, const Proposal& proposal, std::int32_t r,
                      Value root) const {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (root_of(graph_, node.inputs[i]) != root) continue;
      std::pair<int, int> pair{r, static_cast<int>(i)};
      if (!std::count(proposal.in_place.begin(), proposal.in_place.end(), pair)) return true;
    }
    return false;
  }

  void assign_all_offsets() {
    plan_.arena_bytes = assign_offsets(blocks_);
    if (plan_.arena_bytes < least_roomy_bytes || plan_.arena_bytes > options_.roomy_bytes) return;
    std::vector<Block> roomy = blocks_;
    const std::size_t bytes = assign_offsets(roomy, Places::own_size);
    if (bytes > options_.roomy_bytes) return;
    blocks_ = std::move(roomy);
    plan_.arena_bytes = bytes;
  }

  void place_views() {
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      const Node& node = graph_.nodes()[n];
      if (node.op->kind() != Kind::view) continue;
      Value view{const_cast<Graph*>(&graph_), static_cast<std::int32_t>(n), 0};
      plan_.results[n][0] = address(root_of(graph_, view));
    }
  }

  const Graph& graph_;
  const Lowered& lowered_;
  const std::vector<std::int32_t>& order_;
  const MemoryOptions& options_;
  MemoryPlan plan_;
  std::map<Key, std::int32_t> last_use_;
  std::map<Key, std::int32_t> placed_;  ///< value → block; -1: in the state
  std::vector<std::pair<std::int32_t, std::int32_t>> scratch_;  ///< node, block
  std::vector<Block> blocks_;
};

}  // namespace

MemoryPlan plan_memory(const Lowered& lowered, const std::vector<std::int32_t>& order,
                       const MemoryOptions& options) {
  return Planner(lowered, order, options).run();
}

std::size_t bytes_of(const Result& result, NumericPrecision precision) {
  std::int64_t elements =
      result.layout ? result.layout->elements(result.type.shape) : result.type.shape.size();
  bool wide = result.type.dtype == DType::float32 && precision == NumericPrecision::float64;
  const std::size_t own = wide ? 8 : size_of(result.type.dtype);
  return static_cast<std::size_t>(elements) *
         (result.layout ? result.layout->element_bytes(own) : own);
}

std::size_t assign_offsets(std::vector<Block>& blocks, Places places) {
  std::vector<std::size_t> by_size(blocks.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](std::size_t a, std::size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  std::size_t total = 0;
  std::vector<std::size_t> placed;  // by offset
  for (std::size_t b : by_size) {
    Block& block = blocks[b];
    std::int64_t best = -1;
    std::int64_t best_gap = 0;
    std::int64_t end = 0;  // of what was seen so far
    auto bytes = static_cast<std::int64_t>(block.bytes);
    for (std::size_t p : placed) {
      const Block& other = blocks[p];
      const bool is_dead = other.last < block.first || other.first > block.last;
      if (is_dead && (places == Places::any || other.bytes == block.bytes)) continue;
      std::int64_t gap = other.offset - end;
      if (gap >= bytes && (best < 0 || gap < best_gap)) {
        best = end;
        best_gap = gap;
      }
      end = std::max(end, other.offset + static_cast<std::int64_t>(other.bytes));
    }
    block.offset = best >= 0 ? best : end;
    total = std::max(total, static_cast<std::size_t>(block.offset) + block.bytes);
    auto place = std::upper_bound(
        placed.begin(), placed.end(), b,
        [&](std::size_t a, std::size_t other) { return blocks[a].offset < blocks[other].offset; });
    placed.insert(place, b);
  }
  return total;
}

}  // namespace sloy
