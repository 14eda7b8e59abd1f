#include "backends/cpu/simd/panel_product.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/panel_product.cpp"
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

/// Vectors of columns whose sums stay in registers, beside row_group rows.
constexpr std::int64_t vectors = lanes == 16 ? 4 : 2;
constexpr auto step = static_cast<std::int64_t>(lanes);
constexpr std::int64_t tile_columns = vectors * step;

/// `rows` rows of tile_columns columns. `bias` may be null.
template <std::int64_t rows>
HWY_INLINE void multiply_tile(const PanelProduct& p, const float* a, const float* b,
                              const float* bias, float* c, std::int64_t c_row) {
  V sums[rows * vectors];
  unrolled<rows * vectors>([&](auto i) HWY_ATTR { sums[i] = hn::Zero(D()); });
  if (p.adds) {
    unrolled<rows * vectors>([&](auto i) HWY_ATTR {
      sums[i] = hn::LoadU(D(), c + i / vectors * c_row + i % vectors * step);
    });
  }
  const std::int64_t a_row = p.a_row;
  const std::int64_t a_step = p.a_step;
  for (std::int64_t k = p.inner; k > 0; --k, a += a_step, b += panel_columns) {
    V factors[vectors];
    unrolled<vectors>([&](auto v) HWY_ATTR { factors[v] = hn::LoadU(D(), b + v * step); });
    unrolled<rows>([&](auto r) HWY_ATTR {
      const V value = hn::Set(D(), a[r * a_row]);
      unrolled<vectors>([&](auto v) HWY_ATTR {
        sums[r * vectors + v] = hn::MulAdd(value, factors[v], sums[r * vectors + v]);
      });
    });
  }
  if (bias != nullptr) {
    unrolled<rows * vectors>([&](auto i) HWY_ATTR {
      sums[i] = hn::Add(sums[i], hn::LoadU(D(), bias + i % vectors * step));
    });
  }
  if (p.rectify) {
    unrolled<rows * vectors>([&](auto i) HWY_ATTR { sums[i] = rectify(sums[i]); });
  }
  unrolled<rows * vectors>([&](auto i) HWY_ATTR {
    hn::StoreU(sums[i], D(), c + i / vectors * c_row + i % vectors * step);
  });
}

/// The same with fewer columns, by way of whole ones.
template <std::int64_t rows>
HWY_NOINLINE void multiply_part(const PanelProduct& p, const float* a, std::int64_t column,
                                float* c) {
  HWY_ALIGN float part[rows * tile_columns];
  HWY_ALIGN float bias[tile_columns];
  const std::int64_t columns = p.columns - column;
  if (p.adds) {
    for (std::int64_t r = 0; r < rows; ++r) {
      std::copy_n(c + r * p.c_row, columns, part + r * tile_columns);
      std::fill(part + r * tile_columns + columns, part + (r + 1) * tile_columns, 0.0f);
    }
  }
  if (p.bias != nullptr) {
    std::fill(std::copy_n(p.bias + column, columns, bias), bias + tile_columns, 0.0f);
  }
  multiply_tile<rows>(p, a, p.b + column, p.bias == nullptr ? nullptr : bias, part, tile_columns);
  for (std::int64_t r = 0; r < rows; ++r) {
    std::copy_n(part + r * tile_columns, columns, c + r * p.c_row);
  }
}

/// Asks for `rows` rows of `columns` numbers.
HWY_INLINE void fetch(const float* from, std::int64_t row, std::int64_t rows,
                      std::int64_t columns) {
  constexpr std::int64_t line = 16;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < columns; i += line) hwy::Prefetch(from + r * row + i);
  }
}

template <std::int64_t rows>
HWY_INLINE void multiply_rows(const PanelProduct& p, const float* a, std::int64_t row) {
  for (std::int64_t column = 0; column < p.columns; column += tile_columns) {
    const std::int64_t at = row * p.c_row + column;
    const bool whole = column + tile_columns <= p.columns;
    for (const float* operand : p.ahead) {
      fetch(operand + at, p.c_row, rows, whole ? tile_columns : p.columns - column);
    }
    if (!whole) return multiply_part<rows>(p, a, column, p.c + at);
    multiply_tile<rows>(p, a, p.b + column, p.bias == nullptr ? nullptr : p.bias + column, p.c + at,
                        p.c_row);
  }
}

void multiply(const PanelProduct& p) {
  const float* a = p.a;
  std::int64_t row = 0;
  for (; row + row_group <= p.rows; row += row_group, a += p.a_group) {
    multiply_rows<row_group>(p, a, row);
  }
  switch (p.rows - row) {
    case 1: return multiply_rows<1>(p, a, row);
    case 2: return multiply_rows<2>(p, a, row);
    case 3: return multiply_rows<3>(p, a, row);
    case 4: return multiply_rows<4>(p, a, row);
    case 5: return multiply_rows<5>(p, a, row);
    default: return;
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(multiply);

void multiply_panel(const PanelProduct& product) { HWY_DYNAMIC_DISPATCH(multiply)(product); }

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
