#include "backends/cpu/winograd.h"

#include <algorithm>

#include "backends/cpu/simd/winograd.h"

namespace sloy::cpu {
namespace {

using onednn::ConvolutionGeometry;
using onednn::ConvolutionPass;

WinogradShape shape_of(const ConvolutionGeometry& g, bool relu) {
  const auto axis = [&](int dim) {
    return Axis{g.input[dim], g.output(dim), 3, 1, 1, g.padding_before[dim]};
  };
  return {g.batch, g.input_channels, g.filters, axis(0), axis(1), relu};
}

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
    const auto input = [&](int i) { return static_cast<const float*>(pointers.inputs[i]); };
    auto* output = static_cast<float*>(pointers.outputs[0]);
    auto* scratch = static_cast<float*>(pointers.scratch);
    switch (options_.pass) {
      case ConvolutionPass::forward:
        return winograd_convolution(shape_, threads_, input(0), input(1),
                                    options_.bias ? input(2) : nullptr, output, scratch);
      case ConvolutionPass::input_gradient:
        return winograd_input_gradient(shape_, threads_, input(0), input(1), output, scratch);
      case ConvolutionPass::kernel_gradient:
        return winograd_kernel_gradient(shape_, threads_, input(0), input(1), output, scratch);
    }
  }

 private:
  WinogradShape shape_;
  WinogradOptions options_;
  int threads_;
};

}  // namespace

bool has_winograd(const ConvolutionGeometry& g, const Machine& machine) {
  using Sizes = std::vector<std::int64_t>;
  const int block = machine.channel_block();
  return machine.instructions != InstructionSet::baseline && g.groups == 1 &&
         g.kernel == Sizes{3, 3} && g.strides == Sizes{1, 1} && g.dilations == Sizes{1, 1} &&
         g.input_channels % block == 0 && g.filters % block == 0;
}

bool takes_winograd(const ConvolutionGeometry& geometry, ConvolutionPass pass,
                    const Machine& machine) {
  if (!has_winograd(geometry, machine)) return false;
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
  const bool wide_enough = (channels >= 64 && used >= 0.5) || (channels >= 32 && used >= 0.75);
  // A kernel that stays in the cores' caches when transformed pays back sooner (forward was
  // measured).
  const bool is_small = geometry.input_channels * geometry.filters <= 128 * 128;
  const std::int64_t least = is_small && pass == ConvolutionPass::forward ? 9 : 32;
  return wide_enough && geometry.batch * tiles >= least;
}

Proposal propose_winograd(const ConvolutionGeometry& geometry, const WinogradOptions& options,
                          const Machine& machine) {
  const auto block = static_cast<std::uint16_t>(machine.channel_block());
  const Layout images = channels_blocked(4, block);
  const Layout kernel = {.order = {3, 2, 0, 1}, .blocks = {{2, block}, {3, block}}};
  Proposal proposal;
  if (options.pass == ConvolutionPass::kernel_gradient) {
    proposal.inputs = {images, images};
    proposal.outputs = {kernel};
  } else {
    proposal.inputs = {images, kernel};
    if (options.bias) proposal.inputs.push_back({});
    proposal.outputs = {images};
  }
  auto made =
      std::make_shared<WinogradKernel>(shape_of(geometry, options.relu), options, machine.threads);
  proposal.scratch_bytes = made->scratch_bytes();
  proposal.implementation = "winograd 4x4 3x3";
  proposal.kernel = std::move(made);
  return proposal;
}

}  // namespace sloy::cpu
