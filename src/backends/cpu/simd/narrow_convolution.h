/// Convolutions to very few filters, as the last one of an autoencoder is. oneDNN computes 16
/// filters at least.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/cpu/simd/window.h"

namespace sloy::cpu {

/// x (batch, input positions, channels), kernel (taps, channels, filters), y (batch, output
/// positions, filters), all plain; one group.
struct NarrowConvolution {
  std::int64_t batch = 1;
  std::int64_t channels = 1;
  std::int64_t filters = 1;
  Windows windows = {};
};

/// What is done to sums before they are stored.
struct NarrowEpilogue {
  const float* bias = nullptr;  ///< one number a filter
  bool relu = false;
};

/// y. Sums run over 16 lanes of channels, so AVX2 and AVX-512 give the same bits.
void narrow_convolution(const NarrowConvolution& shape, const float* x, const float* kernel,
                        const NarrowEpilogue& epilogue, float* y, void* scratch);
std::size_t narrow_convolution_scratch(const NarrowConvolution& shape);

/// dkernel. Partial sums of slabs of examples, whose number follows from the batch alone, are added
/// in order: the number of threads changes no bit.
void narrow_kernel_gradient(const NarrowConvolution& shape, const float* x, const float* dy,
                            float* dkernel, void* scratch);
std::size_t narrow_kernel_gradient_scratch(const NarrowConvolution& shape);

}  // namespace sloy::cpu
