#include "backends/cpu/simd/pool.h"
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/max_pool.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "backends/cpu/simd/pool-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

/// The largest so far and where it was. A later number must be larger to take its place, and NaN is
/// larger than any number.
struct Winner {
  V value;
  VI index;

  HWY_INLINE Winner(V v, std::int64_t position)
      : value(v), index(hn::Set(DI(), static_cast<std::int32_t>(position))) {}
  HWY_INLINE void challenge(V v, std::int64_t position) {
    const auto first_nan = hn::And(hn::IsNaN(v), hn::Not(hn::IsNaN(value)));
    const auto wins = hn::Or(hn::Gt(v, value), first_nan);
    value = hn::IfThenElse(wins, v, value);
    index = hn::IfThenElse(hn::RebindMask(DI(), wins),
                           hn::Set(DI(), static_cast<std::int32_t>(position)), index);
  }
};

template <class Access, class T>
HWY_INLINE Winner winner_of(const PoolShape& shape, const Output& output, const T* from,
                            Access access) {
  const Windows& windows = shape.windows;
  const std::int64_t channels = shape.channels;
  if (output.depth.count() * output.height.count() * output.width.count() == 0) {
    return {hn::Set(D(), -std::numeric_limits<float>::infinity()), -1};
  }
  const std::int64_t first =
      windows.position(output.depth.start + output.depth.first * windows.depth.dilation,
                       output.height.start + output.height.first * windows.height.dilation,
                       output.width.start + output.width.first * windows.width.dilation);
  Winner winner(access.load(from + first * channels), first);
  if (output.depth.count() == 1 && output.height.count() == 2 && output.width.count() == 2) {
    const std::int64_t below = first + windows.height.dilation * windows.width.input;
    const std::int64_t right = windows.width.dilation;
    winner.challenge(access.load(from + (first + right) * channels), first + right);
    winner.challenge(access.load(from + below * channels), below);
    winner.challenge(access.load(from + (below + right) * channels), below + right);
    return winner;
  }
  for_each_tap(windows, output.depth, output.height, output.width,
               [&](std::int64_t, std::int64_t position) HWY_ATTR {
                 winner.challenge(access.load(from + position * channels), position);
               });
  return winner;
}

template <class T>
HWY_INLINE void pool_rows(const PoolShape& shape, const T* x, T* values, std::int32_t* indices,
                          RowRange rows) {
  const Windows& windows = shape.windows;
  for_each_output(shape, rows, [&](const Output& output) HWY_ATTR {
    const T* from = x + output.plane * windows.input_size() * shape.channels;
    const std::int64_t place =
        (output.plane * windows.output_size() + output.position) * shape.channels;
    for_each_vector(shape.channels, [&](std::int64_t c, auto access) HWY_ATTR {
      const Winner winner = winner_of(shape, output, from + c, access);
      access.store(winner.value, values + place + c);
      access.store(hn::BitCast(D(), winner.index), reinterpret_cast<float*>(indices + place) + c);
    });
  });
}

HWY_INLINE V where_index_is(V index, std::int64_t position, V v) {
  const VI wanted = hn::Set(DI(), static_cast<std::int32_t>(position));
  return hn::IfThenElseZero(hn::RebindMask(D(), hn::Eq(hn::BitCast(DI(), index), wanted)), v);
}

void max_pool_floats(const PoolShape& shape, const float* x, float* values, std::int32_t* indices,
                     RowRange rows) {
  pool_rows(shape, x, values, indices, rows);
}
void max_pool_bfloat16(const PoolShape& shape, const bfloat16* x, bfloat16* values,
                       std::int32_t* indices, RowRange rows) {
  pool_rows(shape, x, values, indices, rows);
}

/// Windows side by side: every position is written once, those under no window as zero.
template <class T>
HWY_INLINE void gradient_of_tiles(const PoolShape& shape, const T* dy, const std::int32_t* indices,
                                  T* dx, RowRange rows) {
  const Windows& windows = shape.windows;
  const std::int64_t channels = shape.channels;
  const std::int64_t covered = windows.width.output * windows.width.stride;
  for_each_output(shape, rows, [&](const Output& output) HWY_ATTR {
    T* to = dx + output.plane * windows.input_size() * channels;
    const std::int64_t place = (output.plane * windows.output_size() + output.position) * channels;
    for_each_vector(channels, [&](std::int64_t c, auto access) HWY_ATTR {
      const V v = access.load(dy + place + c);
      const V index = access.load(reinterpret_cast<const float*>(indices + place) + c);
      for_each_tap(windows, output.depth, output.height, output.width,
                   [&](std::int64_t, std::int64_t position) HWY_ATTR {
                     access.store(where_index_is(index, position, v), to + position * channels + c);
                   });
    });
    if (!output.ends_row) return;
    for (std::int64_t d = output.depth.start; d < output.depth.start + windows.depth.taps; ++d) {
      for (std::int64_t h = output.height.start; h < output.height.start + windows.height.taps;
           ++h) {
        std::fill(to + windows.position(d, h, covered) * channels,
                  to + windows.position(d, h, windows.width.input) * channels, T{});
      }
      const std::int64_t bottom = output.height.start + windows.height.taps;
      if (bottom == windows.height.output * windows.height.stride) {
        std::fill(to + windows.position(d, bottom, 0) * channels,
                  to + windows.position(d + 1, 0, 0) * channels, T{});
      }
    }
    if (!output.ends_plane) return;
    std::fill(to + windows.position(windows.depth.output * windows.depth.stride, 0, 0) * channels,
              to + windows.input_size() * channels, T{});
  });
}

void gradient_of_float_tiles(const PoolShape& shape, const float* dy, const std::int32_t* indices,
                             float* dx, RowRange rows) {
  gradient_of_tiles(shape, dy, indices, dx, rows);
}
void gradient_of_bfloat16_tiles(const PoolShape& shape, const bfloat16* dy,
                                const std::int32_t* indices, bfloat16* dx, RowRange rows) {
  gradient_of_tiles(shape, dy, indices, dx, rows);
}

void max_pool_gradient_of_planes(const PoolShape& shape, const float* dy,
                                 const std::int32_t* indices, float* dx, RowRange rows) {
  const Windows& windows = shape.windows;
  const std::int64_t channels = shape.channels;
  const std::int64_t plane = windows.input_size() * channels;
  std::fill(dx + rows.first / windows.output_rows() * plane,
            dx + rows.last / windows.output_rows() * plane, 0.0f);
  for_each_output(shape, rows, [&](const Output& output) HWY_ATTR {
    float* to = dx + output.plane * plane;
    const std::int64_t place = (output.plane * windows.output_size() + output.position) * channels;
    for_each_vector(channels, [&](std::int64_t c, auto access) HWY_ATTR {
      const V v = access.load(dy + place + c);
      const V index = access.load(reinterpret_cast<const float*>(indices + place) + c);
      for_each_tap(windows, output.depth, output.height, output.width,
                   [&](std::int64_t, std::int64_t position) HWY_ATTR {
                     float* cell = to + position * channels + c;
                     access.store(hn::Add(access.load(cell), where_index_is(index, position, v)),
                                  cell);
                   });
    });
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(max_pool_floats);
HWY_EXPORT(max_pool_bfloat16);
HWY_EXPORT(gradient_of_float_tiles);
HWY_EXPORT(gradient_of_bfloat16_tiles);
HWY_EXPORT(max_pool_gradient_of_planes);

void max_pool(const PoolShape& shape, const float* x, float* values, std::int32_t* indices) {
  for_output_rows(shape, [&](RowRange rows) {
    HWY_DYNAMIC_DISPATCH(max_pool_floats)(shape, x, values, indices, rows);
  });
}

void max_pool(const PoolShape& shape, const bfloat16* x, bfloat16* values, std::int32_t* indices) {
  for_output_rows(shape, [&](RowRange rows) {
    HWY_DYNAMIC_DISPATCH(max_pool_bfloat16)(shape, x, values, indices, rows);
  });
}

void max_pool_gradient(const PoolShape& shape, const bfloat16* dy, const std::int32_t* indices,
                       bfloat16* dx) {
  assert(shape.windows.tile());
  for_output_rows(shape, [&](RowRange rows) {
    HWY_DYNAMIC_DISPATCH(gradient_of_bfloat16_tiles)(shape, dy, indices, dx, rows);
  });
}

void max_pool_gradient(const PoolShape& shape, const float* dy, const std::int32_t* indices,
                       float* dx) {
  if (shape.windows.tile()) {
    for_output_rows(shape, [&](RowRange rows) {
      HWY_DYNAMIC_DISPATCH(gradient_of_float_tiles)(shape, dy, indices, dx, rows);
    });
  } else {
    for_planes(shape, [&](RowRange rows) {
      HWY_DYNAMIC_DISPATCH(max_pool_gradient_of_planes)(shape, dy, indices, dx, rows);
    });
  }
}

void max_pool_gather(const PoolShape& shape, const float* x, const std::int32_t* indices,
                     float* y) {
  const Windows& windows = shape.windows;
  const std::int64_t in_plane = windows.output_size() * shape.channels;
  const std::int64_t row = windows.width.output * shape.channels;
  for_output_rows(shape, [&](RowRange rows) {
    for (std::int64_t i = rows.first * row; i < rows.last * row; ++i) {
      const float* plane = x + i / in_plane * windows.input_size() * shape.channels;
      const bool inside = indices[i] >= 0 && indices[i] < windows.input_size();
      y[i] = inside ? plane[indices[i] * shape.channels + i % shape.channels] : 0.0f;
    }
  });
}

}  // namespace sloy::cpu
#endif
