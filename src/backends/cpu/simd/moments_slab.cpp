#include "backends/cpu/simd/moments_slab.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/moments_slab.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

/// A sum of differences from a rough mean corrects it and what follows from it.
HWY_INLINE Moment corrected(float rough_mean, float differences, float squares, double count) {
  const double off = static_cast<double>(differences) / count;
  return {static_cast<double>(rough_mean) + off,
          std::max(static_cast<double>(squares) - off * static_cast<double>(differences), 0.0)};
}

/// Columns [0, count) where count ≤ parts · lanes, as vectors: each column's sums stay in a
/// register.
template <std::size_t parts, bool partial, class T>
HWY_INLINE void moments_of_columns(const ColumnPiece<T>& piece, std::size_t count, Moment* out) {
  const auto load = [&](const T* from, std::size_t part) HWY_ATTR {
    if constexpr (partial) return load_first(from, count);
    return load_all(from + part * lanes);
  };
  // Sums of differences from the first row: of the numbers themselves, far from zero, too many
  // digits would be lost for the second pass to make up for.
  V shift[parts], mean[parts];
  for (std::size_t i = 0; i < parts; ++i) {
    shift[i] = load(piece.x, i);
    mean[i] = hn::Zero(D());
  }
  for (std::int64_t panel = 0; panel < piece.panels; ++panel) {
    const T* from = piece.x + panel * piece.panel_stride;
    for (std::int64_t row = 0; row < piece.rows; ++row, from += piece.row_stride) {
      for (std::size_t i = 0; i < parts; ++i) {
        mean[i] = hn::Add(mean[i], hn::Sub(load(from, i), shift[i]));
      }
    }
  }
  const auto n = static_cast<double>(piece.panels * piece.rows);
  V differences[parts], squares[parts];
  for (std::size_t i = 0; i < parts; ++i) {
    mean[i] = hn::Add(shift[i], hn::Div(mean[i], hn::Set(D(), static_cast<float>(n))));
    differences[i] = squares[i] = hn::Zero(D());
  }
  for (std::int64_t panel = 0; panel < piece.panels; ++panel) {
    const T* from = piece.x + panel * piece.panel_stride;
    for (std::int64_t row = 0; row < piece.rows; ++row, from += piece.row_stride) {
      for (std::size_t i = 0; i < parts; ++i) {
        const V difference = hn::Sub(load(from, i), mean[i]);
        differences[i] = hn::Add(differences[i], difference);
        squares[i] = hn::Add(squares[i], hn::Mul(difference, difference));
      }
    }
  }
  HWY_ALIGN float numbers[3][parts * lanes];
  for (std::size_t i = 0; i < parts; ++i) {
    hn::Store(mean[i], D(), numbers[0] + i * lanes);
    hn::Store(differences[i], D(), numbers[1] + i * lanes);
    hn::Store(squares[i], D(), numbers[2] + i * lanes);
  }
  for (std::size_t c = 0; c < count; ++c) {
    out[c] = corrected(numbers[0][c], numbers[1][c], numbers[2][c], n);
  }
}

template <class T>
HWY_INLINE void moments_of_all_columns(const ColumnPiece<T>& piece, Moment* out) {
  constexpr std::size_t parts = 4;
  const auto width = static_cast<std::size_t>(piece.width);
  ColumnPiece<T> rest = piece;
  std::size_t column = 0;
  const auto advance = [&](std::size_t columns) {
    column += columns;
    rest.x += columns;
  };
  for (; column + parts * lanes <= width; advance(parts * lanes)) {
    moments_of_columns<parts, false>(rest, parts * lanes, out + column);
  }
  for (; column + lanes <= width; advance(lanes)) {
    moments_of_columns<1, false>(rest, lanes, out + column);
  }
  if (column < width) moments_of_columns<1, true>(rest, width - column, out + column);
}

void moments_of_floats(const ColumnPiece<float>& piece, Moment* out) {
  moments_of_all_columns(piece, out);
}
void moments_of_bfloat16(const ColumnPiece<bfloat16>& piece, Moment* out) {
  moments_of_all_columns(piece, out);
}

Moment moment_of_run(const float* x, std::int64_t count) {
  const auto n = static_cast<std::size_t>(count);
  const V shift = hn::Set(D(), x[0]);
  Sum16 sum(0.0f);
  for (std::size_t i = 0; i < n; i += lanes) {
    sum.take(i % sum_lanes, hn::Sub(load_first_or(x + i, n - i, x[0]), shift));
  }
  const float rough = x[0] + sum.fold() / static_cast<float>(count);
  const V mean = hn::Set(D(), rough);
  Sum16 differences(0.0f), squares(0.0f);
  for (std::size_t i = 0; i < n; i += lanes) {
    const V difference = hn::Sub(load_first_or(x + i, n - i, rough), mean);
    differences.take(i % sum_lanes, difference);
    squares.take(i % sum_lanes, hn::Mul(difference, difference));
  }
  return corrected(rough, differences.fold(), squares.fold(), static_cast<double>(count));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(moments_of_floats);
HWY_EXPORT(moments_of_bfloat16);
HWY_EXPORT(moment_of_run);

void column_moments(const ColumnPiece<float>& piece, Moment* out) {
  HWY_DYNAMIC_DISPATCH(moments_of_floats)(piece, out);
}
void column_moments(const ColumnPiece<bfloat16>& piece, Moment* out) {
  HWY_DYNAMIC_DISPATCH(moments_of_bfloat16)(piece, out);
}

Moment run_moment(const float* x, std::int64_t count) {
  return HWY_DYNAMIC_DISPATCH(moment_of_run)(x, count);
}

}  // namespace sloy::cpu
#endif
