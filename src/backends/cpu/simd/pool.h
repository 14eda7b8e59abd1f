/// Pooling and up-sampling.
///
/// All of it works on each channel of each image apart, so blocked images are just more planes of
/// fewer channels: a tensor is (planes, positions, channels) with planes = batch in plain form, and
/// planes = batch · C/block, channels = block in blocked form.
#pragma once

#include <cstdint>

#include "backends/cpu/simd/window.h"
#include "tensor/bfloat16.h"

namespace sloy::cpu {

struct PoolShape {
  std::int64_t planes = 1;
  std::int64_t channels = 1;
  Windows windows = {};
};

/// The largest of each window and its position in the input's plane, the first of equals; NaN is
/// larger than any number. Of a window without an inside, −infinity and −1. `indices` may be null.
void max_pool(const PoolShape& shape, const float* x, float* values, std::int32_t* indices);
void max_pool(const PoolShape& shape, const bfloat16* x, bfloat16* values, std::int32_t* indices);

/// dx: each dy added at its index, in the order of the outputs, to zeros. An index outside its
/// window counts for nothing.
void max_pool_gradient(const PoolShape& shape, const float* dy, const std::int32_t* indices,
                       float* dx);
/// REQUIRES: windows that lie side by side, so that nothing is added.
void max_pool_gradient(const PoolShape& shape, const bfloat16* dy, const std::int32_t* indices,
                       bfloat16* dx);

/// y: the element of x at each index; zero where the index is outside the plane.
void max_pool_gather(const PoolShape& shape, const float* x, const std::int32_t* indices, float* y);

/// The mean over each window's inside, 0 / 0 where it has none.
void average_pool(const PoolShape& shape, const float* x, float* y);
void average_pool_gradient(const PoolShape& shape, const float* dy, float* dx);

/// Every position repeated; `windows` is that of the gradient, whose windows lie side by side:
/// input is the large image, output the small one.
void upsample(const PoolShape& shape, const float* x, float* y);
/// The sum over each window.
void upsample_gradient(const PoolShape& shape, const float* dy, float* dx);

}  // namespace sloy::cpu
