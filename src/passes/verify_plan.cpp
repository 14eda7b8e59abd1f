#include "passes/verify_plan.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>

#include "graph/leaf.h"
#include "passes/plan_memory.h"
#include "passes/schedule.h"

namespace sloy {
namespace {

std::size_t index(Value value) { return static_cast<std::size_t>(value.node()); }

std::string name_of(const Graph& graph, std::size_t n) {
  return "%" + std::to_string(n) + " = " + std::string(graph.nodes()[n].op->name());
}

[[noreturn]] void fail(std::string_view pass, const std::string& what) {
  throw std::logic_error("after " + std::string(pass) + ": " + what);
}

class ScheduleVerifier {
 public:
  ScheduleVerifier(const Graph& graph, const std::vector<std::int32_t>& order)
      : graph_(graph), place_(graph.nodes().size(), not_placed) {
    for (std::size_t step = 0; step < order.size(); ++step) put(order[step], step);
    for (std::size_t n = 0; n < place_.size(); ++n) {
      if (runs(graph.nodes()[n]) && place_[n] == not_placed)
        stop(name_of(graph, n) + " is left out");
    }
  }

  void run() const {
    std::map<VariableId, std::size_t> writers;
    for (const Graph::Update& update : graph_.updates()) {
      if (!runs(graph_.node(update.value))) stop("an update is written by nothing");
      writers[update.variable] = index(update.value);
    }
    for (std::size_t n = 0; n < place_.size(); ++n) {
      if (!runs(graph_.nodes()[n])) continue;
      for (Value input : graph_.nodes()[n].inputs) check_input(n, input, writers);
    }
  }

 private:
  static constexpr std::size_t not_placed = SIZE_MAX;

  [[noreturn]] static void stop(const std::string& what) { fail("schedule", what); }

  void put(std::int32_t n, std::size_t step) {
    const auto node = static_cast<std::size_t>(n);
    if (n < 0 || node >= place_.size()) stop("a node runs that is not there");
    if (!runs(graph_.nodes()[node])) stop(name_of(graph_, node) + " has nothing to run");
    if (place_[node] != not_placed) stop(name_of(graph_, node) + " runs twice");
    place_[node] = step;
  }

  void check_input(std::size_t n, Value input,
                   const std::map<VariableId, std::size_t>& writers) const {
    const Value root = root_of(graph_, input);
    const Node& producer = graph_.node(root);
    if (runs(producer) && place_[index(root)] >= place_[n]) {
      stop(name_of(graph_, n) + " runs before " + name_of(graph_, index(root)));
    }
    if (producer.op != &variable_op) return;
    const VariableId id = OpDefinition<VariableAttributes>::as(producer.attributes).id;
    const auto writer = writers.find(id);
    if (writer != writers.end() && place_[writer->second] < place_[n]) {
      stop(name_of(graph_, n) + " reads " + graph_.variables()[id].name + " after its update");
    }
  }

  const Graph& graph_;
  std::vector<std::size_t> place_;
};

/// Which value each piece of a segment holds.
class Contents {
 public:
  using Holder = std::pair<std::int32_t, std::int32_t>;  // node and result

  /// Whatever reached into the piece is destroyed.
  void write(std::int64_t begin, std::int64_t end, Holder holder) {
    if (begin == end) return;
    auto piece = pieces_.upper_bound(begin);
    if (piece != pieces_.begin() && std::prev(piece)->second.end > begin) --piece;
    while (piece != pieces_.end() && piece->first < end) piece = pieces_.erase(piece);
    pieces_[begin] = {end, holder};
  }
  bool holds(std::int64_t begin, std::int64_t end, Holder holder) const {
    if (begin == end) return true;
    const auto piece = pieces_.find(begin);
    return piece != pieces_.end() && piece->second.end == end && piece->second.holder == holder;
  }

 private:
  struct Piece {
    std::int64_t end;
    Holder holder;
  };
  std::map<std::int64_t, Piece> pieces_;
};

class MemoryVerifier {
 public:
  MemoryVerifier(const Lowered& lowered, const MemoryPlan& plan, NumericPrecision precision)
      : graph_(*lowered.graph),
        selections_(lowered.selections),
        plan_(plan),
        precision_(precision),
        segments_(Address::first_input + graph_.inputs().size()) {}

  void run(const std::vector<std::int32_t>& order) {
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      const Node& node = graph_.nodes()[n];
      if (node.op->kind() == Kind::leaf) write(value(n, 0));
      if (node.op->kind() == Kind::view && !same_place(value(n, 0), node.inputs[0])) {
        stop(n, "lies elsewhere than what it views");
      }
    }
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      if (graph_.nodes()[n].op->kind() == Kind::leaf) check_kept(value(n, 0), "a leaf");
    }
    for (const auto& [variable, value] : graph_.updates()) {
      const Address& address = place(value);
      if (address.segment != Address::state || address.offset != variable) {
        stop(index(value), "is an update that lies outside its variable");
      }
    }
    for (std::int32_t n : order) step(static_cast<std::size_t>(n));
    for (const Graph::Output& output : graph_.outputs()) check_kept(output.value, "an output");
    for (const Graph::Update& update : graph_.updates()) check_kept(update.value, "an update");
  }

 private:
  struct Range {
    std::int32_t segment;
    std::int64_t begin;
    std::int64_t end;
    bool overlaps(const Range& other) const {
      return segment == other.segment && begin < other.end && other.begin < end;
    }
    bool operator==(const Range&) const = default;
  };

  [[noreturn]] void stop(std::size_t n, const std::string& what) const {
    fail("plan_memory", name_of(graph_, n) + " " + what);
  }

  Value value(std::size_t n, std::size_t result) const {
    return {const_cast<Graph*>(&graph_), static_cast<std::int32_t>(n),
            static_cast<std::int32_t>(result)};
  }
  const Address& place(Value value) const {
    return plan_.results[index(value)][static_cast<std::size_t>(value.result())];
  }
  bool same_place(Value a, Value b) const {
    return place(a).segment == place(b).segment && place(a).offset == place(b).offset;
  }

  /// A variable is one piece of its own: its offset is filled in later.
  Range range_of(Value value) const {
    const Address& address = place(value);
    if (address.segment == Address::state) {
      return {address.segment, address.offset, address.offset + 1};
    }
    const auto& result = graph_.node(value).results[static_cast<std::size_t>(value.result())];
    const auto bytes = static_cast<std::int64_t>(bytes_of(result, precision_));
    return {address.segment, address.offset, address.offset + bytes};
  }
  std::int64_t size_of_segment(std::int32_t segment) const {
    if (segment == Address::arena) return static_cast<std::int64_t>(plan_.arena_bytes);
    if (segment == Address::constants) return static_cast<std::int64_t>(plan_.constant_bytes);
    if (segment == Address::state) return graph_.variables().size();
    const auto input = static_cast<std::size_t>(segment - Address::first_input);
    return range_of(graph_.inputs()[input]).end;
  }

  Contents& contents(std::int32_t segment) { return segments_[static_cast<std::size_t>(segment)]; }
  void write(const Range& range, Contents::Holder holder, std::size_t n) {
    if (range.begin < 0 || range.end > size_of_segment(range.segment)) {
      stop(n, "reaches out of its segment");
    }
    if (range.segment == Address::arena && range.begin % 64 != 0) stop(n, "is not aligned");
    contents(range.segment).write(range.begin, range.end, holder);
  }
  void write(Value value) { write(range_of(value), {value.node(), value.result()}, index(value)); }

  bool is_held(Value value) {
    const Value root = root_of(graph_, value);
    const Range range = range_of(root);
    return contents(range.segment).holds(range.begin, range.end, {root.node(), root.result()});
  }
  void check_operand(std::size_t reader, Value value) {
    if (is_held(value)) return;
    stop(reader, "reads " + name_of(graph_, index(root_of(graph_, value))) +
                     ", which is not there any more");
  }
  void check_kept(Value value, const std::string& what) {
    if (!is_held(value)) stop(index(value), "is " + what + " that is written over");
  }

  void step(std::size_t n) {
    const Node& node = graph_.nodes()[n];
    const Proposal& proposal = selections_[n].proposal;
    for (Value input : node.inputs) check_operand(n, input);

    std::vector<Range> written;
    for (std::size_t r = 0; r < node.results.size(); ++r) {
      const Range range = range_of(value(n, r));
      check_operands(n, range, static_cast<int>(r));
      written.push_back(range);
    }
    const std::int64_t scratch = plan_.scratch[n];
    if (proposal.scratch_bytes > 0) {
      written.push_back(
          {Address::arena, scratch, scratch + static_cast<std::int64_t>(proposal.scratch_bytes)});
      check_operands(n, written.back(), -1);
    }
    for (std::size_t i = 0; i < written.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (written[i].overlaps(written[k])) stop(n, "writes two things to one place");
      }
      const bool is_result = i < node.results.size();
      const auto result = is_result ? static_cast<std::int32_t>(i) : std::int32_t{-1};
      write(written[i], {static_cast<std::int32_t>(n), result}, n);
    }
  }

  /// What a kernel writes may be an operand only where it says so, and then all of it. `result` is
  /// -1 for scratch.
  void check_operands(std::size_t n, const Range& range, int result) const {
    const auto& allowed = selections_[n].proposal.in_place;
    const std::vector<Value>& inputs = graph_.nodes()[n].inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Range operand = range_of(root_of(graph_, inputs[i]));
      if (!operand.overlaps(range)) continue;
      const std::pair<int, int> pair{result, static_cast<int>(i)};
      const bool may = std::find(allowed.begin(), allowed.end(), pair) != allowed.end();
      if (!may || operand != range) stop(n, "writes over its operand " + std::to_string(i));
    }
  }

  const Graph& graph_;
  const std::vector<Selection>& selections_;
  const MemoryPlan& plan_;
  NumericPrecision precision_;
  std::vector<Contents> segments_;
};

}  // namespace

void verify_schedule(const Lowered& lowered, const std::vector<std::int32_t>& order) {
  ScheduleVerifier(*lowered.graph, order).run();
}

void verify_memory(const Lowered& lowered, const std::vector<std::int32_t>& order,
                   const MemoryPlan& plan, NumericPrecision precision) {
  MemoryVerifier(lowered, plan, precision).run(order);
}

}  // namespace sloy
