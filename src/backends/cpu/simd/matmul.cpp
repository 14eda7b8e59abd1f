#include "backends/cpu/simd/matmul.h"

#include "backends/cpu/simd/product.h"
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/matmul.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/vector-inl.h"
#include "base/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

/// Multiplications that make up for waking another thread.
constexpr std::int64_t work_of_a_thread = 1 << 18;

/// Rows and vectors of columns whose sums stay in registers.
constexpr std::int64_t tile_rows = lanes == 16 ? 8 : 4;
constexpr std::int64_t tile_vectors = 2;
constexpr std::int64_t tile_columns = tile_vectors * static_cast<std::int64_t>(lanes);
/// Length of the piece of k for which a copied part of b stays in L1.
constexpr std::int64_t tile_depth = 256;

/// Part of a product: rows from `row`, columns from `column`, k in [first, last).
struct Tile {
  std::int64_t row, column;
  std::int64_t first, last;
  const float* b;  ///< (first, column)
  std::int64_t b_row;
};

HWY_INLINE V finish(const Product& p, V sum, V bias) {
  if (p.bias != nullptr) sum = hn::Add(sum, bias);
  return p.rectify ? rectify(sum) : sum;
}

/// `rows` rows of `vectors` vectors of columns, the last of which `access` knows.
template <std::int64_t rows, std::int64_t vectors, class Access>
HWY_INLINE void multiply_tile(const Product& p, const Tile& tile, Access access) {
  const WholeVector whole;
  const auto step = static_cast<std::int64_t>(lanes);
  const auto load = [&](const float* from, std::int64_t v) HWY_ATTR {
    return v + 1 == vectors ? access.load(from + v * step) : whole.load(from + v * step);
  };
  V sums[rows][vectors];
  float* c = p.c + tile.row * p.n + tile.column;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t v = 0; v < vectors; ++v) {
      sums[r][v] = tile.first == 0 ? hn::Zero(D()) : load(c + r * p.n, v);
    }
  }
  const float* a = p.a + tile.row * p.a_row + tile.first * p.a_column;
  const float* b = tile.b;
  std::int64_t k = tile.first;
  if constexpr (rows == 1) {
    // One chain of additions would wait for itself: four go side by side.
    V chains[3][vectors];
    for (auto& chain : chains) {
      for (V& sum : chain) sum = hn::Zero(D());
    }
    for (; k + 4 <= tile.last; k += 4, a += 4 * p.a_column, b += 4 * tile.b_row) {
      for (std::int64_t v = 0; v < vectors; ++v) {
        const auto add = [&](std::int64_t i, V sum) HWY_ATTR {
          return hn::MulAdd(hn::Set(D(), a[i * p.a_column]), load(b + i * tile.b_row, v), sum);
        };
        sums[0][v] = add(0, sums[0][v]);
        for (std::int64_t i = 1; i < 4; ++i) chains[i - 1][v] = add(i, chains[i - 1][v]);
      }
    }
    for (std::int64_t v = 0; v < vectors; ++v) {
      sums[0][v] = hn::Add(hn::Add(sums[0][v], chains[0][v]), hn::Add(chains[1][v], chains[2][v]));
    }
  }
  for (; k < tile.last; ++k, a += p.a_column, b += tile.b_row) {
    V columns[vectors];
    for (std::int64_t v = 0; v < vectors; ++v) columns[v] = load(b, v);
    for (std::int64_t r = 0; r < rows; ++r) {
      const V factor = hn::Set(D(), a[r * p.a_row]);
      for (std::int64_t v = 0; v < vectors; ++v) {
        sums[r][v] = hn::MulAdd(factor, columns[v], sums[r][v]);
      }
    }
  }
  const bool done = tile.last == p.k;
  for (std::int64_t v = 0; v < vectors; ++v) {
    V bias = hn::Zero(D());
    if (p.bias != nullptr) {
      bias = p.bias_step == 0 ? hn::Set(D(), p.bias[0]) : load(p.bias + tile.column, v);
    }
    for (std::int64_t r = 0; r < rows; ++r) {
      const V sum = done ? finish(p, sums[r][v], bias) : sums[r][v];
      float* to = c + r * p.n + v * step;
      if (v + 1 == vectors)
        access.store(sum, to);
      else
        whole.store(sum, to);
    }
  }
}

/// Rows from tile.row to `end` of one strip of columns.
template <std::int64_t vectors, class Access>
HWY_INLINE void multiply_strip(const Product& p, Tile tile, std::int64_t end, Access access) {
  for (; tile.row + tile_rows <= end; tile.row += tile_rows) {
    multiply_tile<tile_rows, vectors>(p, tile, access);
  }
  if (tile_rows > 4 && tile.row + 4 <= end) {
    multiply_tile<4, vectors>(p, tile, access);
    tile.row += 4;
  }
  if (tile.row + 2 <= end) {
    multiply_tile<2, vectors>(p, tile, access);
    tile.row += 2;
  }
  if (tile.row < end) multiply_tile<1, vectors>(p, tile, access);
}

/// Copies b's columns [column, column + count) for k in [first, last) into rows of tile_columns.
HWY_INLINE void copy_columns(const Product& p, std::int64_t column, std::int64_t count,
                             std::int64_t first, std::int64_t last, float* out) {
  if (!p.b_transposed) {
    for (std::int64_t k = first; k < last; ++k) {
      std::memcpy(out + (k - first) * tile_columns, p.b + k * p.n + column,
                  static_cast<std::size_t>(count) * sizeof(float));
    }
    return;
  }
  for (std::int64_t j = 0; j < count; ++j) {
    const float* from = p.b + (column + j) * p.k;
    for (std::int64_t k = first; k < last; ++k) out[(k - first) * tile_columns + j] = from[k];
  }
}

/// Rows [row, end) of the strip of columns from `column` on.
void multiply_columns(const Product& p, std::int64_t row, std::int64_t end, std::int64_t column) {
  HWY_ALIGN float copy[tile_depth * tile_columns];
  const std::int64_t count = std::min(tile_columns, p.n - column);
  // Many rows pay for neighbouring memory; a transposed b has no vectors of columns.
  const bool copied = p.b_transposed || end - row > 32;
  for (std::int64_t first = 0; first < p.k || first == 0; first += tile_depth) {
    const std::int64_t last = copied ? std::min(first + tile_depth, p.k) : p.k;
    Tile tile = {row, column, first, last, p.b + first * p.n + column, p.n};
    if (copied) {
      copy_columns(p, column, count, first, last, copy);
      tile.b = copy;
      tile.b_row = tile_columns;
    }
    const auto width = static_cast<std::size_t>(count);
    if (width == tile_vectors * lanes) {
      multiply_strip<tile_vectors>(p, tile, end, WholeVector());
    } else if (width > lanes) {
      multiply_strip<tile_vectors>(p, tile, end, FirstLanes{width - lanes});
    } else if (width == lanes) {
      multiply_strip<1>(p, tile, end, WholeVector());
    } else {
      multiply_strip<1>(p, tile, end, FirstLanes{width});
    }
    if (!copied) break;
  }
}

void multiply(const Product& p) {
  const std::int64_t strips = (p.n + tile_columns - 1) / tile_columns;
  const std::int64_t work = p.m * p.n * p.k;
  if (work < 2 * work_of_a_thread) {
    for (std::int64_t strip = 0; strip < strips; ++strip) {
      multiply_columns(p, 0, p.m, strip * tile_columns);
    }
    return;
  }
  // Few rows are shared out by columns alone, many by both.
  const std::int64_t bands = std::max<std::int64_t>(p.m / 64, 1);
  const std::int64_t grain = work_of_a_thread * bands * strips / work + 1;
  parallel_for(bands * strips, grain, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t item = first; item < last; ++item) {
      const std::int64_t band = item / strips;
      multiply_columns(p, p.m * band / bands, p.m * (band + 1) / bands,
                       item % strips * tile_columns);
    }
  });
}

/// c (m) = a (m, k) · b (k): each row's products summed in 16 lanes.
HWY_INLINE void multiply_rows_by_vector(const Product& p, std::int64_t first, std::int64_t last) {
  const auto count = static_cast<std::size_t>(p.k);
  for (std::int64_t row = first; row < last; ++row) {
    const float* a = p.a + row * p.a_row;
    Sum16 sum(0.0f);
    for (std::size_t i = 0; i < count; i += lanes) {
      const std::size_t rest = count - i;
      sum.take(i % sum_lanes,
               hn::Mul(load_first_or(a + i, rest, 0.0f), load_first_or(p.b + i, rest, 0.0f)));
    }
    float value = sum.fold();
    if (p.bias != nullptr) value += p.bias[0];
    p.c[row] = p.rectify && value <= 0 ? 0 : value;
  }
}

void multiply_by_vector(const Product& p) {
  parallel_for(p.m, work_of_a_thread / p.k + 1,
               [&](std::int64_t first, std::int64_t last)
                   HWY_ATTR { multiply_rows_by_vector(p, first, last); });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(multiply);
HWY_EXPORT(multiply_by_vector);

void matmul(const MatmulShape& s, const float* a, const float* b, const float* bias, float* c) {
  Product p = {.m = s.m,
               .n = s.n,
               .k = s.k,
               .a = a,
               .a_row = s.transpose_a ? 1 : s.k,
               .a_column = s.transpose_a ? s.m : 1,
               .b = b,
               .b_transposed = s.transpose_b,
               .bias = bias,
               .bias_step = 1,
               .rectify = s.rectify,
               .c = c};
  if (s.n == 1 && !s.transpose_a && s.k >= 64) {
    HWY_DYNAMIC_DISPATCH(multiply_by_vector)(p);
    return;
  }
  if (s.n == 1) {
    // The transposed product has a row of m columns instead of m rows of one.
    p = {.m = 1,
         .n = s.m,
         .k = s.k,
         .a = b,
         .a_row = s.k,
         .a_column = 1,
         .b = a,
         .b_transposed = !s.transpose_a,
         .bias = bias,
         .bias_step = 0,
         .rectify = s.rectify,
         .c = c};
  }
  HWY_DYNAMIC_DISPATCH(multiply)(p);
}

}  // namespace sloy::cpu
#endif
