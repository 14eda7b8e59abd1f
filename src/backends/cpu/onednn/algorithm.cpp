#include "backends/cpu/onednn/algorithm.h"

#include <algorithm>

namespace sloy::onednn {
namespace {

bool is_winograd_shaped(const ConvolutionGeometry& g) {
  using Sizes = std::vector<std::int64_t>;
  return g.groups == 1 && g.kernel == Sizes{3, 3} && g.strides == Sizes{1, 1} &&
         g.dilations == Sizes{1, 1} && g.input_channels % 16 == 0 && g.filters % 16 == 0;
}

}  // namespace

ConvolutionAlgorithm choose_algorithm(const ConvolutionGeometry& geometry, ConvolutionPass pass,
                                      const cpu::Machine& machine) {
  const bool possible =
      machine.instructions == cpu::InstructionSet::avx512 && is_winograd_shaped(geometry);
  if (!possible) return ConvolutionAlgorithm::direct;

  // Winograd computes tiles of 4×4 pixels, of dx in the input's gradient and of y in the others.
  // Pixels that hang over the edge are lost, and transforming the kernel must pay off over tiles.
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
  return wide_enough && geometry.batch * tiles >= 32 ? ConvolutionAlgorithm::winograd
                                                     : ConvolutionAlgorithm::direct;
}

}  // namespace sloy::onednn
