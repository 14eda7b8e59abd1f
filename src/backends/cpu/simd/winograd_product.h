/// The products between Winograd's transforms: 36 small matrix products, one for each point.
#pragma once

#include <cstdint>

#include "backends/cpu/simd/winograd_fetch.h"

namespace sloy::cpu {

/// Points at which F(4×4, 3×3) evaluates a tile: 6 along each side.
inline constexpr std::int64_t winograd_points = 36;

/// Sizes of one thread's piece of work. Matrices lie as
///
///     of tiles    36 × (blocks, tiles, block), one after `tiles_step` floats
///     of kernels  36 × (panels of two blocks of filters, channels, filters of the panel), one
///                 after `kernel_step` floats; the last panel may be of one block
struct WinogradPiece {
  std::int64_t tiles;
  std::int64_t channel_blocks;
  std::int64_t filter_blocks;
  std::int64_t block;

  /// Between the matrices stands a cache line, or they would all begin in the same cache sets.
  std::int64_t tiles_step(std::int64_t blocks) const { return blocks * tiles * block + 16; }
  std::int64_t channels_step() const { return tiles_step(channel_blocks); }
  std::int64_t filters_step() const { return tiles_step(filter_blocks); }
  std::int64_t kernel_step() const { return channel_blocks * filter_blocks * block * block + 16; }
};

/// results[tile, f] = Σ over channels of channels[tile, c] · kernel[c, f], at each point. The bits
/// do not depend on how tiles and filters are cut into pieces. Meanwhile `next` is fetched.
void multiply_points(const WinogradPiece& piece, const float* channels, const float* kernel,
                     std::int64_t kernel_step, float* results, TileFetch& next);

/// kernel[c, f] += Σ over tiles of channels[tile, c] · filters[tile, f], at each point; from zero
/// where `first`. Meanwhile `next_x` and `next_dy` are fetched.
void add_points(const WinogradPiece& piece, const float* channels, const float* filters, bool first,
                float* kernel, TileFetch& next_x, TileFetch& next_dy);

}  // namespace sloy::cpu
