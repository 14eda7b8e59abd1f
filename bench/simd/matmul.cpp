// Matrix products of tiny nets: time counts, not throughput.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "backends/cpu/simd/matmul.h"

namespace {

using namespace sloy::cpu;

void add(const MatmulShape& s) {
  const std::string name = std::to_string(s.m) + "x" + std::to_string(s.n) + "x" +
                           std::to_string(s.k) + (s.transpose_a ? " at" : "") +
                           (s.transpose_b ? " bt" : "");
  benchmark::RegisterBenchmark(name.c_str(), [s](benchmark::State& state) {
    std::vector<float> a(static_cast<std::size_t>(s.m * s.k), 1), c(a);
    std::vector<float> b(static_cast<std::size_t>(s.n * s.k), 1);
    c.resize(static_cast<std::size_t>(s.m * s.n));
    for (auto _ : state) {
      matmul(s, a.data(), b.data(), nullptr, c.data());
      benchmark::ClobberMemory();
    }
    state.counters["flops"] = benchmark::Counter(
        static_cast<double>(2 * s.m * s.n * s.k) * static_cast<double>(state.iterations()),
        benchmark::Counter::kIsRate);
  });
}

}  // namespace

int main(int argc, char** argv) {
  add({.m = 32, .n = 8, .k = 2});
  add({.m = 32, .n = 8, .k = 8});
  add({.m = 32, .n = 1, .k = 8});
  add({.m = 2, .n = 8, .k = 32, .transpose_a = true});
  add({.m = 8, .n = 8, .k = 32, .transpose_a = true});
  add({.m = 8, .n = 1, .k = 32, .transpose_a = true});
  add({.m = 32, .n = 8, .k = 8, .transpose_b = true});
  add({.m = 32, .n = 8, .k = 1, .transpose_b = true});
  add({.m = 128, .n = 10, .k = 1600});
  add({.m = 1600, .n = 10, .k = 128, .transpose_a = true});
  add({.m = 128, .n = 1600, .k = 10, .transpose_b = true});
  add({.m = 128, .n = 512, .k = 784});
  add({.m = 784, .n = 512, .k = 128, .transpose_a = true});
  add({.m = 128, .n = 784, .k = 512, .transpose_b = true});
  add({.m = 1, .n = 512, .k = 784});
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
