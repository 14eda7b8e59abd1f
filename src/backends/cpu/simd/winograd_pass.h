/// What Winograd's three passes have in common: sizes in blocks and tiles.
#pragma once

#include <algorithm>
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

/// Tiles [first, last) in pieces of about winograd_tiles, or in one.
struct TilePieces {
  std::int64_t first, last;
  bool whole = false;

  /// What the largest piece of so many tiles can have.
  static constexpr std::int64_t most(std::int64_t tiles) {
    return std::min(winograd_tiles * 3 / 2, tiles);
  }
  std::int64_t count() const {
    if (whole) return 1;
    return std::max<std::int64_t>((last - first + winograd_tiles / 2) / winograd_tiles, 1);
  }
  /// Where a piece begins; all beyond the last are empty.
  std::int64_t start(std::int64_t piece) const {
    return first + part(last - first, std::min(piece, count()), count());
  }
  std::int64_t size(std::int64_t piece) const { return start(piece + 1) - start(piece); }
};

inline std::int64_t bytes_of(std::int64_t floats) {
  return floats * static_cast<std::int64_t>(sizeof(float));
}

}  // namespace sloy::cpu
