#include "backends/cpu/peak.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

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

}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {

HWY_EXPORT(MultiplyAdd);

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

}  // namespace sloy::cpu
#endif
