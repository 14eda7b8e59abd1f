/// The elements a kernel runs over, and how sums over them are cut.
#pragma once

#include <cstdint>

namespace sloy::cpu {

/// Elements (panel, row, column), which lie in memory in that order:
///
///     flat      1 panel, 1 row
///     plain     1 panel of all leading dimensions as rows, columns are the channels; or a panel
///               per example where that makes a difference
///     blocked   batch · C/width panels of height·width rows; columns are the channels of a block
struct Space {
  std::int64_t panels = 1;
  std::int64_t blocks = 1;  ///< blocks of channels: panel p is block p % blocks of an example
  std::int64_t rows = 1;
  std::int64_t width = 1;

  static Space flat(std::int64_t size) { return {.width = size}; }
  static Space plain(std::int64_t rows, std::int64_t channels) {
    return {.rows = rows, .width = channels};
  }
  static Space blocked(std::int64_t batch, std::int64_t positions, std::int64_t channels,
                       std::int64_t block) {
    return {batch * (channels / block), channels / block, positions, block};
  }
  std::int64_t size() const { return panels * rows * width; }
  std::int64_t examples() const { return panels / blocks; }
  std::int64_t channels() const { return blocks * width; }
};

/// Sums over examples and rows are made of one partial sum a slab, slabs added in order. How many
/// there are follows from the space alone, so the number of threads changes no bit.
struct Slabs {
  std::int64_t examples_per_slab = 1;
  std::int64_t splits = 1;  ///< slabs of one example's rows; 1 where a slab has several examples
  std::int64_t rows_per_split = 1;
  std::int64_t count = 1;

  struct Range {
    std::int64_t first_example, last_example;
    std::int64_t first_row, last_row;
  };
  Range range(const Space& space, std::int64_t slab) const;
};

struct SlabOptions {
  std::int64_t least_rows = 1;    ///< in a slab, where there are as many
  std::int64_t row_multiple = 1;  ///< splits begin at multiples of this
  bool within_examples = false;   ///< no slab has several examples
};
Slabs cut_slabs(const Space& space, const SlabOptions& options);

/// Elements of a slab where nothing speaks for more: with its like in other operands it fits L2.
inline constexpr std::int64_t slab_elements = 16384;

}  // namespace sloy::cpu
