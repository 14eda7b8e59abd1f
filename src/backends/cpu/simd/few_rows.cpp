#include "backends/cpu/simd/few_rows.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/few_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cassert>

#include "backends/cpu/simd/unrolled-inl.h"
#include "backends/cpu/simd/vector-inl.h"
#include "base/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

constexpr auto step = static_cast<std::int64_t>(lanes);
/// Sums over more products than this are sums of sums, or their rounding errors would grow.
constexpr std::int64_t summed_products = 512;
/// Columns of a plain matrix whose sums stay in L1 while rows of it pass by.
constexpr std::int64_t strip_columns = 1024;
/// Rows of a plain matrix that pass by together.
constexpr std::int64_t depth = 4;
/// How far ahead a packed matrix is fetched: where the CPU's own fetching stops at pages' ends.
constexpr std::int64_t floats_ahead = 2048;

struct Product {
  const FewRows& shape;
  const float* a;
  const float* b;
  const float* bias;
  float* c;
};

HWY_INLINE V finish(const Product& p, V sum, V bias) {
  if (p.bias != nullptr) sum = hn::Add(sum, bias);
  return p.shape.rectify ? rectify(sum) : sum;
}

/// `vectors` neighbouring vectors of columns of a panel, in registers.
template <std::int64_t rows, std::int64_t vectors>
HWY_INLINE void multiply_panel(const Product& p, std::int64_t column) {
  constexpr std::int64_t count = rows * vectors;
  const std::int64_t inner = p.shape.inner;
  const float* b = p.b + column / panel_columns * panel_columns * inner + column % panel_columns;
  V totals[count];
  unrolled<count>([&](auto i) HWY_ATTR { totals[i] = hn::Zero(D()); });
  for (std::int64_t first = 0; first < inner; first += summed_products) {
    const std::int64_t last = std::min(first + summed_products, inner);
    V sums[count];
    unrolled<count>([&](auto i) HWY_ATTR { sums[i] = hn::Zero(D()); });
    for (std::int64_t k = first; k < last; ++k, b += panel_columns) {
      V factors[vectors];
      unrolled<vectors>([&](auto v) HWY_ATTR {
        __builtin_prefetch(b + floats_ahead + v * step, 0, 2);
        factors[v] = hn::LoadU(D(), b + v * step);
      });
      unrolled<rows>([&](auto r) HWY_ATTR {
        const V value = hn::Set(D(), p.a[r * inner + k]);
        unrolled<vectors>([&](auto v) HWY_ATTR {
          sums[r * vectors + v] = hn::MulAdd(value, factors[v], sums[r * vectors + v]);
        });
      });
    }
    unrolled<count>([&](auto i) HWY_ATTR { totals[i] = hn::Add(totals[i], sums[i]); });
  }
  unrolled<vectors>([&](auto v) HWY_ATTR {
    const std::int64_t at = column + v * step;
    const V bias = p.bias == nullptr ? hn::Zero(D()) : hn::LoadU(D(), p.bias + at);
    unrolled<rows>([&](auto r) HWY_ATTR {
      hn::StoreU(finish(p, totals[r * vectors + v], bias), D(), p.c + r * p.shape.columns + at);
    });
  });
}

/// Some columns of a plain matrix, and their sums.
struct Strip {
  std::int64_t column, count;
  float* sums;  ///< rows of strip_columns
};

/// Adds the products of `depth` rows of the matrix from k on to the sums.
template <std::int64_t rows, std::int64_t depth>
HWY_INLINE void add_rows(const Product& p, const Strip& strip, std::int64_t k) {
  const std::int64_t columns = p.shape.columns;
  V values[rows * depth];
  unrolled<rows * depth>([&](auto i) HWY_ATTR {
    values[i] = hn::Set(D(), p.a[i / depth * p.shape.inner + k + i % depth]);
  });
  const float* b = p.b + k * columns + strip.column;
  for_each_vector(strip.count, [&](std::int64_t j, auto access) HWY_ATTR {
    V factors[depth];
    unrolled<depth>([&](auto d) HWY_ATTR {
      __builtin_prefetch(b + (depth + d) * columns + j, 0, 2);
      factors[d] = access.load(b + d * columns + j);
    });
    unrolled<rows>([&](auto r) HWY_ATTR {
      float* place = strip.sums + r * strip_columns + j;
      V sum = hn::Load(D(), place);
      unrolled<depth>([&](auto d)
                          HWY_ATTR { sum = hn::MulAdd(values[r * depth + d], factors[d], sum); });
      hn::Store(sum, D(), place);
    });
  });
}

template <std::int64_t rows>
HWY_INLINE void multiply_strip(const Product& p, std::int64_t column, std::int64_t count) {
  HWY_ALIGN float sums[rows * strip_columns];
  HWY_ALIGN float totals[rows * strip_columns] = {};
  const Strip strip = {column, count, sums};
  for (std::int64_t first = 0; first < p.shape.inner; first += summed_products) {
    const std::int64_t last = std::min(first + summed_products, p.shape.inner);
    std::fill_n(sums, rows * strip_columns, 0.0f);
    std::int64_t k = first;
    for (; k + depth <= last; k += depth) add_rows<rows, depth>(p, strip, k);
    for (; k < last; ++k) add_rows<rows, 1>(p, strip, k);
    for (std::int64_t i = 0; i < rows * strip_columns; i += step) {
      hn::Store(hn::Add(hn::Load(D(), totals + i), hn::Load(D(), sums + i)), D(), totals + i);
    }
  }
  for_each_vector(count, [&](std::int64_t j, auto access) HWY_ATTR {
    const V bias = p.bias == nullptr ? hn::Zero(D()) : access.load(p.bias + column + j);
    for (std::int64_t r = 0; r < rows; ++r) {
      access.store(finish(p, hn::Load(D(), totals + r * strip_columns + j), bias),
                   p.c + r * p.shape.columns + column + j);
    }
  });
}

template <std::int64_t rows>
void multiply_columns(const Product& p, std::int64_t column, std::int64_t end) {
  if (!p.shape.packed) {
    for (; column < end; column += strip_columns) {
      multiply_strip<rows>(p, column, std::min(strip_columns, end - column));
    }
    return;
  }
  constexpr std::int64_t vectors = 4;
  for (; column < end; column += vectors * step) multiply_panel<rows, vectors>(p, column);
}

void multiply(const FewRows& shape, const float* a, const float* b, const float* bias, float* c,
              std::int64_t column, std::int64_t end) {
  const Product p = {shape, a, b, bias, c};
  switch (shape.rows) {
    case 1: return multiply_columns<1>(p, column, end);
    case 2: return multiply_columns<2>(p, column, end);
    case 3: return multiply_columns<3>(p, column, end);
    default: return multiply_columns<4>(p, column, end);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(multiply);

namespace {

/// Numbers of the matrix that make up for waking another thread.
constexpr std::int64_t numbers_of_a_thread = 1 << 15;

}  // namespace

void multiply_few_rows(const FewRows& shape, const float* a, const float* b, const float* bias,
                       float* c) {
  assert(shape.rows >= 1 && shape.rows <= most_few_rows);
  assert(!shape.packed || shape.columns % panel_columns == 0);
  const std::int64_t panels = (shape.columns + panel_columns - 1) / panel_columns;
  const std::int64_t grain = numbers_of_a_thread / (panel_columns * shape.inner + 1) + 1;
  parallel_for(panels, grain, [&](std::int64_t first, std::int64_t last) {
    HWY_DYNAMIC_DISPATCH(multiply)
    (shape, a, b, bias, c, first * panel_columns, std::min(last * panel_columns, shape.columns));
  });
}

}  // namespace sloy::cpu
#endif
