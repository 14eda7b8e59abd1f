// Pooling against memory bandwidth: bytes_per_second counts each operand and result once.

#include <benchmark/benchmark.h>

#include <vector>

#include "backends/cpu/simd/pool.h"

namespace {

using namespace sloy::cpu;

PoolShape square(std::int64_t planes, std::int64_t channels, std::int64_t size, std::int64_t taps,
                 std::int64_t stride) {
  const Axis axis{size, (size - taps) / stride + 1, taps, stride, 1, 0};
  return {planes, channels, {.height = axis, .width = axis}};
}

template <class Run>
void add(const std::string& name, const PoolShape& s, std::int64_t bytes_of_input,
         std::int64_t bytes_of_output, const Run& run) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    const std::int64_t inputs = s.planes * s.channels * s.windows.input_size();
    const std::int64_t outputs = s.planes * s.channels * s.windows.output_size();
    std::vector<float> x(static_cast<std::size_t>(inputs)), y(static_cast<std::size_t>(outputs));
    std::vector<std::int32_t> indices(y.size());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 7919 % 1000);
    max_pool(s, x.data(), y.data(), indices.data());
    for (auto _ : state) run(s, x.data(), y.data(), indices.data());
    state.SetBytesProcessed((inputs * bytes_of_input + outputs * bytes_of_output) *
                            state.iterations());
  })->UseRealTime();
}

void add_all(const std::string& name, const PoolShape& s) {
  add("max " + name, s, 4, 8,
      [](const PoolShape& shape, float* x, float* y, std::int32_t* indices) {
        max_pool(shape, x, y, indices);
      });
  add("max gradient " + name, s, 4, 8,
      [](const PoolShape& shape, float* x, float* y, std::int32_t* indices) {
        max_pool_gradient(shape, y, indices, x);
      });
  add("average " + name, s, 4, 4,
      [](const PoolShape& shape, float* x, float* y, std::int32_t*) { average_pool(shape, x, y); });
}

}  // namespace

int main(int argc, char** argv) {
  add_all("2x2 128x32x32x64 blocked", square(128 * 4, 16, 32, 2, 2));
  add_all("2x2 128x32x32x64 plain", square(128, 64, 32, 2, 2));
  add_all("2x2 128x26x26x32 plain", square(128, 32, 26, 2, 2));
  add_all("3x3/2 64x55x55x64 blocked", square(64 * 4, 16, 55, 3, 2));
  add_all("2x2 4 planes 32x32x16", square(4, 16, 32, 2, 2));
  add_all("3x3/2 4 planes 32x32x16", square(4, 16, 32, 3, 2));
  add_all("2x2 128x28x28x1 plain", square(128, 1, 28, 2, 2));
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
