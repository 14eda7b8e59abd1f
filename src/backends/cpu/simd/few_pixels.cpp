#include "backends/cpu/simd/few_pixels.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/few_pixels.cpp"
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
constexpr std::int64_t block = block_lanes;
constexpr std::int64_t vectors = block / step;

/// A tile of pixels whose sums stay in registers.
constexpr std::int64_t tile_rows = step == 16 ? 4 : 2;
constexpr std::int64_t tile_columns = 4;
/// Blocks of channels whose products are summed in a row; such sums are summed in turn, or rounding
/// errors would grow.
constexpr std::int64_t summed_blocks = 128 / block;
/// How far ahead the kernel is fetched.
constexpr std::int64_t floats_ahead = 2048;

/// The convolution with the padding written out, as the loops see it.
struct Convolution {
  const FewPixels& shape;
  const float* x;
  std::int64_t x_width;  ///< pixels of a row
  std::int64_t x_plane;  ///< floats of a block of channels of an image
  const float* kernel;
  const float* bias;
  float* y;
};

/// The place of a tile: its first pixel in y, and what it sees first in x.
struct Tile {
  const float* x;
  const float* kernel;
  float* y;
  std::int64_t filter;
};

template <std::int64_t rows, std::int64_t columns>
void convolve_tile(const Convolution& c, const Tile& tile) {
  constexpr std::int64_t count = rows * columns * vectors;
  const FewPixels& s = c.shape;
  const std::int64_t blocks = s.channels / block;
  const std::int64_t right = s.width.stride * block;
  const std::int64_t below = s.height.stride * c.x_width * block;
  V totals[count];
  unrolled<count>([&](auto i) HWY_ATTR { totals[i] = hn::Zero(D()); });
  const float* kernel = tile.kernel;
  for (std::int64_t first = 0; first < blocks; first += summed_blocks) {
    V sums[count];
    unrolled<count>([&](auto i) HWY_ATTR { sums[i] = hn::Zero(D()); });
    const std::int64_t last = std::min(first + summed_blocks, blocks);
    for (std::int64_t b = first; b < last; ++b) {
      const float* plane = tile.x + b * c.x_plane;
      for (std::int64_t h = 0; h < s.height.taps; ++h) {
        for (std::int64_t w = 0; w < s.width.taps; ++w) {
          const float* x = plane + (h * c.x_width + w) * block;
          for (std::int64_t i = 0; i < block; ++i, ++x, kernel += block) {
            V weights[vectors];
            unrolled<vectors>([&](auto v) HWY_ATTR {
              weights[v] = hn::LoadU(D(), kernel + v * step);
              __builtin_prefetch(kernel + floats_ahead + v * step, 0, 2);
            });
            unrolled<rows * columns>([&](auto p) HWY_ATTR {
              const V value = hn::Set(D(), x[p / columns * below + p % columns * right]);
              unrolled<vectors>([&](auto v) HWY_ATTR {
                sums[p * vectors + v] = hn::MulAdd(value, weights[v], sums[p * vectors + v]);
              });
            });
          }
        }
      }
    }
    unrolled<count>([&](auto i) HWY_ATTR { totals[i] = hn::Add(totals[i], sums[i]); });
  }
  unrolled<count>([&](auto i) HWY_ATTR {
    constexpr std::int64_t p = i / vectors, v = i % vectors;
    V sum = totals[i];
    if (c.bias != nullptr) sum = hn::Add(sum, hn::LoadU(D(), c.bias + tile.filter + v * step));
    if (s.rectify) sum = rectify(sum);
    const std::int64_t pixel = p / columns * s.width.output + p % columns;
    hn::StoreU(sum, D(), tile.y + pixel * block + v * step);
  });
}

/// A tile of `columns` by at most `rows`.
template <std::int64_t columns, std::int64_t rows = tile_rows>
void convolve_rows(const Convolution& c, const Tile& tile, std::int64_t count) {
  if (count >= rows) return convolve_tile<rows, columns>(c, tile);
  if constexpr (rows > 1) convolve_rows<columns, rows - 1>(c, tile, count);
}
template <std::int64_t columns = tile_columns>
void convolve_columns(const Convolution& c, const Tile& tile, std::int64_t rows,
                      std::int64_t count) {
  if (count >= columns) return convolve_rows<columns>(c, tile, rows);
  if constexpr (columns > 1) convolve_columns<columns - 1>(c, tile, rows, count);
}

/// One block of filters. Its weights stay in L2 from one tile to the next.
void convolve_block(const Convolution& c, std::int64_t filters) {
  const FewPixels& s = c.shape;
  const std::int64_t blocks = s.channels / block;
  const std::int64_t of_kernel = blocks * s.height.taps * s.width.taps * block * block;
  const std::int64_t of_y = s.height.output * s.width.output * block;
  for (std::int64_t n = 0; n < s.batch; ++n) {
    const float* image = c.x + n * blocks * c.x_plane;
    float* y = c.y + (n * (s.filters / block) + filters) * of_y;
    for (std::int64_t row = 0; row < s.height.output; row += tile_rows) {
      for (std::int64_t column = 0; column < s.width.output; column += tile_columns) {
        const std::int64_t pixel = row * s.height.stride * c.x_width + column * s.width.stride;
        const Tile tile = {image + pixel * block, c.kernel + filters * of_kernel,
                           y + (row * s.width.output + column) * block, filters * block};
        convolve_columns(c, tile, s.height.output - row, s.width.output - column);
      }
    }
  }
}

void convolve(const FewPixels& shape, const float* x, std::int64_t x_width, std::int64_t x_plane,
              const float* kernel, const float* bias, float* y, std::int64_t first,
              std::int64_t last) {
  const Convolution convolution = {shape, x, x_width, x_plane, kernel, bias, y};
  for (std::int64_t filters = first; filters < last; ++filters) {
    convolve_block(convolution, filters);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(convolve);

namespace {

/// Pixels of x along one dimension that windows see, padding included.
std::int64_t seen(const Axis& axis) { return (axis.output - 1) * axis.stride + axis.taps; }
/// Whether all of them are pixels.
bool is_inside(const Axis& axis) { return axis.low == 0 && seen(axis) <= axis.input; }
bool needs_padding(const FewPixels& s) { return !is_inside(s.height) || !is_inside(s.width); }

std::int64_t padded_plane(const FewPixels& s) {
  return seen(s.height) * seen(s.width) * channel_block();
}

/// One block of channels with zeros around it.
void pad(const FewPixels& s, const float* x, float* padded) {
  const std::int64_t block = channel_block();
  const std::int64_t width = seen(s.width);
  // What is right of the last window isn't copied.
  const std::int64_t first = std::max<std::int64_t>(-s.width.low, 0);
  const std::int64_t last = std::min(s.width.input, width - s.width.low);
  const std::int64_t left = std::max<std::int64_t>(s.width.low, 0);
  for (std::int64_t h = 0; h < seen(s.height); ++h, padded += width * block) {
    const std::int64_t row = h - s.height.low;
    if (row < 0 || row >= s.height.input) {
      std::fill_n(padded, width * block, 0.0f);
      continue;
    }
    float* to = std::fill_n(padded, left * block, 0.0f);
    const float* from = x + row * s.width.input * block;
    to = std::copy(from + first * block, from + last * block, to);
    std::fill(to, padded + width * block, 0.0f);
  }
}

/// Multiplications that make up for waking another thread.
constexpr std::int64_t work_of_a_thread = 1 << 18;
/// Numbers copied that do.
constexpr std::int64_t copies_of_a_thread = 1 << 16;

}  // namespace

std::size_t few_pixels_scratch_bytes(const FewPixels& s) {
  if (!needs_padding(s)) return 0;
  const std::int64_t planes = s.batch * s.channels / channel_block();
  return static_cast<std::size_t>(planes * padded_plane(s)) * sizeof(float);
}

void convolve_few_pixels(const FewPixels& s, const float* x, const float* kernel, const float* bias,
                         float* y, float* scratch) {
  const std::int64_t block = channel_block();
  assert(s.channels % block == 0 && s.filters % block == 0);
  assert(s.height.dilation == 1 && s.width.dilation == 1);
  std::int64_t x_width = s.width.input;
  std::int64_t x_plane = s.height.input * s.width.input * block;
  if (needs_padding(s)) {
    const std::int64_t from_plane = x_plane;
    x_width = seen(s.width);
    x_plane = padded_plane(s);
    parallel_for(s.batch * s.channels / block, copies_of_a_thread / x_plane + 1,
                 [&](std::int64_t first, std::int64_t last) {
                   for (std::int64_t p = first; p < last; ++p) {
                     pad(s, x + p * from_plane, scratch + p * x_plane);
                   }
                 });
    x = scratch;
  }
  const std::int64_t work = s.pixels() * s.kernel_size() / (s.filters / block);
  parallel_for(s.filters / block, work_of_a_thread / work + 1,
               [&](std::int64_t first, std::int64_t last) {
                 HWY_DYNAMIC_DISPATCH(convolve)
                 (s, x, x_width, x_plane, kernel, bias, y, first, last);
               });
}

}  // namespace sloy::cpu
#endif
