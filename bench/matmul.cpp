/// Measures the three products of the workloads' dense layers, with plain and packed weights.
/// Prints one Markdown table.
#include "backends/cpu/onednn/matmul.h"

#include <fmt/format.h>

#include "backends/cpu/machine.h"
#include "timing.h"

namespace {

using namespace sloy;          // NOLINT
using namespace sloy::onednn;  // NOLINT

struct Layer {
  std::int64_t batch, inputs, units;
};

constexpr Layer layers[] = {{128, 784, 512},  {128, 512, 512},  {128, 512, 10},
                            {128, 1600, 10},  {128, 4096, 512}, {256, 1024, 1024},
                            {32, 9216, 4096}, {8, 25088, 4096}, {1, 784, 512}};

void measure(const MatmulGeometry& geometry, const std::optional<Layout>& weight) {
  const Preparation result = prepare_matmul(geometry, {}, {.weight = weight});
  if (!result) {
    fmt::print(" – |");
    return;
  }
  const double ms = bench::time_of(*result.kernel);
  fmt::print(" {:.3f} ms, {:.0f} ({}) |", ms, geometry.flops() / ms / 1e6,
             result.kernel->implementation());
  std::fflush(stdout);
}

}  // namespace

int main() {
  fmt::print(
      "oneDNN {}, {} threads\n\n| batch, inputs, units | product | plain | packed |\n"
      "|---|---|---|---|\n",
      version(), cpu::this_machine().threads);
  for (const auto& [examples, inputs, units] : layers) {
    const std::pair<const char*, MatmulGeometry> products[] = {
        {"y = x·w", {.rows = examples, .columns = units, .inner = inputs}},
        {"dx = dy·wᵀ", {.rows = examples, .columns = inputs, .inner = units, .transpose_b = true}},
        {"dw = xᵀ·dy", {.rows = inputs, .columns = units, .inner = examples, .transpose_a = true}}};
    for (const auto& [name, geometry] : products) {
      fmt::print("| {}, {}, {} | {} |", examples, inputs, units, name);
      measure(geometry, Layout{});
      if (const auto packed = packed_weight(inputs, units)) {
        measure(geometry, packed);
      } else {
        fmt::print(" – |");
      }
      fmt::print("\n");
    }
  }
}
