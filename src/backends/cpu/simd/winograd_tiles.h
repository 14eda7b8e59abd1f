/// Winograd's transforms between images and the products' matrices.
#pragma once

#include <cstdint>

namespace sloy::cpu {

/// Images (batch, blocks, height, width, block) of floats or bfloat16, each cut into tiles of 4×4
/// pixels in row-major order, the first of them at pixel (-low_height, -low_width). Pixels outside
/// are zeros, and are not written.
struct TiledImages {
  std::int64_t blocks;
  std::int64_t height, width;
  std::int64_t down, across;  ///< tiles
  std::int64_t low_height = 0, low_width = 0;
  bool bfloat16 = false;

  std::int64_t pixel_bytes() const { return bfloat16 ? 2 : 4; }  ///< of one channel
  std::int64_t tiles() const { return down * across; }           ///< of an image
};

/// Tiles of a piece: two groups of as many as the products keep in registers. More leave the cache,
/// fewer read the transformed kernel too often. Where they don't divide evenly up to half as many
/// more.
inline constexpr std::int64_t winograd_tiles = 28;

/// Tiles of a piece whose channels leave L2 anyway, at most: see Plan in winograd.cpp.
inline constexpr std::int64_t most_winograd_tiles = 7 * winograd_tiles;

/// Some tiles of some blocks of channels, and the matrices that hold them transformed, which lie as
/// WinogradPiece says.
struct TileRange {
  std::int64_t first;  ///< counted through all images
  std::int64_t count;  ///< most_winograd_tiles at most
  std::int64_t first_block, blocks;
  std::int64_t matrix_step;
};

/// The 6×6 pixels that a convolution's 4×4 results see.
void transform_patches(const TiledImages& images, const TileRange& range, const void* source,
                       float* matrices);
/// The 4×4 pixels of a gradient by results.
void transform_result_gradients(const TiledImages& images, const TileRange& range,
                                const void* source, float* matrices);
/// Products back to 4×4 results, then plus bias, which may be null, then rectified. With `stream`
/// they go past the caches.
void transform_results(const TiledImages& images, const TileRange& range, const float* matrices,
                       const float* bias, bool rectify, bool stream, void* target);

}  // namespace sloy::cpu
