#include "passes/recompute.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "passes/drop.h"

namespace sloy {
namespace {

/// A choice of what to keep, planned.
struct Choice {
  Dropped dropped;
  std::size_t arena = 0;
  double pressure = 0;
  double seconds = 0;
};

/// The most bytes in use at a time, but smooth: that one of several peaks has gone shows too.
double pressure(const MemoryPlan& plan, std::size_t steps) {
  constexpr double power = 16;
  std::vector<double> change(steps + 2, 0);
  for (const Block& block : plan.blocks) {
    change[static_cast<std::size_t>(block.first)] += static_cast<double>(block.bytes);
    change[static_cast<std::size_t>(block.last) + 1] -= static_cast<double>(block.bytes);
  }
  double used = 0, sum = 0;
  for (double by : change) {
    used += by;
    sum += std::pow(used / static_cast<double>(plan.arena_bytes), power);
  }
  return static_cast<double>(plan.arena_bytes) * std::pow(sum, 1 / power);
}

class Search {
 public:
  Search(const Scheduled& given, const RecomputeOptions& options)
      : options_(options), waiting_(given, options.memory.precision) {}

  Scheduled run() {
    std::vector<Choice> tried = try_families();
    const auto better = [&](const Choice& a, const Choice& b) { return is_better(a, b); };
    std::sort(tried.begin(), tried.end(), better);
    if (fits(tried[0])) return make(buy_back(tried[0]).dropped);
    constexpr std::size_t most_starts = 4;
    tried.resize(std::min(tried.size(), most_starts));
    for (Choice& choice : tried) {
      choice = shrink(choice);
      if (fits(choice)) break;
    }
    return make(std::min_element(tried.begin(), tried.end(), better)->dropped);
  }

  Scheduled everything() { return make(measured(dropped_but({}, true)).dropped); }

 private:
  bool fits(const Choice& choice) const { return choice.arena <= options_.arena_bytes; }
  bool is_better(const Choice& a, const Choice& b) const {
    if (fits(a) != fits(b)) return fits(a);
    return fits(a) ? std::pair(a.seconds, a.arena) < std::pair(b.seconds, b.arena)
                   : std::pair(a.arena, a.seconds) < std::pair(b.arena, b.seconds);
  }

  /// Everything that can be dropped is, but the nodes in `kept`.
  Dropped dropped_but(const std::vector<std::size_t>& kept, bool fleeting) const {
    Dropped dropped{std::vector<bool>(waiting_.graph().nodes().size()), fleeting};
    for (std::size_t n = 0; n < dropped.nodes.size(); ++n) dropped.nodes[n] = waiting_.can_drop(n);
    for (std::size_t n : kept) dropped.nodes[n] = false;
    return dropped;
  }

  Scheduled make(const Dropped& dropped) const {
    Scheduled made = drop(waiting_, dropped).scheduled.value();
    made.memory = plan_memory(made.lowered, made.order, options_.memory);
    return made;
  }

  /// Keeps besides what can't be computed again at the time it is needed.
  Choice measured(Dropped dropped) const {
    for (;;) {
      const Dropping made = drop(waiting_, dropped);
      if (made.scheduled) {
        const auto& [lowered, order, unplanned] = *made.scheduled;
        const MemoryPlan plan = plan_memory(lowered, order, options_.memory);
        return {std::move(dropped), plan.arena_bytes, pressure(plan, order.size()), made.seconds};
      }
      dropped.nodes[made.in_the_way] = false;
    }
  }

  std::vector<Choice> try_families() const {
    std::vector<std::size_t> cuts;
    for (std::size_t n : waiting_.nodes()) {
      if (waiting_.is_cut(n)) cuts.push_back(n);
    }
    std::set<std::vector<std::size_t>> sets{{}};
    constexpr int most_checkpoints = 32;
    for (int parts = 2; parts <= most_checkpoints; ++parts) {
      sets.insert(checkpoints(cuts, parts));
      sets.insert(checkpoints(waiting_.nodes(), parts));
    }
    for (int eighths = 1; eighths < 8; ++eighths) sets.insert(dearest(eighths));
    std::vector<Choice> tried;
    for (const std::vector<std::size_t>& kept : sets) {
      for (const bool fleeting : {false, true}) {
        tried.push_back(measured(dropped_but(kept, fleeting)));
      }
    }
    return tried;
  }

  /// Those of `candidates` at which as many bytes wait since the last one as make a part of all.
  std::vector<std::size_t> checkpoints(const std::vector<std::size_t>& candidates,
                                       int parts) const {
    std::size_t all = 0;
    for (std::size_t n : waiting_.nodes()) all += waiting_.bytes(n);
    std::vector<std::size_t> kept;
    std::size_t since = 0;
    for (std::size_t n : waiting_.nodes()) {
      since += waiting_.bytes(n);
      if (since * static_cast<std::size_t>(parts) < all) continue;
      if (!std::count(candidates.begin(), candidates.end(), n)) continue;
      kept.push_back(n);
      since = 0;
    }
    return kept;
  }

  /// The part of what waits that takes most time a byte.
  std::vector<std::size_t> dearest(int eighths) const {
    std::vector<std::size_t> kept = waiting_.nodes();
    std::stable_sort(kept.begin(), kept.end(),
                     [&](std::size_t a, std::size_t b) { return dearness(a) > dearness(b); });
    kept.resize(kept.size() * static_cast<std::size_t>(eighths) / 8);
    std::sort(kept.begin(), kept.end());
    return kept;
  }
  double dearness(std::size_t n) const {
    return waiting_.seconds(n) / static_cast<double>(waiting_.bytes(n));
  }

  /// Keeps more of what is dropped, the dearest first, as long as it fits.
  Choice buy_back(Choice best) const {
    std::vector<std::size_t> by_seconds = waiting_.nodes();
    std::stable_sort(by_seconds.begin(), by_seconds.end(), [&](std::size_t a, std::size_t b) {
      return waiting_.seconds(a) > waiting_.seconds(b);
    });
    for (std::size_t n : by_seconds) {
      if (!best.dropped.nodes[n]) continue;
      Dropped dropped = best.dropped;
      dropped.nodes[n] = false;
      const Choice choice = measured(std::move(dropped));
      if (is_better(choice, best)) best = choice;
    }
    return best;
  }

  /// Keeps or drops one value more, as long as that lowers the peaks; the smallest that was met.
  Choice shrink(Choice best) const {
    Choice smallest = best;
    for (bool improved = true; improved;) {
      improved = false;
      for (std::size_t n : waiting_.nodes()) {
        Dropped dropped = best.dropped;
        dropped.nodes[n] = !dropped.nodes[n];
        Choice choice = measured(std::move(dropped));
        if (fits(choice)) return buy_back(std::move(choice));
        if (choice.arena < smallest.arena) smallest = choice;
        if (choice.pressure >= best.pressure) continue;
        best = std::move(choice);
        improved = true;
      }
    }
    return smallest;
  }

  const RecomputeOptions& options_;
  Waiting waiting_;
};

}  // namespace

Scheduled recompute(Scheduled given, const RecomputeOptions& options) {
  if (given.memory.arena_bytes <= options.arena_bytes) return given;
  Scheduled made = Search(given, options).run();
  return made.memory.arena_bytes < given.memory.arena_bytes ? std::move(made) : std::move(given);
}

Scheduled recompute_everything(const Scheduled& given, const MemoryOptions& options) {
  return Search(given, {.arena_bytes = 0, .memory = options}).everything();
}

}  // namespace sloy
