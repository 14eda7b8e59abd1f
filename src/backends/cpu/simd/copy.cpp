#include "backends/cpu/simd/copy.h"

#include <algorithm>
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

}  // namespace

StridedCopy::StridedCopy(std::vector<CopyAxis> axes) : outer_(std::move(axes)) {
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
  const auto row = transposes() ? std::ranges::find(outer_, 1, &CopyAxis::from) : outer_.end() - 1;
  assert(inner_.to == 1 && row != outer_.end());
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
                 for (std::int64_t item = first; item < last; ++item) {
                   CopyPiece piece = {from, to, rows_, inner_};
                   std::int64_t rest = item / pieces;
                   for (std::size_t a = outer_.size(); a-- > 0;) {
                     const std::int64_t index = rest % outer_[a].size;
                     rest /= outer_[a].size;
                     piece.from += index * outer_[a].from;
                     piece.to += index * outer_[a].to;
                   }
                   const std::int64_t start = item % pieces * length;
                   piece.from += start * cut.from;
                   piece.to += start * cut.to;
                   (one_row ? piece.inner : piece.rows).size = std::min(length, cut.size - start);
                   if (transposes())
                     transpose_rows(piece);
                   else
                     copy_rows(piece);
                 }
               });
}

}  // namespace sloy::cpu
