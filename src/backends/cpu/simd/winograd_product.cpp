#include "backends/cpu/simd/winograd_product.h"

#include "backends/cpu/simd/targets.h"
#include "backends/cpu/simd/winograd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/winograd_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

using winograd::block;
using winograd::step;
constexpr std::int64_t block_vectors = block / step;

/// Sums that stay in registers are rows of tiles, or of channels in the kernel's gradient, by two
/// blocks of filters. As many rows as there are registers for.
constexpr std::int64_t most_rows = step == 16 ? 14 : step == 8 ? 6 : 2;
constexpr std::int64_t gradient_rows = step == 16 ? 8 : 4;

/// Sums over more channels than this are sums of sums, or their rounding errors would grow.
constexpr std::int64_t summed_blocks = 128 / block;

/// Part of a panel of a product at one point: the sums over some blocks of channels.
struct Panel {
  const float* channels;
  std::int64_t channels_step;  ///< from one block of channels to the next
  std::int64_t blocks;
  const float* kernel;
  float* results;
  std::int64_t results_step;  ///< from one block of filters to the next
  bool add;                   ///< to the results
};

/// `rows` tiles by `blocks` blocks of filters.
template <std::int64_t blocks, std::int64_t rows>
void multiply_rows(const Panel& p) {
  constexpr std::int64_t vectors = blocks * block_vectors;
  constexpr std::int64_t count = rows * vectors;
  V sums[count];
  unrolled<count>([&](auto i) HWY_ATTR { sums[i] = hn::Zero(D()); });
  const float* channels = p.channels;
  const float* kernel = p.kernel;
  for (std::int64_t b = 0; b < p.blocks; ++b, channels += p.channels_step) {
    for (std::int64_t c = 0; c < block; ++c, kernel += vectors * step) {
      V factors[vectors];
      unrolled<vectors>([&](auto v) HWY_ATTR { factors[v] = hn::Load(D(), kernel + v * step); });
      unrolled<rows>([&](auto r) HWY_ATTR {
        const V value = hn::Set(D(), channels[r * block + c]);
        unrolled<vectors>([&](auto v) HWY_ATTR {
          sums[r * vectors + v] = hn::MulAdd(value, factors[v], sums[r * vectors + v]);
        });
      });
    }
  }
  const auto result = [&](std::int64_t i) HWY_ATTR {
    const std::int64_t v = i % vectors;
    return p.results + v / block_vectors * p.results_step + i / vectors * block +
           v % block_vectors * step;
  };
  if (p.add) {
    unrolled<count>([&](auto i) HWY_ATTR { sums[i] = hn::Add(hn::Load(D(), result(i)), sums[i]); });
  }
  unrolled<count>([&](auto i) HWY_ATTR { hn::Store(sums[i], D(), result(i)); });
}

/// `count` tiles, at most `rows`.
template <std::int64_t blocks, std::int64_t rows = most_rows>
void multiply_group(const Panel& p, std::int64_t count) {
  if (count == rows) return multiply_rows<blocks, rows>(p);
  if constexpr (rows > 1) multiply_group<blocks, rows - 1>(p, count);
}

/// All tiles by one panel, in groups of about the same size, which find the part of the kernel in
/// L1.
template <std::int64_t blocks>
void multiply_panel(const Panel& panel, std::int64_t tiles) {
  const std::int64_t groups = (tiles + most_rows - 1) / most_rows;
  for (std::int64_t first = 0; first < panel.blocks; first += summed_blocks) {
    Panel p = panel;
    p.channels += first * p.channels_step;
    p.kernel += first * block * blocks * block;
    p.blocks = std::min(summed_blocks, panel.blocks - first);
    p.add = first > 0;
    for (std::int64_t g = 0; g < groups; ++g) {
      const std::int64_t rows = tiles / groups + (g < tiles % groups ? 1 : 0);
      multiply_group<blocks>(p, rows);
      p.channels += rows * block;
      p.results += rows * block;
    }
  }
}

void multiply(const WinogradPiece& piece, const float* channels, const float* kernel,
              std::int64_t kernel_step, float* results, TileFetch& next) {
  const std::int64_t of_block = piece.tiles * block;
  const std::int64_t panel_size = piece.channel_blocks * block * 2 * block;
  for (std::int64_t point = 0; point < winograd_points; ++point) {
    Panel panel = {channels, of_block, piece.channel_blocks, kernel, results, of_block, false};
    std::int64_t f = 0;
    for (; f + 2 <= piece.filter_blocks; f += 2) {
      multiply_panel<2>(panel, piece.tiles);
      next.step();
      panel.kernel += panel_size;
      panel.results += 2 * of_block;
    }
    if (f < piece.filter_blocks) multiply_panel<1>(panel, piece.tiles);
    next.step();
    channels += piece.channels_step();
    kernel += kernel_step;
    results += piece.filters_step();
  }
}

/// Neighbouring channels of one block by `blocks` blocks of filters.
template <std::int64_t blocks>
HWY_INLINE void add_rows(std::int64_t tiles, const float* channels, const float* filters,
                         bool first, float* kernel) {
  constexpr std::int64_t vectors = blocks * block_vectors;
  constexpr std::int64_t count = gradient_rows * vectors;
  V sums[count];
  unrolled<count>([&](auto i) HWY_ATTR { sums[i] = hn::Zero(D()); });
  // They leave L2 between two pieces.
  if (!first) unrolled<count>([&](auto i) HWY_ATTR { __builtin_prefetch(kernel + i * step, 1); });
  for (std::int64_t t = 0; t < tiles; ++t) {
    V factors[vectors];
    unrolled<vectors>([&](auto v) HWY_ATTR {
      factors[v] = hn::Load(
          D(), filters + (v / block_vectors * tiles + t) * block + v % block_vectors * step);
    });
    unrolled<gradient_rows>([&](auto r) HWY_ATTR {
      const V value = hn::Set(D(), channels[t * block + r]);
      unrolled<vectors>([&](auto v) HWY_ATTR {
        sums[r * vectors + v] = hn::MulAdd(value, factors[v], sums[r * vectors + v]);
      });
    });
  }
  if (!first) {
    unrolled<count>([&](auto i)
                        HWY_ATTR { sums[i] = hn::Add(hn::Load(D(), kernel + i * step), sums[i]); });
  }
  unrolled<count>([&](auto i) HWY_ATTR { hn::Store(sums[i], D(), kernel + i * step); });
}

template <std::int64_t blocks>
HWY_INLINE void add_panel(const WinogradPiece& piece, const float* channels, const float* filters,
                          bool first, float* kernel) {
  for (std::int64_t b = 0; b < piece.channel_blocks; ++b) {
    for (std::int64_t c = 0; c < block; c += gradient_rows) {
      add_rows<blocks>(piece.tiles, channels + b * piece.tiles * block + c, filters, first, kernel);
      kernel += gradient_rows * blocks * block;
    }
  }
}

void add(const WinogradPiece& piece, const float* channels, const float* filters, bool first,
         float* kernel, TileFetch& next_x, TileFetch& next_dy) {
  const std::int64_t panel_size = piece.channel_blocks * block * 2 * block;
  for (std::int64_t point = 0; point < winograd_points; ++point) {
    std::int64_t f = 0;
    for (; f + 2 <= piece.filter_blocks; f += 2) {
      add_panel<2>(piece, channels, filters + f * piece.tiles * block, first,
                   kernel + f / 2 * panel_size);
    }
    if (f < piece.filter_blocks) {
      add_panel<1>(piece, channels, filters + f * piece.tiles * block, first,
                   kernel + f / 2 * panel_size);
    }
    next_x.step();
    next_dy.step();
    channels += piece.channels_step();
    filters += piece.filters_step();
    kernel += piece.kernel_step();
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(multiply);
HWY_EXPORT(add);

void multiply_points(const WinogradPiece& piece, const float* channels, const float* kernel,
                     std::int64_t kernel_step, float* results, TileFetch& next) {
  HWY_DYNAMIC_DISPATCH(multiply)(piece, channels, kernel, kernel_step, results, next);
}

void add_points(const WinogradPiece& piece, const float* channels, const float* filters, bool first,
                float* kernel, TileFetch& next_x, TileFetch& next_dy) {
  HWY_DYNAMIC_DISPATCH(add)(piece, channels, filters, first, kernel, next_x, next_dy);
}

}  // namespace sloy::cpu
#endif
