/// Prints how long it takes to hand a cache line from one core to the other, in nanoseconds, the
/// median of some measurements: 30 where two cores share an L3, 130 and more where they share none.
#include <fmt/format.h>

#include <hwy/cache_control.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>

namespace {

constexpr int measurements = 11;
constexpr long rounds = 2000;

/// Hands the line over `rounds` times, from turn `first` on, and waits for it in between.
void take_turns(std::atomic<long>& turn, long first) {
  for (long round = 0; round < rounds; ++round) {
    while (turn.load(std::memory_order_acquire) != first + 2 * round) hwy::Pause();
    turn.store(first + 2 * round + 1, std::memory_order_release);
  }
}

}  // namespace

int main() {
  if (std::thread::hardware_concurrency() < 2) {
    fmt::print(stderr, "there are no two cores to hand a line over\n");
    return 1;
  }
  std::atomic<long> turn{0};
  std::thread other([&] {
    for (long m = 0; m < measurements; ++m) take_turns(turn, 2 * m * rounds + 1);
  });
  std::array<double, measurements> times;
  for (std::size_t m = 0; m < times.size(); ++m) {
    const auto begin = std::chrono::steady_clock::now();
    take_turns(turn, 2 * static_cast<long>(m) * rounds);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    times[m] = took.count() / (2 * rounds);
  }
  other.join();
  std::ranges::nth_element(times, times.begin() + measurements / 2);
  fmt::print("{:.0f}\n", times[measurements / 2]);
}
