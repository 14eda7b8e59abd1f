#include "backends/cpu/simd/copy.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "backends/cpu/simd/copy_rows.h"
#include "base/parallel.h"

namespace sloy::cpu {
namespace {

/// Elements that make up for waking another thread.
constexpr std::int64_t elements_of_a_thread = 32768;
/// Rows of a piece, where there are no outer axes to share out.
constexpr std::int64_t rows_of_a_piece = 64;
/// A single run is cut into rows of this many elements.
constexpr std::int64_t elements_of_a_row = 8192;
/// Fewer elements than this make a piece that is not worth its start.
constexpr std::int64_t elements_of_a_piece = 64;
constexpr std::int64_t few_rows = 8;
constexpr std::size_t most_axes = 16;

/// Where the indices of several axes lie, counted up from one of them.
class Walk {
 public:
  Walk(const std::vector<CopyAxis>& axes, std::int64_t item) : axes_(axes) {
    for (std::size_t a = axes_.size(); a-- > 0;) {
      index_[a] = item % axes_[a].size;
      item /= axes_[a].size;
      from_ += index_[a] * axes_[a].from;
      to_ += index_[a] * axes_[a].to;
    }
  }
  std::int64_t from() const { return from_; }
  std::int64_t to() const { return to_; }
  void next() {
    for (std::size_t a = axes_.size(); a-- > 0;) {
      from_ += axes_[a].from;
      to_ += axes_[a].to;
      if (++index_[a] < axes_[a].size) return;
      from_ -= axes_[a].size * axes_[a].from;
      to_ -= axes_[a].size * axes_[a].to;
      index_[a] = 0;
    }
  }

 private:
  const std::vector<CopyAxis>& axes_;
  std::array<std::int64_t, most_axes> index_ = {};
  std::int64_t from_ = 0, to_ = 0;
};

}  // namespace

StridedCopy::StridedCopy(std::vector<CopyAxis> axes) : outer_(std::move(axes)) {
  assert(outer_.size() <= most_axes);
  simplify();
  choose();
}

/// Drops axes of one element, sorts by places written, and joins axes that are one in both
/// memories.
void StridedCopy::simplify() {
  std::erase_if(outer_, [](const CopyAxis& axis) { return axis.size == 1; });
  std::ranges::sort(outer_, [](const CopyAxis& a, const CopyAxis& b) {
    return std::pair(a.to, a.from) > std::pair(b.to, b.from);
  });
  std::vector<CopyAxis> joined;
  for (const CopyAxis& axis : outer_) {
    if (!joined.empty() && joined.back().to == axis.to * axis.size &&
        joined.back().from == axis.from * axis.size) {
      joined.back() = {joined.back().size * axis.size, axis.from, axis.to};
    } else {
      joined.push_back(axis);
    }
  }
  outer_ = std::move(joined);
}

void StridedCopy::choose() {
  if (outer_.empty()) outer_.push_back({1, 1, 1});
  inner_ = outer_.back();
  outer_.pop_back();
  rows_ = {1, 0, 0};
  if (outer_.empty()) return;
  auto row = transposes() ? std::ranges::find(outer_, 1, &CopyAxis::from) : outer_.end() - 1;
  assert(inner_.to == 1 && row != outer_.end());
  if (!transposes() && inner_.size * row->size < elements_of_a_piece && row->size < few_rows) {
    const auto longer = std::find_if(outer_.rbegin(), outer_.rend(),
                                     [](const CopyAxis& axis) { return axis.size >= few_rows; });
    if (longer != outer_.rend()) row = longer.base() - 1;
  }
  rows_ = *row;
  outer_.erase(row);
}

void StridedCopy::run(const float* from, float* to) const {
  // Items are pieces of the rows under every index of the outer axes; of a copy without rows,
  // pieces of its one run.
  const bool one_row = rows_.size == 1;
  const CopyAxis& cut = one_row ? inner_ : rows_;
  const std::int64_t length = one_row ? elements_of_a_row : rows_of_a_piece;
  const std::int64_t pieces = (cut.size + length - 1) / length;
  std::int64_t items = pieces;
  for (const CopyAxis& axis : outer_) items *= axis.size;
  if (items == 0) return;
  const std::int64_t elements = std::min(cut.size, length) * (one_row ? 1 : inner_.size);
  parallel_for(items, elements_of_a_thread / (elements + 1) + 1,
               [&](std::int64_t first, std::int64_t last) {
                 Walk walk(outer_, first / pieces);
                 std::int64_t start = first % pieces * length;
                 for (std::int64_t item = first; item < last; ++item) {
                   CopyPiece piece = {from + walk.from() + start * cut.from,
                                      to + walk.to() + start * cut.to, rows_, inner_};
                   (one_row ? piece.inner : piece.rows).size = std::min(length, cut.size - start);
                   if (transposes())
                     transpose_rows(piece);
                   else
                     copy_rows(piece);
                   start += length;
                   if (start < cut.size) continue;
                   start = 0;
                   walk.next();
                 }
               });
}

}  // namespace sloy::cpu
