#include "backends/cpu/winograd.h"

#include <algorithm>

namespace sloy::cpu {
namespace {

using onednn::ConvolutionGeometry;
using onednn::ConvolutionPass;

class WinogradKernel final : public Kernel {
 public:
  WinogradKernel(const WinogradShape& shape, const WinogradOptions& options, int threads)
      : shape_(shape), options_(options), threads_(threads) {}

  std::size_t scratch_bytes() const {
    switch (options_.pass) {
      case ConvolutionPass::forward: return winograd_convolution_scratch_bytes(shape_, threads_);
      case ConvolutionPass::input_gradient:
        return winograd_input_gradient_scratch_bytes(shape_, threads_);
      case ConvolutionPass::kernel_gradient:
        return winograd_kernel_gradient_scratch_bytes(shape_, threads_);
    }
    return 0;
  }

  void run(const Pointers& pointers) const override {
    const auto* const inputs = pointers.inputs;
    void* output = pointers.outputs[0];
    auto* scratch = static_cast<float*>(pointers.scratch);
    switch (options_.pass) {
      case ConvolutionPass::forward:
        return winograd_convolution(shape_, threads_, inputs[0], inputs[1],
                                    options_.bias ? static_cast<const float*>(inputs[2]) : nullptr,
                                    output, scratch);
      case ConvolutionPass::input_gradient:
        return winograd_input_gradient(shape_, threads_, inputs[0], inputs[1], output, scratch);
      case ConvolutionPass::kernel_gradient:
        return winograd_kernel_gradient(shape_, threads_, inputs[0], inputs[1],
                                        static_cast<float*>(output), scratch);
    }
  }

 private:
  WinogradShape shape_;
  WinogradOptions options_;
  int threads_;
};

}  // namespace

WinogradShape winograd_shape(const ConvolutionGeometry& g, const WinogradOptions& options) {
  const auto axis = [&](int dim) {
    return Axis{g.input[dim], g.output(dim), g.kernel[dim], 1, 1, g.padding_before[dim]};
  };
  return {.batch = g.batch,
          .channels = g.input_channels,
          .filters = g.filters,
          .height = axis(0),
          .width = axis(1),
          .rectify = options.relu,
          .bfloat16 = options.bfloat16,
          .bfloat16_result = options.bfloat16_result};
}

bool has_winograd(const ConvolutionGeometry& g, const Machine& machine) {
  using Sizes = std::vector<std::int64_t>;
  const int block = machine.channel_block();
  return machine.instructions != InstructionSet::baseline && g.groups == 1 &&
         (g.kernel == Sizes{3, 3} || g.kernel == Sizes{5, 5}) && g.strides == Sizes{1, 1} &&
         g.dilations == Sizes{1, 1} && g.input_channels % block == 0 && g.filters % block == 0;
}

bool takes_winograd(const ConvolutionGeometry& geometry, ConvolutionPass pass,
                    const Machine& machine, bool bfloat16) {
  if (!has_winograd(geometry, machine)) return false;
  if (bfloat16 && machine.amx) return false;  // many times as fast as float32
  // Tiles of 4×4 pixels, of dx in the input's gradient and of y in the others. Pixels that hang
  // over the edge are lost, and transforming the kernel must pay off over tiles.
  std::int64_t pixels = 1, tiles = 1;
  for (int dim = 0; dim < 2; ++dim) {
    const std::int64_t size =
        pass == ConvolutionPass::input_gradient ? geometry.input[dim] : geometry.output(dim);
    pixels *= size;
    tiles *= (size + 3) / 4;
  }
  const double used = static_cast<double>(pixels) / static_cast<double>(16 * tiles);
  const std::int64_t channels = std::min(geometry.input_channels, geometry.filters);
  const bool wide_enough = (channels >= 64 && used >= 0.5) || (channels >= 32 && used >= 0.65);
  // A 5×5 kernel counts four times: it has four to transform, and its images are moved.
  const bool is_large = geometry.kernel[0] == 5;
  if (is_large && (bfloat16 || channels < 64)) return false;
  // Direct products of bfloat16 are faster too, and skip padding, of which few tiles have much. The
  // kernel's gradient transforms no kernel.
  const bool rivalled = bfloat16 && machine.bfloat16 && pass != ConvolutionPass::kernel_gradient;
  // A kernel that stays in the cores' caches when transformed pays back sooner (forward was
  // measured).
  const bool is_small =
      pass == ConvolutionPass::forward && geometry.input_channels * geometry.filters <= 128 * 128;
  const std::int64_t least = rivalled || is_large ? 128 : is_small ? 9 : 32;
  return wide_enough && geometry.batch * tiles >= least;
}

Proposal propose_winograd(const ConvolutionGeometry& geometry, const WinogradOptions& options,
                          const Machine& machine) {
  const int block = machine.channel_block();
  const Layout images = channels_blocked(4, block);
  const Layout kernel = packed_kernel(block);
  const Layout read = images.stored(options.bfloat16);
  Proposal proposal;
  if (options.pass == ConvolutionPass::kernel_gradient) {
    proposal.inputs = {read, read};
    proposal.outputs = {kernel};
  } else {
    proposal.inputs = {read, kernel.stored(options.bfloat16)};
    if (options.bias) proposal.inputs.push_back({});
    proposal.outputs = {images.stored(options.bfloat16_result)};
  }
  auto made =
      std::make_shared<WinogradKernel>(winograd_shape(geometry, options), options, machine.threads);
  proposal.scratch_bytes = made->scratch_bytes();
  proposal.implementation =
      geometry.kernel[0] == 3 ? "winograd 4x4 3x3" : "winograd 4x4 3x3, four for 5x5";
  proposal.kernel = std::move(made);
  return proposal;
}

}  // namespace sloy::cpu
