/// Measures convolutions on the shapes of the workloads: each pass, oneDNN's direct in plain and
/// blocked layouts and its Winograd, our own Winograd, and which algorithm is taken. Prints one
/// Markdown table.
///
///     bench_convolution [w3 w4 w5 w7 alexnet vgg] [--errors]
///
/// --errors measures the relative L2 error against double (on a batch of 8) instead of the time.
#include "backends/cpu/onednn/convolution.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "backends/cpu/machine.h"
#include "backends/cpu/winograd.h"
#include "harness/convolution_by_definition.h"
#include "timing.h"

namespace {

using namespace sloy;          // NOLINT
using namespace sloy::onednn;  // NOLINT
using onednn::ConvolutionAlgorithm;
using onednn::Operand;

struct Row {
  const char* workload;
  std::int64_t batch, input_channels, filters, size, kernel, stride, padding;
};

constexpr Row rows[] = {
    {"w3", 128, 1, 32, 28, 3, 1, 0},        {"w3", 128, 32, 64, 13, 3, 1, 0},
    {"w4", 128, 3, 64, 32, 3, 1, 1},        {"w4", 128, 64, 64, 32, 3, 1, 1},
    {"w4", 128, 64, 128, 16, 3, 1, 1},      {"w4", 128, 128, 128, 16, 3, 1, 1},
    {"w4", 128, 128, 256, 8, 3, 1, 1},      {"w4", 128, 256, 256, 8, 3, 1, 1},
    {"w5", 64, 3, 64, 32, 3, 1, 1},         {"w5", 64, 64, 64, 32, 3, 1, 1},
    {"w5", 64, 64, 128, 32, 3, 2, 1},       {"w5", 64, 64, 128, 32, 1, 2, 0},
    {"w5", 64, 128, 128, 16, 3, 1, 1},      {"w5", 64, 128, 256, 16, 3, 2, 1},
    {"w5", 64, 128, 256, 16, 1, 2, 0},      {"w5", 64, 256, 256, 8, 3, 1, 1},
    {"w5", 64, 256, 512, 8, 3, 2, 1},       {"w5", 64, 256, 512, 8, 1, 2, 0},
    {"w5", 64, 512, 512, 4, 3, 1, 1},       {"w7", 128, 1, 16, 28, 3, 1, 1},
    {"w7", 128, 16, 8, 14, 3, 1, 1},        {"w7", 128, 8, 8, 7, 3, 1, 1},
    {"w7", 128, 8, 8, 4, 3, 1, 1},          {"w7", 128, 8, 8, 8, 3, 1, 1},
    {"w7", 128, 8, 16, 16, 3, 1, 0},        {"w7", 128, 16, 1, 28, 3, 1, 1},
    {"alexnet", 32, 3, 64, 224, 11, 4, 2},  {"alexnet", 32, 64, 192, 27, 5, 1, 2},
    {"alexnet", 32, 192, 384, 13, 3, 1, 1}, {"alexnet", 32, 384, 256, 13, 3, 1, 1},
    {"alexnet", 32, 256, 256, 13, 3, 1, 1}, {"vgg", 8, 3, 64, 224, 3, 1, 1},
    {"vgg", 8, 64, 64, 224, 3, 1, 1},       {"vgg", 8, 64, 128, 112, 3, 1, 1},
    {"vgg", 8, 128, 128, 112, 3, 1, 1},     {"vgg", 8, 128, 256, 56, 3, 1, 1},
    {"vgg", 8, 256, 256, 56, 3, 1, 1},      {"vgg", 8, 256, 512, 28, 3, 1, 1},
    {"vgg", 8, 512, 512, 28, 3, 1, 1},      {"vgg", 8, 512, 512, 14, 3, 1, 1},
};

ConvolutionGeometry geometry_of(const Row& row) {
  return {.batch = row.batch,
          .input = {row.size, row.size},
          .kernel = {row.kernel, row.kernel},
          .input_channels = row.input_channels,
          .filters = row.filters,
          .strides = {row.stride, row.stride},
          .dilations = {1, 1},
          .padding_before = {row.padding, row.padding},
          .padding_after = {row.padding, row.padding}};
}

struct Candidate {
  const char* name;
  ConvolutionAlgorithm algorithm;
  ConvolutionLayouts layouts;
};

/// Our own Winograd, to be measured like a primitive of oneDNN's.
class OwnWinograd {
 public:
  OwnWinograd(const ConvolutionGeometry& geometry, ConvolutionPass pass)
      : proposal_(cpu::propose_winograd(geometry, {.pass = pass}, cpu::this_machine())) {
    const Shape x = geometry.input_shape(), kernel = geometry.kernel_shape();
    const Shape y = geometry.output_shape();
    const auto& in = proposal_.inputs;
    const auto& out = proposal_.outputs;
    switch (pass) {
      case ConvolutionPass::forward:
        inputs_ = {{x, in[0]}, {kernel, in[1]}};
        outputs_ = {{y, out[0]}};
        break;
      case ConvolutionPass::input_gradient:
        inputs_ = {{y, in[0]}, {kernel, in[1]}};
        outputs_ = {{x, out[0]}};
        break;
      case ConvolutionPass::kernel_gradient:
        inputs_ = {{x, in[0]}, {y, in[1]}};
        outputs_ = {{kernel, out[0]}};
        break;
    }
  }

  const std::vector<Operand>& inputs() const { return inputs_; }
  const std::vector<Operand>& outputs() const { return outputs_; }
  std::size_t scratch_bytes() const { return proposal_.scratch_bytes; }
  const std::string& implementation() const { return proposal_.implementation; }
  void run(const std::vector<const void*>& inputs, const std::vector<void*>& outputs,
           void* scratch) const {
    proposal_.kernel->run({inputs.data(), outputs.data(), scratch});
  }

 private:
  Proposal proposal_;
  std::vector<Operand> inputs_;
  std::vector<Operand> outputs_;
};

template <class Kernel>
double relative_error(const Kernel& kernel, const ConvolutionGeometry& geometry,
                      ConvolutionPass pass) {
  const bench::Buffers buffers(kernel);
  buffers.run(kernel);
  const auto expected = harness::convolve_by_definition(
      geometry, pass, buffers.plain_input(kernel, 0), buffers.plain_input(kernel, 1));
  const std::vector<float> got = buffers.plain_output(kernel);
  double error = 0.0, norm = 0.0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    error += (got[i] - expected[i]) * (got[i] - expected[i]);
    norm += expected[i] * expected[i];
  }
  return std::sqrt(error / norm);
}

/// One cell of the table.
template <class Kernel>
void print(const Kernel& kernel, const ConvolutionGeometry& geometry, ConvolutionPass pass,
           bool errors) {
  if (errors) {
    fmt::print(" {:.1e} |", relative_error(kernel, geometry, pass));
  } else {
    const double ms = bench::time_of(kernel);
    fmt::print(" {:.3f} ms, {:.0f} ({}, {:.0f} MB) |", ms, geometry.flops() / ms / 1e6,
               kernel.implementation(), static_cast<double>(kernel.scratch_bytes()) / 1e6);
  }
  std::fflush(stdout);
}

void measure(const Row& row, bool errors) {
  ConvolutionGeometry geometry = geometry_of(row);
  if (errors) geometry.batch = 8;
  const cpu::Machine machine = cpu::this_machine();
  const Layout blocked = channels_blocked(4, machine.channel_block());
  const auto where_it_divides = [&](std::int64_t channels) {
    return channels % machine.channel_block() == 0 ? std::optional(blocked) : std::nullopt;
  };
  const ConvolutionLayouts blocks{.input = where_it_divides(row.input_channels),
                                  .output = where_it_divides(row.filters)};
  const Candidate candidates[] = {
      {"plain", ConvolutionAlgorithm::direct, {.input = Layout{}, .output = Layout{}}},
      {"blocked", ConvolutionAlgorithm::direct, blocks},
      {"winograd", ConvolutionAlgorithm::winograd, blocks}};

  for (ConvolutionPass pass : {ConvolutionPass::forward, ConvolutionPass::input_gradient,
                               ConvolutionPass::kernel_gradient}) {
    if (pass == ConvolutionPass::input_gradient && row.input_channels <= 3) continue;
    fmt::print("| {} {}→{} {}² k{} s{} | {} |", row.workload, row.input_channels, row.filters,
               row.size, row.kernel, row.stride, to_string(pass));
    for (const Candidate& candidate : candidates) {
      const Preparation result = prepare_convolution(
          geometry, pass, {.algorithm = candidate.algorithm}, candidate.layouts);
      if (result)
        print(*result.kernel, geometry, pass, errors);
      else
        fmt::print(" – |");
    }
    if (cpu::has_winograd(geometry, machine))
      print(OwnWinograd(geometry, pass), geometry, pass, errors);
    else
      fmt::print(" – |");
    fmt::print(" {} |\n", cpu::takes_winograd(geometry, pass, machine) ? "winograd" : "direct");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::set<std::string> arguments(argv + 1, argv + argc);
  const bool errors = arguments.contains("--errors");
  const bool all = arguments.size() == (errors ? 1 : 0);
  fmt::print(
      "oneDNN {}, {} threads\n\n| convolution | pass | direct plain | direct blocked | oneDNN's "
      "winograd"
      " | winograd | chosen |\n|---|---|---|---|---|---|---|\n",
      version(), cpu::this_machine().threads);
  for (const Row& row : rows) {
    if (all || arguments.contains(row.workload)) measure(row, errors);
  }
}
