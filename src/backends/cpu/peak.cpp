#include "backends/cpu/peak.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "backends/cpu/machine.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/peak.cpp"  // NOLINT
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Enough independent sums to hide the latency of a multiply-add on two ports, few enough for the
/// sixteen registers of AVX2.
constexpr int chains = 10;

/// Multiplies and adds `rounds` times in every lane of every chain. Returns the number of
/// floating-point operations; `sink` keeps the compiler from dropping them.
double MultiplyAdd(std::int64_t rounds, float* sink) {
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, 0.999f);
  const auto term = hn::Set(d, 1e-3f);
  // Different starts, or the compiler would see that all chains are one.
  const auto start = [d, sink](float by) { return hn::Set(d, *sink + by); };
  auto a = start(0), b = start(1), c = start(2), e = start(3), f = start(4);
  auto g = start(5), h = start(6), i = start(7), j = start(8), k = start(9);
  for (std::int64_t round = 0; round < rounds; ++round) {
    a = hn::MulAdd(a, factor, term);
    b = hn::MulAdd(b, factor, term);
    c = hn::MulAdd(c, factor, term);
    e = hn::MulAdd(e, factor, term);
    f = hn::MulAdd(f, factor, term);
    g = hn::MulAdd(g, factor, term);
    h = hn::MulAdd(h, factor, term);
    i = hn::MulAdd(i, factor, term);
    j = hn::MulAdd(j, factor, term);
    k = hn::MulAdd(k, factor, term);
  }
  a = hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, e)), hn::Add(hn::Add(f, g), hn::Add(h, i)));
  *sink = hn::GetLane(hn::SumOfLanes(d, hn::Add(a, hn::Add(j, k))));
  return 2.0 * chains * static_cast<double>(hn::Lanes(d)) * static_cast<double>(rounds);
}

/// Reads `count` values and writes as many. REQUIRES: count is a multiple of 16.
void AddOne(const float* from, float* to, std::size_t count) {
  const hn::ScalableTag<float> d;
  const auto one = hn::Set(d, 1.0f);
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    hn::StoreU(hn::Add(hn::LoadU(d, from + i), one), d, to + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {

HWY_EXPORT(MultiplyAdd);
HWY_EXPORT(AddOne);

double measure_peak_gflops(int threads) {
  this_machine();
  using Clock = std::chrono::steady_clock;
  constexpr int attempts = 8;
  constexpr std::int64_t rounds = 4'000'000;
  double best = 0.0;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    double operations = 0.0;
    const auto start = Clock::now();
#pragma omp parallel for num_threads(threads) reduction(+ : operations) schedule(static, 1)
    for (int thread = 0; thread < threads; ++thread) {
      volatile float kept = 0.5f;
      float sink = kept;
      operations += HWY_DYNAMIC_DISPATCH(MultiplyAdd)(rounds, &sink);
      kept = sink;
    }
    const std::chrono::duration<double> elapsed = Clock::now() - start;
    best = std::max(best, operations / elapsed.count() / 1e9);
  }
  return best;
}

double measure_memory_gigabytes(int threads, std::size_t bytes) {
  this_machine();
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t lanes = 16;
  constexpr double seconds = 0.1;
  // A read and a written half for each thread, of whole cache lines; at least one of them.
  const std::size_t values =
      std::max<std::size_t>(bytes / sizeof(float) / 2 / static_cast<std::size_t>(threads) / lanes,
                            1) *
      lanes;
  std::vector<float> from(values * static_cast<std::size_t>(threads), 1.0f);
  std::vector<float> to(from.size());
  const double round_bytes = 2.0 * sizeof(float) * static_cast<double>(from.size());
  // Rounds enough that a fork costs nothing beside them.
  const int rounds = static_cast<int>(std::clamp(3e7 / round_bytes, 1.0, 1e5));
  double best = 0.0;
  for (const auto begin = Clock::now();
       Clock::now() - begin < std::chrono::duration<double>(seconds);) {
    const auto start = Clock::now();
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int thread = 0; thread < threads; ++thread) {
      const float* source = from.data() + values * static_cast<std::size_t>(thread);
      float* target = to.data() + values * static_cast<std::size_t>(thread);
      for (int round = 0; round < rounds; ++round) {
        HWY_DYNAMIC_DISPATCH(AddOne)(source, target, values);
      }
    }
    const std::chrono::duration<double> elapsed = Clock::now() - start;
    best = std::max(best, rounds * round_bytes / elapsed.count() / 1e9);
  }
  return best;
}

}  // namespace sloy::cpu
#endif
