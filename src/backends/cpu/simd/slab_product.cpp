#include "backends/cpu/simd/slab_product.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/slab_product.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/unrolled-inl.h"
#include "backends/cpu/simd/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

/// Vectors of columns whose sums stay in registers, beside slab_group rows.
constexpr std::int64_t vectors = lanes == 16 ? 4 : 2;
constexpr auto step = static_cast<std::int64_t>(lanes);
constexpr std::int64_t tile_columns = vectors * step;

/// slab_group rows of tile_columns columns.
HWY_INLINE void multiply_tile(const float* a, const float* b, std::int64_t inner, float* c,
                              std::int64_t c_row) {
  V sums[slab_group * vectors];
  unrolled<slab_group * vectors>([&](auto i) HWY_ATTR { sums[i] = hn::Zero(D()); });
  for (std::int64_t k = 0; k < inner; ++k, a += slab_group, b += slab_panel) {
    V factors[vectors];
    unrolled<vectors>([&](auto v) HWY_ATTR { factors[v] = hn::LoadU(D(), b + v * step); });
    unrolled<slab_group>([&](auto r) HWY_ATTR {
      const V value = hn::Set(D(), a[r]);
      unrolled<vectors>([&](auto v) HWY_ATTR {
        sums[r * vectors + v] = hn::MulAdd(value, factors[v], sums[r * vectors + v]);
      });
    });
  }
  unrolled<slab_group>([&](auto r) HWY_ATTR {
    unrolled<vectors>(
        [&](auto v) HWY_ATTR { hn::StoreU(sums[r * vectors + v], D(), c + r * c_row + v * step); });
  });
}

/// Asks for `rows` rows of `columns` numbers.
HWY_INLINE void fetch(const float* from, std::int64_t row, std::int64_t rows,
                      std::int64_t columns) {
  constexpr std::int64_t line = 16;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < columns; i += line) hwy::Prefetch(from + r * row + i);
  }
}

void multiply(const SlabProduct& p) {
  HWY_ALIGN float part[slab_group * tile_columns];
  const float* a = p.a;
  for (std::int64_t row = 0; row < p.rows; row += slab_group, a += p.inner * slab_group) {
    const std::int64_t rows = std::min(slab_group, p.rows - row);
    for (std::int64_t column = 0; column < p.columns; column += tile_columns) {
      const std::int64_t columns = std::min(tile_columns, p.columns - column);
      const std::int64_t at = row * p.c_row + column;
      for (const float* operand : p.ahead) fetch(operand + at, p.c_row, rows, columns);
      if (rows == slab_group && columns == tile_columns) {
        multiply_tile(a, p.b + column, p.inner, p.c + at, p.c_row);
        continue;
      }
      multiply_tile(a, p.b + column, p.inner, part, tile_columns);
      for (std::int64_t r = 0; r < rows; ++r) {
        std::copy_n(part + r * tile_columns, columns, p.c + at + r * p.c_row);
      }
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(multiply);

void multiply_slab(const SlabProduct& product) { HWY_DYNAMIC_DISPATCH(multiply)(product); }

void pack_columns(const float* from, std::int64_t inner, std::int64_t columns, std::int64_t width,
                  std::int64_t first, std::int64_t last, float* out) {
  for (std::int64_t piece = first; piece < last; ++piece) {
    const std::int64_t column = piece * width;
    const std::int64_t count = std::min(width, columns - column);
    float* to = out + piece * inner * width;
    for (std::int64_t k = 0; k < inner; ++k, to += width) {
      std::copy_n(from + k * columns + column, count, to);
      std::fill(to + count, to + width, 0.0f);
    }
  }
}

}  // namespace sloy::cpu
#endif
