// Winograd's convolutions of the workloads: flops per second of all three passes, counted as a
// direct convolution would do them.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string>

#include "backends/cpu/machine.h"
#include "backends/cpu/simd/winograd.h"

namespace {

using namespace sloy::cpu;

struct Free {
  void operator()(float* floats) const { ::operator delete (floats, std::align_val_t{64}); }
};
using Floats = std::unique_ptr<float, Free>;

Floats floats(std::int64_t size, float value) {
  const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(float);
  Floats memory(static_cast<float*>(::operator new (bytes, std::align_val_t{64})));
  std::fill_n(memory.get(), size, value);
  return memory;
}

template <class Run>
void add(const std::string& name, const WinogradShape& s, std::size_t scratch_bytes,
         const Run& run) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    const std::int64_t outputs = s.batch * s.height.output * s.width.output;
    const Floats x = floats(s.batch * s.height.input * s.width.input * s.channels, 1);
    const Floats y = floats(outputs * s.filters, 1);
    const Floats kernel = floats(9 * s.channels * s.filters, 1);
    const Floats scratch = floats(static_cast<std::int64_t>(scratch_bytes / sizeof(float)), 0);
    for (auto _ : state) run(s, x.get(), kernel.get(), y.get(), scratch.get());
    const double flops = 18.0 * static_cast<double>(outputs * s.channels * s.filters);
    state.counters["flops"] = benchmark::Counter(flops * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate);
    state.counters["scratch"] = static_cast<double>(scratch_bytes);
  })->UseRealTime();
}

void add_all(std::int64_t batch, std::int64_t channels, std::int64_t filters, std::int64_t size) {
  const std::string name = std::to_string(batch) + "x" + std::to_string(size) + "x" +
                           std::to_string(size) + " " + std::to_string(channels) + "->" +
                           std::to_string(filters);
  const Axis axis{size, size, 3, 1, 1, 1};
  const WinogradShape shape{batch, channels, filters, axis, axis};
  const int threads = this_machine().threads;
  add(name + " forward", shape, winograd_convolution_scratch_bytes(shape, threads),
      [=](const WinogradShape& s, float* x, float* kernel, float* y, float* scratch) {
        winograd_convolution(s, threads, x, kernel, nullptr, y, scratch);
      });
  add(name + " input gradient", shape, winograd_input_gradient_scratch_bytes(shape, threads),
      [=](const WinogradShape& s, float* x, float* kernel, float* y, float* scratch) {
        winograd_input_gradient(s, threads, y, kernel, x, scratch);
      });
  add(name + " kernel gradient", shape, winograd_kernel_gradient_scratch_bytes(shape, threads),
      [=](const WinogradShape& s, float* x, float* kernel, float* y, float* scratch) {
        winograd_kernel_gradient(s, threads, x, y, kernel, scratch);
      });
}

}  // namespace

int main(int argc, char** argv) {
  add_all(128, 64, 64, 32);
  add_all(128, 64, 128, 16);
  add_all(128, 128, 128, 16);
  add_all(128, 128, 256, 8);
  add_all(128, 256, 256, 8);
  add_all(64, 512, 512, 4);
  add_all(32, 192, 384, 13);
  add_all(8, 64, 64, 224);
  add_all(8, 128, 128, 112);
  add_all(8, 256, 256, 56);
  add_all(8, 512, 512, 28);
  add_all(1, 64, 64, 32);
  add_all(1, 256, 256, 28);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
