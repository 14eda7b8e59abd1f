#include "backends/cpu/simd/moments.h"

#include <algorithm>
#include <cassert>

#include "backends/cpu/simd/moments_slab.h"
#include "base/parallel.h"

namespace sloy::cpu {
namespace {

/// Columns that one thread takes at a time.
constexpr std::int64_t strip_columns = 256;
/// Elements that make up for waking another thread.
constexpr std::int64_t elements_of_a_thread = 32768;

/// Moments of disjoint sets of numbers joined to that of their union (Chan, Golub, LeVeque 1979).
class Joined {
 public:
  void take(const Moment& moment, double count) {
    const double all = count_ + count;
    const double difference = moment.mean - mean_;
    mean_ += difference * (count / all);
    squares_ += moment.squares + difference * difference * (count_ * count / all);
    count_ = all;
  }
  void store(float* mean, float* variance) const {
    *mean = static_cast<float>(mean_);
    *variance = static_cast<float>(squares_ / count_);
  }

 private:
  double count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

/// How the numbers are cut: `sets` sets of moments, each of `pieces` pieces to be joined.
struct Cut {
  Slabs slabs;
  std::int64_t sets;
  std::int64_t pieces;
};

std::int64_t row_pieces(const Space& space) {
  return (space.width + slab_elements - 1) / slab_elements;
}

Cut cut_of(const MomentsShape& shape) {
  const Space& space = shape.space;
  if (shape.over == MomentsOver::columns) {
    return {{}, space.panels * space.rows, row_pieces(space)};
  }
  const bool by_panel = shape.over == MomentsOver::rows;
  const Slabs slabs = cut_slabs(space, {.least_rows = 64, .within_examples = by_panel});
  if (by_panel) return {slabs, space.panels * space.width, slabs.splits};
  return {slabs, space.channels(), slabs.count};
}

double piece_count(const MomentsShape& shape, const Cut& cut, std::int64_t piece) {
  const Space& space = shape.space;
  if (shape.over == MomentsOver::columns) {
    return static_cast<double>(std::min(slab_elements, space.width - piece * slab_elements));
  }
  const Slabs::Range range = cut.slabs.range(space, piece);
  return static_cast<double>((range.last_example - range.first_example) *
                             (range.last_row - range.first_row));
}

/// Pieces lie [set][piece] for rows of one piece each, and [piece][set] otherwise.
void row_moments(const Space& space, const float* x, Moment* out) {
  const std::int64_t pieces = row_pieces(space);
  const std::int64_t items = space.panels * space.rows * pieces;
  const std::int64_t grain = elements_of_a_thread / std::min(space.width, slab_elements) + 1;
  parallel_for(items, grain, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t item = first; item < last; ++item) {
      const std::int64_t start = item % pieces * slab_elements;
      const std::int64_t count = std::min(slab_elements, space.width - start);
      out[item] = run_moment(x + item / pieces * space.width + start, count);
    }
  });
}

template <class T>
void slab_moments(const MomentsShape& shape, const Cut& cut, const T* x, Moment* out) {
  const Space& space = shape.space;
  const std::int64_t strips = (space.width + strip_columns - 1) / strip_columns;
  const std::int64_t units = space.blocks * strips;
  const std::int64_t items = cut.slabs.count * units;
  const std::int64_t grain = elements_of_a_thread / std::max<std::int64_t>(space.size() / items, 1);
  parallel_for(items, grain + 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t item = first; item < last; ++item) {
      const std::int64_t slab = item / units;
      const std::int64_t block = item % units / strips;
      const std::int64_t column = item % strips * strip_columns;
      const Slabs::Range range = cut.slabs.range(space, slab);
      const std::int64_t panel = range.first_example * space.blocks + block;
      const ColumnPiece<T> piece = {
          .x = x + (panel * space.rows + range.first_row) * space.width + column,
          .panels = range.last_example - range.first_example,
          .panel_stride = space.blocks * space.rows * space.width,
          .rows = range.last_row - range.first_row,
          .row_stride = space.width,
          .width = std::min(strip_columns, space.width - column)};
      const std::int64_t split = slab % cut.slabs.splits;
      const std::int64_t place = shape.over == MomentsOver::rows
                                     ? (panel * cut.slabs.splits + split) * space.width
                                     : slab * space.channels() + block * space.width;
      column_moments(piece, out + place + column);
    }
  });
}

/// Where piece `piece` of set `set` lies among the moments.
std::int64_t place_of(const MomentsShape& shape, const Cut& cut, std::int64_t set,
                      std::int64_t piece) {
  const std::int64_t width = shape.space.width;
  switch (shape.over) {
    case MomentsOver::columns: return set * cut.pieces + piece;
    case MomentsOver::rows: return (set / width * cut.pieces + piece) * width + set % width;
    case MomentsOver::examples: return piece * cut.sets + set;
  }
  return 0;
}

void join_pieces(const MomentsShape& shape, const Cut& cut, const Moment* pieces, float* mean,
                 float* variance) {
  const std::int64_t grain = elements_of_a_thread / (cut.pieces * shape.group * 8) + 1;
  parallel_for(cut.sets / shape.group, grain, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t result = first; result < last; ++result) {
      Joined joined;
      for (std::int64_t i = 0; i < shape.group; ++i) {
        for (std::int64_t piece = 0; piece < cut.pieces; ++piece) {
          joined.take(pieces[place_of(shape, cut, result * shape.group + i, piece)],
                      piece_count(shape, cut, piece));
        }
      }
      joined.store(mean + result, variance + result);
    }
  });
}

}  // namespace

std::int64_t MomentsShape::results() const { return cut_of(*this).sets / group; }

std::size_t moments_scratch_bytes(const MomentsShape& shape) {
  const Cut cut = cut_of(shape);
  return static_cast<std::size_t>(cut.sets * cut.pieces) * sizeof(Moment);
}

void moments(const MomentsShape& shape, const float* x, float* mean, float* variance,
             void* scratch) {
  assert(shape.over != MomentsOver::columns || shape.space.blocks == 1);
  const Cut cut = cut_of(shape);
  auto* pieces = static_cast<Moment*>(scratch);
  if (shape.over == MomentsOver::columns) {
    row_moments(shape.space, x, pieces);
  } else {
    slab_moments(shape, cut, x, pieces);
  }
  join_pieces(shape, cut, pieces, mean, variance);
}

void moments(const MomentsShape& shape, const bfloat16* x, float* mean, float* variance,
             void* scratch) {
  assert(shape.over != MomentsOver::columns);
  const Cut cut = cut_of(shape);
  auto* pieces = static_cast<Moment*>(scratch);
  slab_moments(shape, cut, x, pieces);
  join_pieces(shape, cut, pieces, mean, variance);
}

}  // namespace sloy::cpu
