// Convolutions with few channels: flops per second of all three passes.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "backends/cpu/simd/convolution.h"
#include "backends/cpu/simd/few_results.h"

namespace {

using namespace sloy::cpu;

template <class Run>
void add(const std::string& name, const ConvolutionShape& s, std::size_t scratch_bytes,
         const Run& run) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    const std::int64_t x_size = s.batch * s.windows.input_size() * s.x_channels();
    const std::int64_t y_size = s.batch * s.windows.output_size() * s.y_channels();
    std::vector<float> x(static_cast<std::size_t>(x_size), 1), y(static_cast<std::size_t>(y_size));
    std::vector<float> kernel(static_cast<std::size_t>(s.kernel_size()), 1);
    std::vector<float> scratch(scratch_bytes / sizeof(float) + 16);
    for (auto _ : state) run(s, x.data(), kernel.data(), y.data(), scratch.data());
    const std::int64_t flops = 2 * s.batch * s.windows.output_size() * s.kernel_size();
    state.counters["flops"] =
        benchmark::Counter(static_cast<double>(flops) * static_cast<double>(state.iterations()),
                           benchmark::Counter::kIsRate);
  })->UseRealTime();
}

void add_all(const std::string& name, std::int64_t channels, std::int64_t filters,
             std::int64_t size, std::int64_t low, std::int64_t taps = 3, std::int64_t stride = 1) {
  const Axis axis{size, (size + 2 * low - taps) / stride + 1, taps, stride, 1, low};
  const ConvolutionShape shape{128, 1, channels, filters, {.height = axis, .width = axis}};
  add(name + " forward", shape, convolution_scratch_bytes(shape),
      [](const ConvolutionShape& s, float* x, float* kernel, float* y, float* scratch) {
        convolution(s, x, kernel, nullptr, y, scratch);
      });
  add(name + " input gradient", shape, convolution_input_gradient_scratch_bytes(shape),
      [](const ConvolutionShape& s, float* x, float* kernel, float* y, float* scratch) {
        convolution_input_gradient(s, y, kernel, x, scratch);
      });
  add(name + " kernel gradient", shape, convolution_kernel_gradient_scratch_bytes(shape),
      [](const ConvolutionShape& s, float* x, float* kernel, float* y, float* scratch) {
        convolution_kernel_gradient(s, x, y, kernel, scratch);
      });
}

FewResults few(const ConvolutionShape& s) {
  return {.batch = s.batch,
          .channels = s.channels,
          .filters = s.filters,
          .height = s.windows.height,
          .width = s.windows.width,
          .threads = 2};
}

void add_few(const std::string& name, std::int64_t channels, std::int64_t filters,
             std::int64_t size, std::int64_t low, std::int64_t taps = 3) {
  const Axis axis{size, size + 2 * low - taps + 1, taps, 1, 1, low};
  const ConvolutionShape shape{128, 1, channels, filters, {.height = axis, .width = axis}};
  if (filters <= most_results) {
    add(name + " few forward", shape, convolve_to_few_scratch_bytes(few(shape)),
        [](const ConvolutionShape& s, float* x, float* kernel, float* y, float* scratch) {
          convolve_to_few(few(s), x, kernel, nullptr, y, scratch);
        });
    add(name + " few kernel gradient", shape, kernel_gradient_of_few_scratch_bytes(few(shape)),
        [](const ConvolutionShape& s, float* x, float* kernel, float* y, float* scratch) {
          kernel_gradient_of_few(few(s), x, y, kernel, scratch);
        });
  }
  if (channels <= most_results) {
    add(name + " few input gradient", shape, input_gradient_of_few_scratch_bytes(few(shape)),
        [](const ConvolutionShape& s, float* x, float* kernel, float* y, float* scratch) {
          input_gradient_of_few(few(s), y, kernel, x, scratch);
        });
  }
}

}  // namespace

int main(int argc, char** argv) {
  add_all("1->32 3x3 28x28", 1, 32, 28, 0);
  add_all("16->1 3x3 28x28 same", 16, 1, 28, 1);
  add_all("32->1 3x3 28x28 same", 32, 1, 28, 1);
  add_all("32->3 3x3 32x32 same", 32, 3, 32, 1);
  add_all("3->64 3x3 32x32 same", 3, 64, 32, 1);
  add_all("1->16 3x3 28x28 same", 1, 16, 28, 1);
  add_few("16->8 3x3 14x14 same", 16, 8, 14, 1);
  add_few("16->4 2x2 14x14 to 15x15", 16, 4, 14, 1, 2);
  add_few("8->8 3x3 7x7 same", 8, 8, 7, 1);
  add_few("8->8 3x3 4x4 same", 8, 8, 4, 1);
  add_few("8->32 2x2 4x4 to 5x5", 8, 32, 4, 1, 2);
  add_few("8->64 2x2 8x8 to 7x7", 8, 64, 8, 0, 2);
  add_few("8->16 3x3 16x16 to 14x14", 8, 16, 16, 0);
  add_few("3->64 3x3 32x32 same", 3, 64, 32, 1);
  add_few("16->1 3x3 28x28 same", 16, 1, 28, 1);
  add_few("32->3 3x3 32x32 same", 32, 3, 32, 1);
  add_few("64->3 3x3 32x32 same", 64, 3, 32, 1);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
