#include "passes/waiting.h"

#include <algorithm>

#include "passes/plan_memory.h"
#include "passes/schedule.h"

namespace sloy {
namespace {

/// Of a machine as Sloy meets it; only their ratio matters, and a choice repeats elsewhere.
constexpr double nominal_gigaflops = 100;
constexpr double nominal_gigabytes = 10;

/// What is smaller than this part of the largest value that waits is always kept.
constexpr std::size_t small_part = 64;

std::size_t index(Value value) { return static_cast<std::size_t>(value.node()); }

}  // namespace

Waiting::Waiting(const Scheduled& of, NumericPrecision precision)
    : graph_(*of.lowered.graph), selections_(of.lowered.selections), order_(of.order) {
  step_.resize(graph_.nodes().size(), leaf);
  for (std::size_t step = 0; step < order_.size(); ++step) {
    step_[static_cast<std::size_t>(order_[step])] = static_cast<std::int32_t>(step);
  }
  find_seconds();
  find_reads(precision);
  turn_ = fullest_step();
  each_read([&](Value root, std::int32_t step) {
    Life& life = this->of(root);
    if (step < turn_) life.last_before_turn = std::max(life.last_before_turn, step);
  });
  find_small();
  find_nodes();
}

std::size_t Waiting::bytes(std::size_t n) const {
  std::size_t sum = 0;
  for (const Life& life : lives_[n]) sum += life.bytes;
  return sum;
}

bool Waiting::is_cut(std::size_t n) const {
  for (std::size_t m = 0; m < lives_.size(); ++m) {
    if (m == n || step_[m] == leaf || step_[m] > step_[n]) continue;
    for (const Life& life : lives_[m]) {
      if (life.bytes > small_ && life.last_before_turn > step_[n]) return false;
    }
  }
  return true;
}

Waiting::Life& Waiting::of(Value root) {
  return lives_[index(root)][static_cast<std::size_t>(root.result())];
}
const Waiting::Life& Waiting::of(Value root) const {
  return lives_[index(root)][static_cast<std::size_t>(root.result())];
}

template <class Visit>
void Waiting::each_read(Visit visit) const {
  for (std::size_t step = 0; step < order_.size(); ++step) {
    const Node& node = graph_.nodes()[static_cast<std::size_t>(order_[step])];
    for (Value input : node.inputs) visit(root_of(graph_, input), static_cast<std::int32_t>(step));
  }
}

void Waiting::find_seconds() {
  seconds_.resize(graph_.nodes().size(), 0);
  is_cheap_.resize(graph_.nodes().size(), false);
  for (std::int32_t i : order_) {
    const auto n = static_cast<std::size_t>(i);
    const Work work = work_of(graph_, graph_.nodes()[n], selections_[n]);
    seconds_[n] = seconds_of(work, nominal_gigaflops, nominal_gigabytes);
    is_cheap_[n] = seconds_[n] <= 2 * work.bytes / (1e9 * nominal_gigabytes);
  }
}

void Waiting::find_reads(NumericPrecision precision) {
  lives_.resize(graph_.nodes().size());
  for (std::size_t n = 0; n < lives_.size(); ++n) {
    for (const Result& made : graph_.nodes()[n].results) {
      lives_[n].push_back({step_[n] == leaf ? 0 : bytes_of(made, precision), step_[n], leaf});
    }
  }
  // These lie in the state.
  for (const Graph::Update& update : graph_.updates()) of(update.value).bytes = 0;
  each_read([&](Value root, std::int32_t step) { of(root).last = std::max(of(root).last, step); });
}

std::int32_t Waiting::fullest_step() const {
  std::vector<std::ptrdiff_t> change(order_.size() + 1, 0);
  for (std::size_t n = 0; n < lives_.size(); ++n) {
    for (const Life& life : lives_[n]) {
      if (life.last <= step_[n]) continue;
      change[static_cast<std::size_t>(step_[n]) + 1] += static_cast<std::ptrdiff_t>(life.bytes);
      change[static_cast<std::size_t>(life.last)] -= static_cast<std::ptrdiff_t>(life.bytes);
    }
  }
  std::ptrdiff_t live = 0, most = 0;
  std::int32_t fullest = 0;
  for (std::size_t step = 0; step < order_.size(); ++step) {
    live += change[step];
    if (live <= most) continue;
    most = live;
    fullest = static_cast<std::int32_t>(step);
  }
  return fullest;
}

void Waiting::find_small() {
  std::size_t largest = 0;
  for (std::size_t n = 0; n < lives_.size(); ++n) {
    if (step_[n] == leaf || step_[n] >= turn_) continue;
    for (const Life& life : lives_[n]) {
      if (life.last >= turn_) largest = std::max(largest, life.bytes);
    }
  }
  small_ = largest / small_part;
}

void Waiting::find_nodes() {
  can_drop_.resize(lives_.size(), false);
  for (std::int32_t step = 0; step < turn_; ++step) {
    const auto n = static_cast<std::size_t>(order_[static_cast<std::size_t>(step)]);
    can_drop_[n] = std::any_of(lives_[n].begin(), lives_[n].end(),
                               [&](const Life& life) { return life.bytes > small_; });
  }
  for (const Graph::Update& update : graph_.updates()) can_drop_[index(update.value)] = false;
  for (const Graph::Output& output : graph_.outputs()) {
    can_drop_[index(root_of(graph_, output.value))] = false;
  }
  const auto waits = [&](const Life& life) { return life.bytes > small_ && life.last >= turn_; };
  for (std::int32_t i : order_) {
    const auto n = static_cast<std::size_t>(i);
    const bool is_read_later = std::any_of(lives_[n].begin(), lives_[n].end(), waits);
    if (can_drop_[n] && is_read_later) nodes_.push_back(n);
  }
}

}  // namespace sloy
