#include "passes/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "graph/form.h"
#include "graph/verify.h"
#include "passes/fuse.h"
#include "passes/layout.h"
#include "passes/plan_memory.h"
#include "passes/precision.h"
#include "passes/product_updates.h"
#include "passes/recompute.h"
#include "passes/schedule.h"
#include "passes/verify_plan.h"

namespace sloy {
namespace {

/// Of an arena that stays in a cache of 32 MB, with some of the state beside it.
constexpr std::size_t cached_bytes = 28'000'000;

class Lowering {
 public:
  Lowering(const Graph& graph, const Backend& backend, const LowerOptions& options)
      : graph_(graph),
        backend_(backend),
        options_(options),
        is_mixed_(options.precision == NumericPrecision::mixed_bfloat16),
        fuses_(options.fuse && fuses(backend, options.precision)),
        memory_{.precision = options.precision,
                .in_place = options.in_place,
                .roomy_bytes = cached_bytes} {}

  LoweredProgram run() {
    prepare({});
    Scheduled made = schedule_all(any_scratch);
    const std::size_t unlimited = made.memory.arena_bytes;
    if (options_.recompute_everything) made = checked(sloy::recompute_everything(made, memory_));
    if (is_met(made)) return {std::move(made), 0};

    memory_.roomy_bytes = 0;
    made.memory = plan_memory(made.lowered, made.order, memory_);
    const std::size_t scratch = most_scratch(made);
    made = shrunk(std::move(made));
    // Mixed precision would round at the ends of shorter chains.
    if (fuses_ && !is_mixed_ && !is_met(made)) {
      prepare({.short_chains = true});
      take_smaller(made, schedule_all(any_scratch));
    }
    // Kernels of less scratch are slower and round otherwise.
    for (const std::size_t part : std::array<std::size_t, 4>{2, 4, 16, 64}) {
      if (is_met(made) || scratch < part) break;
      take_smaller(made, schedule_all(scratch / part));
    }
    if (!is_met(made)) refuse(made);
    made = checked(std::move(made));
    return {std::move(made), unlimited - std::min(unlimited, made.memory.arena_bytes)};
  }

 private:
  static constexpr std::size_t any_scratch = std::numeric_limits<std::size_t>::max();

  bool is_met(const Scheduled& made) const {
    const std::size_t limit = options_.memory_limit.bytes;
    return limit == 0 || total_bytes(made) <= limit;
  }

  Scheduled checked(Scheduled made) const {
    verify(*made.lowered.graph, "recompute");
    verify_schedule(made.lowered, made.order);
    verify_memory(made.lowered, made.order, made.memory, options_.precision);
    return made;
  }

  void take_smaller(Scheduled& made, Scheduled other) const {
    other = shrunk(std::move(other));
    if (total_bytes(other) < total_bytes(made)) made = std::move(other);
  }

  const Graph& prepared() const { return prepared_ ? *prepared_ : graph_; }

  /// Fusion and the precision pass, as far as they run.
  void prepare(const FuseOptions& options) {
    if (fuses_) {
      prepared_ = fuse(graph_, options);
      verify(*prepared_, "fuse");
    }
    if (is_mixed_) {
      prepared_ = store_as_bfloat16(prepared());
      verify(*prepared_, "precision");
    }
  }

  Scheduled schedule_all(std::size_t most_scratch) const {
    Scheduled made;
    made.lowered = choose_layouts(prepared(), backend_,
                                  {.convolution = options_.convolution,
                                   .precision = options_.precision,
                                   .tuning = options_.tuning,
                                   .most_scratch = most_scratch,
                                   .plain = !options_.layout});
    verify(*made.lowered.graph, "layout");
    if (options_.product_updates) {
      made.lowered = join_product_updates(std::move(made.lowered), backend_);
      verify(*made.lowered.graph, "product_updates");
    }
    place_updates(made.lowered, backend_, options_.precision, options_.place_updates);
    verify(*made.lowered.graph, "place_updates");
    made.order = schedule(made.lowered);
    verify_schedule(made.lowered, made.order);
    made.memory = plan_memory(made.lowered, made.order, memory_);
    verify_memory(made.lowered, made.order, made.memory, options_.precision);
    return made;
  }

  /// What a step holds beside its arena.
  std::size_t fixed_bytes(const Scheduled& made) const {
    return state_bytes(graph_, options_.precision) + made.memory.constant_bytes +
           input_bytes(graph_);
  }
  std::size_t total_bytes(const Scheduled& made) const {
    return fixed_bytes(made) + made.memory.arena_bytes;
  }

  Scheduled shrunk(Scheduled made) const {
    const std::size_t limit = options_.memory_limit.bytes;
    const std::size_t beside = fixed_bytes(made);
    return recompute(std::move(made),
                     {.arena_bytes = limit > beside ? limit - beside : 0, .memory = memory_});
  }

  static std::size_t most_scratch(const Scheduled& made) {
    std::size_t most = 0;
    for (const Selection& selection : made.lowered.selections) {
      most = std::max(most, selection.proposal.scratch_bytes);
    }
    return most;
  }

  static std::size_t used_bytes(const Scheduled& made, std::int32_t step) {
    std::size_t used = 0;
    for (const Block& block : made.memory.blocks) {
      if (block.first <= step && step <= block.last) used += block.bytes;
    }
    return used;
  }

  /// The step during which most of the arena is in use.
  static std::int32_t fullest_step(const Scheduled& made) {
    std::int32_t fullest = 0;
    std::size_t most = 0;
    for (std::size_t i = 0; i < made.order.size(); ++i) {
      const auto step = static_cast<std::int32_t>(i);
      const std::size_t used = used_bytes(made, step);
      if (used <= most) continue;
      most = used;
      fullest = step;
    }
    return fullest;
  }

  static std::string bytes_text(std::size_t bytes) {
    const auto count = static_cast<double>(bytes);
    return bytes < 1'000'000 ? fmt::format("{:.1f} kB", count / 1e3)
                             : fmt::format("{:.1f} MB", count / 1e6);
  }

  [[noreturn]] void refuse(const Scheduled& made) const {
    const std::size_t least = total_bytes(made);
    const std::int32_t step = fullest_step(made);
    const auto n = static_cast<std::size_t>(made.order[static_cast<std::size_t>(step)]);
    const Node& node = made.lowered.graph->nodes()[n];
    const std::size_t scratch = made.lowered.selections[n].proposal.scratch_bytes;
    std::string in_use = bytes_text(used_bytes(made, step)) + " in use while it runs";
    if (scratch > 0) in_use += ", " + bytes_text(scratch) + " of it its scratch";
    ConfigError error(
        fmt::format("the memory limit of {} can't be met: a step takes {} at the least",
                    bytes_text(options_.memory_limit.bytes), bytes_text(least)),
        {{"variables", bytes_text(state_bytes(graph_, options_.precision)),
          "parameters, statistics and what the optimizer keeps"},
         {"arena", bytes_text(made.memory.arena_bytes), "activations and gradients"},
         {"batch", bytes_text(input_bytes(graph_) + made.memory.constant_bytes)},
         {"set by", fmt::format("{} {}", node.op->name(), node.path), in_use}},
        fmt::format("raise the limit to {:.0f}MB, or lower batch_size",
                    std::ceil(static_cast<double>(least) / 1e6)));
    throw MemoryLimitError(std::move(error), least);
  }

  const Graph& graph_;
  const Backend& backend_;
  const LowerOptions& options_;
  const bool is_mixed_;
  const bool fuses_;
  MemoryOptions memory_;
  std::unique_ptr<Graph> prepared_;
};

}  // namespace

LoweredProgram lower(const Graph& graph, const Backend& backend, const LowerOptions& options) {
  return Lowering(graph, backend, options).run();
}

bool fuses(const Backend& backend, NumericPrecision precision) {
  return backend.fuses() || precision == NumericPrecision::mixed_bfloat16;
}

std::size_t state_bytes(const Graph& graph, NumericPrecision precision) {
  const std::size_t width = precision == NumericPrecision::float64 ? 8 : 4;
  return static_cast<std::size_t>(graph.variables().form().elements(graph.variables())) * width;
}

std::size_t input_bytes(const Graph& graph) {
  std::size_t bytes = 0;
  for (Value input : graph.inputs()) {
    bytes += static_cast<std::size_t>(input.shape().size()) * size_of(input.dtype());
  }
  return bytes;
}

}  // namespace sloy
