#include "backends/cpu/simd/space.h"

#include <algorithm>

namespace sloy::cpu {
namespace {

/// Enough for any number of threads; more would make the partial sums a burden.
constexpr std::int64_t most_slabs = 512;

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

Slabs cut_slabs(const Space& space, const SlabOptions& options) {
  const std::int64_t all_rows = space.examples() * space.rows;
  const std::int64_t rows = std::max({slab_elements / space.width, options.least_rows,
                                      divide_up(all_rows, most_slabs), std::int64_t{1}});
  Slabs slabs;
  if (space.rows > rows || options.within_examples) {
    const std::int64_t each = divide_up(space.rows, divide_up(space.rows, rows));
    slabs.rows_per_split = divide_up(each, options.row_multiple) * options.row_multiple;
    slabs.splits = divide_up(space.rows, slabs.rows_per_split);
    slabs.count = space.examples() * slabs.splits;
  } else {
    slabs.rows_per_split = space.rows;
    slabs.examples_per_slab = rows / space.rows;
    slabs.count = divide_up(space.examples(), slabs.examples_per_slab);
  }
  return slabs;
}

Slabs::Range Slabs::range(const Space& space, std::int64_t slab) const {
  if (splits == 1) {
    const std::int64_t first = slab * examples_per_slab;
    return {first, std::min(first + examples_per_slab, space.examples()), 0, space.rows};
  }
  const std::int64_t example = slab / splits;
  const std::int64_t row = slab % splits * rows_per_split;
  return {example, example + 1, row, std::min(row + rows_per_split, space.rows)};
}

}  // namespace sloy::cpu
