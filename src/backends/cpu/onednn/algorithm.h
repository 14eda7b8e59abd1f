/// Which algorithm a convolution takes: a fixed rule, so that a run repeats.
#pragma once

#include "backends/cpu/machine.h"
#include "backends/cpu/onednn/convolution.h"

namespace sloy::onednn {

/// The algorithm for one pass. Depends on nothing but the arguments. Winograd only where it was
/// measured to be faster (docs/design/convolution.md); it wants channels blocked by 16.
ConvolutionAlgorithm choose_algorithm(const ConvolutionGeometry& geometry, ConvolutionPass pass,
                                      const cpu::Machine& machine);

}  // namespace sloy::onednn
