// Moments against memory bandwidth: bytes_per_second counts the input once.

#include <benchmark/benchmark.h>

#include <vector>

#include "backends/cpu/simd/moments.h"

namespace {

using namespace sloy::cpu;

void add(const char* name, const MomentsShape& shape) {
  benchmark::RegisterBenchmark(name, [shape](benchmark::State& state) {
    std::vector<float> x(static_cast<std::size_t>(shape.space.size()), 1.0f);
    std::vector<float> mean(static_cast<std::size_t>(shape.results())), variance(mean);
    std::vector<double> scratch(moments_scratch_bytes(shape) / sizeof(double));
    for (auto _ : state) moments(shape, x.data(), mean.data(), variance.data(), scratch.data());
    state.SetBytesProcessed(shape.space.size() * 4 * state.iterations());
  })->UseRealTime();
}

}  // namespace

int main(int argc, char** argv) {
  add("batch 64x56x56x64 blocked", {.space = Space::blocked(64, 56 * 56, 64, 16)});
  add("batch 128x4x4x512 blocked", {.space = Space::blocked(128, 16, 512, 16)});
  add("batch 64x56x56x64 plain", {.space = Space::plain(64 * 56 * 56, 64)});
  add("batch 128x512 plain", {.space = Space::plain(128, 512)});
  add("batch 100352x3 plain", {.space = Space::plain(100352, 3)});
  add("layer 4096x512", {.space = Space::plain(4096, 512), .over = MomentsOver::columns});
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
