/// What waits: the values that the forward part of a step leaves for the backward part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "passes/lowered.h"

namespace sloy {

/// What is known of a schedule before anything of it is dropped (passes/drop.h). Refers to it.
class Waiting {
 public:
  Waiting(const Scheduled& of, NumericPrecision precision);

  const Graph& graph() const { return graph_; }
  const Selection& selection(std::size_t n) const { return selections_[n]; }
  const std::vector<std::int32_t>& order() const { return order_; }
  /// The step from which on values are computed again: the one before which most bytes wait.
  std::int32_t turn() const { return turn_; }
  bool is_large(Value root) const { return of(root).bytes > small_; }
  /// Whether the node can be dropped: it runs before the turn, writes no variable and is no output,
  /// and some result is large.
  bool can_drop(std::size_t n) const { return can_drop_[n]; }
  /// Of these, in order, those that something reads from the turn on.
  const std::vector<std::size_t>& nodes() const { return nodes_; }
  /// Of the node's results, in the arena.
  std::size_t bytes(std::size_t n) const;
  /// Whether nothing large but this node's results is read by later steps before the turn: from
  /// here the rest can be computed.
  bool is_cut(std::size_t n) const;
  /// Of the node's kernel, on a machine as Sloy meets it: only comparisons mean something.
  double seconds(std::size_t n) const { return seconds_[n]; }
  /// Whether the node takes hardly longer than its operands and results need to be read and
  /// written.
  bool is_cheap(std::size_t n) const { return is_cheap_[n]; }

 private:
  static constexpr std::int32_t leaf = -1;

  struct Life {
    std::size_t bytes = 0;
    std::int32_t last = leaf;  ///< step that reads it
    std::int32_t last_before_turn = leaf;
  };

  Life& of(Value root);
  const Life& of(Value root) const;
  template <class Visit>
  void each_read(Visit visit) const;
  void find_seconds();
  void find_reads(NumericPrecision precision);
  std::int32_t fullest_step() const;
  void find_small();
  void find_nodes();

  const Graph& graph_;
  const std::vector<Selection>& selections_;
  const std::vector<std::int32_t>& order_;
  std::vector<std::int32_t> step_;        ///< of each node; `leaf` of those that don't run
  std::vector<std::vector<Life>> lives_;  ///< of each node's results
  std::vector<double> seconds_;
  std::vector<bool> is_cheap_;
  std::int32_t turn_ = 0;
  std::size_t small_ = 0;
  std::vector<bool> can_drop_;
  std::vector<std::size_t> nodes_;
};

}  // namespace sloy
