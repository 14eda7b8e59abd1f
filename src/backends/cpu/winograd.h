/// Convolution by Winograd's algorithm on our own kernels: where it is taken, and as a kernel.
#pragma once

#include <memory>

#include "backends/cpu/machine.h"
#include "backends/cpu/onednn/convolution.h"
#include "backends/cpu/simd/winograd.h"
#include "passes/backend.h"

namespace sloy::cpu {

/// Whether our kernels can compute it by Winograd's algorithm.
bool has_winograd(const onednn::ConvolutionGeometry& geometry, const Machine& machine);

/// Whether one pass is computed by Winograd's algorithm: a fixed rule, so that a run repeats, which
/// depends on nothing but the arguments. Where it was measured to be faster than direct convolution
/// (docs/design/convolution.md), which with operands of bfloat16 is faster than with float32 on
/// machines that multiply it.
bool takes_winograd(const onednn::ConvolutionGeometry& geometry, onednn::ConvolutionPass pass,
                    const Machine& machine, bool bfloat16 = false);

struct WinogradOptions {
  onednn::ConvolutionPass pass;
  bool bias = false;             ///< a third operand, forward only
  bool relu = false;             ///< forward only
  bool bfloat16 = false;         ///< both factors
  bool bfloat16_result = false;  ///< not of a kernel's gradient, which is float32
};

/// What our kernels compute for it.
WinogradShape winograd_shape(const onednn::ConvolutionGeometry& geometry,
                             const WinogradOptions& options);

/// What accepts one pass: activations blocked by the machine's width, the kernel packed in blocks
/// of both its channels, as oneDNN's direct forward and kernel gradient want it too. Operands in
/// the node's order. REQUIRES: has_winograd().
Proposal propose_winograd(const onednn::ConvolutionGeometry& geometry,
                          const WinogradOptions& options, const Machine& machine);

}  // namespace sloy::cpu
