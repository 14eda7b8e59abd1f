// Copies against memory bandwidth: bytes_per_second counts what is read and what is written.

#include <benchmark/benchmark.h>

#include <vector>

#include "backends/cpu/simd/copy.h"

namespace {

using namespace sloy::cpu;

void add(const char* name, const std::vector<CopyAxis>& axes) {
  benchmark::RegisterBenchmark(name, [axes](benchmark::State& state) {
    std::int64_t size = 1;
    for (const CopyAxis& axis : axes) size *= axis.size;
    std::vector<float> from(static_cast<std::size_t>(2 * size)), to(from);
    const StridedCopy copy(axes);
    for (auto _ : state) copy.run(from.data(), to.data());
    state.SetBytesProcessed(8 * size * state.iterations());
  })->UseRealTime();
}

}  // namespace

int main(int argc, char** argv) {
  add("plain to blocked 64x56x56x64",
      {{64, 56 * 56 * 64, 56 * 56 * 64}, {56 * 56, 64, 16}, {4, 16, 16 * 56 * 56}, {16, 1, 1}});
  add("blocked to plain 64x56x56x64",
      {{64, 56 * 56 * 64, 56 * 56 * 64}, {56 * 56, 16, 64}, {4, 16 * 56 * 56, 16}, {16, 1, 1}});
  add("transpose 256x256", {{256, 1, 256}, {256, 256, 1}});
  add("transpose 3000x3000", {{3000, 1, 3000}, {3000, 3000, 1}});
  add("images 64x224x224x3 to channels first",
      {{64, 3 * 224 * 224, 3 * 224 * 224}, {224 * 224, 3, 1}, {3, 1, 224 * 224}});
  add("2x2 results side by side 128x15x15x4",
      {{128 * 15, 60, 60}, {2, 2, 30}, {15, 4, 2}, {2, 1, 1}});
  add("side by side to 2x2 results 128x15x15x4",
      {{128 * 15, 60, 60}, {2, 30, 2}, {15, 2, 4}, {2, 1, 1}});
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
