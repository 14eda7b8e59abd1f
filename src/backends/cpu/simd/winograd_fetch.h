/// Fetches pixels into the cache while products keep the CPU busy, which leave memory idle.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "backends/cpu/simd/winograd_tiles.h"

namespace sloy::cpu {

/// The pixels that some tiles see, a cache line at a time: whole rows of each block of channels, in
/// the order in which they lie in memory.
class TileFetch {
 public:
  /// `size` is the patch's: 6, or 4 where tiles do not overlap. All is to be fetched within
  /// `steps`.
  TileFetch(const TiledImages& images, const TileRange& range, const void* source,
            std::int64_t block, std::int64_t size, std::int64_t steps)
      : images_(images),
        range_(range),
        source_(static_cast<const char*>(source)),
        block_bytes_(block * images.pixel_bytes()),
        size_(size) {
    if (range.count == 0) return;
    image_ = range.first / images.tiles();
    last_image_ = (range.first + range.count - 1) / images.tiles();
    find_rows();
    // Rows that tiles share count in each: a fetch too many costs less than one too late.
    const std::int64_t bytes = range.count * 4 * size * range.blocks * block_bytes_;
    lines_per_step_ = bytes / line / std::max<std::int64_t>(steps, 1) + 1;
  }

  void step() {
    for (std::int64_t i = 0; i < lines_per_step_; ++i) {
      if (at_ == end_ && !find_rows()) return;
      __builtin_prefetch(at_, 0, 2);
      at_ += std::min<std::ptrdiff_t>(line, end_ - at_);
    }
  }

 private:
  static constexpr std::int64_t line = 64;  ///< bytes

  /// The next block's rows, or the next image's.
  bool find_rows() {
    if (block_at_ == range_.blocks) {
      block_at_ = 0;
      ++image_;
    }
    if (image_ > last_image_) return false;
    const std::int64_t of_image = images_.tiles();
    const std::int64_t first = std::max(range_.first - image_ * of_image, std::int64_t{0});
    const std::int64_t last =
        std::min(range_.first + range_.count - image_ * of_image, of_image) - 1;
    const auto row = [&](std::int64_t r) {
      return std::clamp<std::int64_t>(r - images_.low_height, 0, images_.height);
    };
    const std::int64_t row_bytes = images_.width * block_bytes_;
    const char* plane = source_ + (image_ * images_.blocks + range_.first_block + block_at_) *
                                      images_.height * row_bytes;
    at_ = plane + row(first / images_.across * 4) * row_bytes;
    end_ = plane + row(last / images_.across * 4 + size_) * row_bytes;
    ++block_at_;
    return true;
  }

  TiledImages images_;
  TileRange range_;
  const char* source_;
  std::int64_t block_bytes_;
  std::int64_t size_;
  std::int64_t lines_per_step_ = 0;
  std::int64_t image_ = 0, last_image_ = -1;
  std::int64_t block_at_ = 0;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
};

}  // namespace sloy::cpu
