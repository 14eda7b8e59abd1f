#include "backends/cpu/simd/copy_rows.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/copy_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/turn-inl.h"
#include "backends/cpu/simd/unrolled-inl.h"
#include "backends/cpu/simd/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

/// From here on memcpy is faster than a loop of our own.
constexpr std::size_t long_run = 256;

/// Runs of few elements, whose number is known.
template <std::size_t count>
void copy_short_rows(const CopyPiece& piece) {
  const float* from = piece.from;
  float* to = piece.to;
  for (std::int64_t row = 0; row < piece.rows.size; ++row) {
    std::memcpy(to, from, count * sizeof(float));
    from += piece.rows.from;
    to += piece.rows.to;
  }
}

void copy_all_rows(const CopyPiece& piece) {
  const auto count = static_cast<std::size_t>(piece.inner.size);
  switch (count) {
    case 1: return copy_short_rows<1>(piece);
    case 2: return copy_short_rows<2>(piece);
    case 3: return copy_short_rows<3>(piece);
    case 4: return copy_short_rows<4>(piece);
    case 8: return copy_short_rows<8>(piece);
    default: break;
  }
  const float* from = piece.from;
  float* to = piece.to;
  for (std::int64_t row = 0; row < piece.rows.size; ++row) {
    if (count >= long_run) {
      std::memcpy(to, from, count * sizeof(float));
    } else {
      std::size_t i = 0;
      for (; i + lanes <= count; i += lanes) hn::StoreU(hn::LoadU(D(), from + i), D(), to + i);
      if (i < count) store_first(load_first(from + i, count - i), to + i, count - i);
    }
    from += piece.rows.from;
    to += piece.rows.to;
  }
}

/// Elements written side by side: a cache line.
constexpr std::size_t line = 16;
constexpr std::int64_t block = 64;

/// `lanes` rows of `line` elements: to[row · to_step + i] = from[i · from_step + row].
HWY_INLINE void transpose_square(const float* from, std::int64_t from_step, float* to,
                                 std::int64_t to_step) {
  constexpr auto step = static_cast<std::int64_t>(lanes);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(line); i += step) {
    V square[lanes];
    unrolled<step>([&](auto k)
                       HWY_ATTR { square[k] = hn::LoadU(D(), from + (i + k) * from_step); });
    turn_square(square);
    unrolled<step>([&](auto row)
                       HWY_ATTR { hn::StoreU(square[row], D(), to + row * to_step + i); });
  }
}

void transpose_all_rows(const CopyPiece& piece) {
  const auto step = static_cast<std::int64_t>(lanes);
  const auto width = static_cast<std::int64_t>(line);
  const std::int64_t whole_rows = piece.rows.size / step * step;
  const std::int64_t whole_inner = piece.inner.size / width * width;
  // In blocks, so that the pages read from are met again soon.
  for (std::int64_t first = 0; first < whole_inner; first += block) {
    const std::int64_t last = std::min(first + block, whole_inner);
    for (std::int64_t row = 0; row < whole_rows; row += step) {
      for (std::int64_t i = first; i < last; i += width) {
        transpose_square(piece.from + i * piece.inner.from + row, piece.inner.from,
                         piece.to + row * piece.rows.to + i, piece.rows.to);
      }
    }
  }
  for (std::int64_t row = 0; row < piece.rows.size; ++row) {
    for (std::int64_t i = row < whole_rows ? whole_inner : 0; i < piece.inner.size; ++i) {
      piece.to[row * piece.rows.to + i] = piece.from[i * piece.inner.from + row];
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(copy_all_rows);
HWY_EXPORT(transpose_all_rows);

void copy_rows(const CopyPiece& piece) { HWY_DYNAMIC_DISPATCH(copy_all_rows)(piece); }
void transpose_rows(const CopyPiece& piece) { HWY_DYNAMIC_DISPATCH(transpose_all_rows)(piece); }

}  // namespace sloy::cpu
#endif
