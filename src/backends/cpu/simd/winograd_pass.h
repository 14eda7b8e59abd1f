/// What Winograd's three passes have in common: sizes in blocks and tiles.
#pragma once

#include <cstdint>

#include "backends/cpu/simd/winograd.h"
#include "backends/cpu/simd/winograd_kernel.h"
#include "backends/cpu/simd/winograd_tiles.h"

namespace sloy::cpu {

/// A convolution or an input gradient: both sum over channels of images that are read for filters
/// of images that are written, tile by tile of the latter.
struct WinogradPass {
  std::int64_t block;
  std::int64_t tiles;  ///< of all images
  TiledImages source, target;
  BlockedKernel kernel;
  bool turned;  ///< the kernel turned around, its channels and filters swapped
  bool rectify;
};

WinogradPass winograd_forward(const WinogradShape& shape);
WinogradPass winograd_backward(const WinogradShape& shape);

inline std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Where part `index` of `count` parts of about equal size begins.
inline std::int64_t part(std::int64_t size, std::int64_t index, std::int64_t count) {
  return size / count * index + size % count * index / count;
}

inline std::int64_t bytes_of(std::int64_t floats) {
  return floats * static_cast<std::int64_t>(sizeof(float));
}

/// Tiles of a piece: two groups of as many as the products keep in registers. More leave the cache,
/// fewer read the transformed kernel too often.
inline constexpr std::int64_t winograd_tiles = 28;

}  // namespace sloy::cpu
