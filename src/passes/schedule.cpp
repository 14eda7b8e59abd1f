#include "passes/schedule.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <set>

#include "graph/leaf.h"
#include "ops/reorder.h"
#include "passes/plan_memory.h"

namespace sloy {
namespace {

std::size_t index(Value value) { return static_cast<std::size_t>(value.node()); }

/// The variable a value's memory belongs to, or -1.
VariableId variable_of(const Graph& graph, Value value) {
  const Node& node = graph.node(root_of(graph, value));
  if (node.op != &variable_op) return -1;
  return OpDefinition<VariableAttributes>::as(node.attributes).id;
}

class UpdatePlacer {
 public:
  UpdatePlacer(Lowered& lowered, const Backend& backend, NumericPrecision precision, bool in_place)
      : lowered_(lowered),
        graph_(*lowered.graph),
        backend_(backend),
        precision_(precision),
        in_place_(in_place) {}

  void run() {
    std::vector<Graph::Update> updates = graph_.updates();
    keep_old_values(updates);
    for (const Graph::Output& output : graph_.outputs()) taken_.insert(key(output.value));
    for (const Graph::Update& update : updates) {
      if (in_place_ && fits(update)) {
        write(update.variable, update.value);
      } else {
        write_copy(update);
      }
    }
  }

 private:
  static std::pair<std::int32_t, std::int32_t> key(Value value) {
    return {value.node(), value.result()};
  }

  /// An output that is a variable's old value must be saved before the update.
  void keep_old_values(const std::vector<Graph::Update>& updates) {
    for (std::size_t i = 0; i < graph_.outputs().size(); ++i) {
      Value value = graph_.outputs()[i].value;
      VariableId id = variable_of(graph_, value);
      auto writes = [&](const Graph::Update& update) { return update.variable == id; };
      if (id >= 0 && std::any_of(updates.begin(), updates.end(), writes)) {
        graph_.set_output(i, copy_of(value));
      }
    }
  }

  /// Whether the node can write its result into the variable's memory while it computes.
  bool fits(const Graph::Update& update) const {
    const Node& node = graph_.node(update.value);
    if (!runs(node) || taken_.count(key(update.value))) return false;
    const auto& in_place = lowered_.selections[index(update.value)].proposal.in_place;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (variable_of(graph_, node.inputs[i]) != update.variable) continue;
      std::pair<int, int> wanted{update.value.result(), static_cast<int>(i)};
      if (std::find(in_place.begin(), in_place.end(), wanted) == in_place.end()) return false;
    }
    return can_wait(index(update.value), update.variable);
  }

  /// Whether node `writer` can run after every other reader of the variable it overwrites: none of
  /// them needs what it computes, or waits for it before overwriting something else.
  bool can_wait(std::size_t writer, VariableId variable) const {
    std::vector<bool> later(graph_.nodes().size(), false);
    std::vector<std::size_t> open{writer};
    std::vector<std::vector<std::size_t>> next = successors();
    while (!open.empty()) {
      std::size_t n = open.back();
      open.pop_back();
      for (std::size_t m : next[n]) {
        if (!later[m]) open.push_back(m);
        later[m] = true;
      }
    }
    for (std::size_t n = 0; n < later.size(); ++n) {
      if (later[n] && n != writer && reads(n, variable)) return false;
    }
    return true;
  }

  bool reads(std::size_t n, VariableId variable) const {
    const Node& node = graph_.nodes()[n];
    return runs(node) && std::any_of(node.inputs.begin(), node.inputs.end(), [&](Value input) {
             return variable_of(graph_, input) == variable;
           });
  }

  /// Who runs after whom: readers after what they read, and writers placed so far after readers.
  std::vector<std::vector<std::size_t>> successors() const {
    std::vector<std::vector<std::size_t>> next(graph_.nodes().size());
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      for (Value input : graph_.nodes()[n].inputs) {
        next[index(root_of(graph_, input))].push_back(n);
        auto writer = writers_.find(variable_of(graph_, input));
        if (writer != writers_.end() && writer->second != n) next[n].push_back(writer->second);
      }
    }
    return next;
  }

  void write(VariableId variable, Value value) {
    taken_.insert(key(value));
    writers_[variable] = index(value);
    graph_.set_update(variable, value);
  }

  /// Behind a copy in the variable; where even that would overwrite what a later node reads (two
  /// variables that change places), behind one that takes the value aside first.
  void write_copy(const Graph::Update& update) {
    Value copy = copy_of(update.value);
    if (!can_wait(index(copy), update.variable)) copy = copy_of(copy);
    write(update.variable, copy);
  }

  Value copy_of(Value value) {
    const auto& result = graph_.node(value).results[static_cast<std::size_t>(value.result())];
    Layout layout = layout_of(result);
    Node node{.op = &reorder_op,
              .attributes = OpDefinition<ReorderAttributes>::box({layout, layout}),
              .inputs = {value},
              .results = {result},
              .path = graph_.node(value).path,
              .phase = Phase::update};
    Operand operand{&result.type, &layout, false};
    std::vector<Type> outputs{result.type};
    Request request{&reorder_op, node.attributes.get(), {&operand, 1}, outputs};
    Selection selection;
    for (const Offer* offer : backend_.offers(reorder_op)) {
      std::string refusal;
      if (auto proposal = offer->consider(request, refusal)) {
        selection.offer = offer;
        selection.proposal = std::move(*proposal);
        break;
      }
      selection.refused.emplace_back(offer->name, refusal);
    }
    if (!selection.proposal.kernel) {
      selection.proposal = reference_proposal(request, node.attributes, precision_);
    }
    Value copy = graph_.append(std::move(node));
    lowered_.selections.push_back(std::move(selection));
    return copy;
  }

  Lowered& lowered_;
  Graph& graph_;
  const Backend& backend_;
  NumericPrecision precision_;
  bool in_place_;
  std::set<std::pair<std::int32_t, std::int32_t>> taken_;
  std::map<VariableId, std::size_t> writers_;
};

/// A gradient this many times as large as what it is computed of is computed last.
constexpr std::size_t much_larger = 8;

class Scheduler {
 public:
  explicit Scheduler(const Graph& graph)
      : graph_(graph),
        after_(graph.nodes().size()),
        waits_(graph.nodes().size(), 0),
        is_update_(graph.nodes().size(), false),
        values_(graph.nodes().size()),
        reads_(graph.nodes().size()) {
    find_values();
    find_order();
  }

  std::vector<std::int32_t> run() {
    std::set<std::size_t> ready;
    std::size_t count = 0;
    for (std::size_t n = 0; n < waits_.size(); ++n) {
      if (!runs(graph_.nodes()[n])) continue;
      ++count;
      if (waits_[n] == 0) ready.insert(n);
    }
    std::vector<std::int32_t> result;
    while (!ready.empty()) {
      const std::size_t n = next(ready);
      ready.erase(n);
      result.push_back(static_cast<std::int32_t>(n));
      for (Value root : reads_[n]) --of(root).readers;
      for (std::size_t later : after_[n]) {
        if (--waits_[later] == 0) ready.insert(later);
      }
    }
    assert(result.size() == count);
    return result;
  }

 private:
  /// A result in the arena.
  struct Held {
    std::size_t bytes = 0;
    int readers = 0;  ///< still to come
    bool is_output = false;
    bool for_updates = true;  ///< whether updates alone read it
  };

  Held& of(Value root) { return values_[index(root)][static_cast<std::size_t>(root.result())]; }
  const Held& of(Value root) const {
    return values_[index(root)][static_cast<std::size_t>(root.result())];
  }
  bool is_update(std::size_t n) const {
    return is_update_[n] || graph_.nodes()[n].phase == Phase::update;
  }

  /// The values in the arena that a node reads, each once.
  std::vector<Value> arena_inputs(std::size_t n) const {
    std::vector<Value> roots;
    for (Value input : graph_.nodes()[n].inputs) {
      const Value root = root_of(graph_, input);
      if (!runs(graph_.node(root)) || of(root).bytes == 0) continue;
      if (std::find(roots.begin(), roots.end(), root) == roots.end()) roots.push_back(root);
    }
    return roots;
  }

  void find_values() {
    for (std::size_t n = 0; n < values_.size(); ++n) {
      for (const Result& made : graph_.nodes()[n].results) {
        values_[n].push_back({.bytes = bytes_of(made, NumericPrecision::float32)});
      }
    }
    for (const Graph::Update& update : graph_.updates()) {
      of(update.value).bytes = 0;
      is_update_[index(update.value)] = true;
    }
    for (const Graph::Output& output : graph_.outputs()) {
      of(root_of(graph_, output.value)).is_output = true;
    }
    for (std::size_t n = 0; n < values_.size(); ++n) {
      if (!runs(graph_.nodes()[n])) continue;
      reads_[n] = arena_inputs(n);
      for (Value root : reads_[n]) {
        ++of(root).readers;
        of(root).for_updates &= is_update(n);
      }
    }
  }

  void order(std::size_t first, std::size_t then) {
    if (first != then && after_[first].insert(then).second) ++waits_[then];
  }

  void find_order() {
    std::vector<std::vector<std::size_t>> readers(
        static_cast<std::size_t>(graph_.variables().size()));
    for (std::size_t n = 0; n < graph_.nodes().size(); ++n) {
      if (!runs(graph_.nodes()[n])) continue;
      for (Value input : graph_.nodes()[n].inputs) {
        const Value root = root_of(graph_, input);
        if (runs(graph_.node(root))) order(index(root), n);
        const VariableId id = variable_of(graph_, input);
        if (id >= 0) readers[static_cast<std::size_t>(id)].push_back(n);
      }
    }
    for (const Graph::Update& update : graph_.updates()) {
      for (std::size_t reader : readers[static_cast<std::size_t>(update.variable)]) {
        order(reader, index(update.value));
      }
    }
  }

  std::size_t taken(std::size_t n) const {
    std::size_t bytes = 0;
    for (const Held& held : values_[n]) bytes += held.bytes;
    return bytes;
  }

  int rank(std::size_t n) const {
    if (is_update(n)) return 0;
    std::size_t read = 0, freed = 0;
    for (Value root : reads_[n]) {
      const Held& held = of(root);
      read += held.bytes;
      if (held.readers == 1 && !held.is_output) freed += held.bytes;
    }
    const std::size_t taken = this->taken(n);
    if (freed > 0 && freed >= taken) return 1;
    return feeds_updates(n) && taken > much_larger * read ? 3 : 2;
  }

  /// The first of the lowest rank.
  std::size_t next(const std::set<std::size_t>& ready) const {
    std::size_t first = *ready.begin();
    int lowest = rank(first);
    for (std::size_t n : ready) {
      const int rank = this->rank(n);
      if (rank >= lowest) continue;
      first = n;
      lowest = rank;
    }
    return first;
  }

  /// Whether updates alone read what it computes.
  bool feeds_updates(std::size_t n) const {
    return std::all_of(values_[n].begin(), values_[n].end(), [](const Held& held) {
      return held.readers > 0 && held.for_updates && !held.is_output;
    });
  }

  const Graph& graph_;
  std::vector<std::set<std::size_t>> after_;  ///< who waits for a node
  std::vector<int> waits_;                    ///< for how many
  std::vector<bool> is_update_;               ///< whose result is a variable's new value
  std::vector<std::vector<Held>> values_;     ///< of each node's results
  std::vector<std::vector<Value>> reads_;     ///< what each node reads of the arena
};

}  // namespace

Value root_of(const Graph& graph, Value value) {
  while (graph.node(value).op->kind() == Kind::view) value = graph.node(value).inputs[0];
  return value;
}

void place_updates(Lowered& lowered, const Backend& backend, NumericPrecision precision,
                   bool in_place) {
  UpdatePlacer(lowered, backend, precision, in_place).run();
}

std::vector<std::int32_t> schedule(const Lowered& lowered) {
  return Scheduler(*lowered.graph).run();
}

}  // namespace sloy
