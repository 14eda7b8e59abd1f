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
#include "backends/cpu/simd/unrolled-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

/// The largest so far and, where `indexed`, where it was. A later number must be larger to take its
/// place, and NaN is larger than any number.
template <bool indexed>
struct Winner {
  V value;
  VI index;

  HWY_INLINE Winner(V v, std::int64_t position)
      : value(v), index(hn::Set(DI(), static_cast<std::int32_t>(position))) {}
  HWY_INLINE void challenge(V v, std::int64_t position) {
    const auto first_nan = hn::And(hn::IsNaN(v), hn::Not(hn::IsNaN(value)));
    const auto wins = hn::Or(hn::Gt(v, value), first_nan);
    value = hn::IfThenElse(wins, v, value);
    if constexpr (indexed) {
      index = hn::IfThenElse(hn::RebindMask(DI(), wins),
                             hn::Set(DI(), static_cast<std::int32_t>(position)), index);
    }
  }
};

/// Where results go; `indices` may be null.
template <class T>
struct Pooled {
  T* values;
  std::int32_t* indices;
};

template <bool indexed, class Access, class T>
HWY_INLINE void store(const Winner<indexed>& winner, const Pooled<T>& to, std::int64_t place,
                      Access access) {
  access.store(winner.value, to.values + place);
  if constexpr (indexed) {
    access.store(hn::BitCast(D(), winner.index), reinterpret_cast<float*>(to.indices + place));
  }
}

template <bool indexed, class Access, class T>
HWY_INLINE Winner<indexed> winner_of(const PoolShape& shape, const Output& output, const T* from,
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
  Winner<indexed> winner(access.load(from + first * channels), first);
  for_each_tap(windows, output.depth, output.height, output.width,
               [&](std::int64_t, std::int64_t position) HWY_ATTR {
                 winner.challenge(access.load(from + position * channels), position);
               });
  return winner;
}

/// Neighbouring outputs of a row whose windows are inside: `output` is the first of `count`. Taps
/// are `height` by `width`, known when this is compiled.
template <bool indexed, std::int64_t height, std::int64_t width, class T>
HWY_INLINE void pool_inside(const PoolShape& shape, const Output& output, std::int64_t count,
                            const T* plane, const Pooled<T>& to) {
  const Windows& windows = shape.windows;
  const std::int64_t channels = shape.channels;
  const std::int64_t right = windows.width.dilation;
  const std::int64_t below = windows.height.dilation * windows.width.input;
  std::int64_t first = windows.position(
      output.depth.start + output.depth.first * windows.depth.dilation,
      output.height.start + output.height.first * windows.height.dilation, output.width.start);
  std::int64_t place = (output.plane * windows.output_size() + output.position) * channels;
  for (std::int64_t o = 0; o < count; ++o) {
    const T* from = plane + first * channels;
    for_each_vector(channels, [&](std::int64_t c, auto access) HWY_ATTR {
      Winner<indexed> winner(access.load(from + c), first);
      unrolled<height * width - 1>([&](auto i) HWY_ATTR {
        constexpr std::int64_t tap = i + 1;
        const std::int64_t offset = tap / width * below + tap % width * right;
        winner.challenge(access.load(from + offset * channels + c), first + offset);
      });
      store(winner, to, place + c, access);
    });
    first += windows.width.stride;
    place += channels;
  }
}

/// How many outputs from `output` on have windows inside the row, where pool_inside knows their
/// taps; else 0.
HWY_INLINE std::int64_t count_inside(const Windows& windows, const Output& output) {
  const Axis& width = windows.width;
  const std::int64_t taps = width.taps;
  const bool is_known = output.depth.count() == 1 && output.height.count() == taps &&
                        (taps == 2 || taps == 3) && output.width.count() == taps;
  if (!is_known) return 0;
  const std::int64_t room = width.input - output.width.start - (taps - 1) * width.dilation;
  const std::int64_t left = width.output - output.position % width.output;
  return std::min((room + width.stride - 1) / width.stride, left);
}

template <bool indexed, class T>
HWY_INLINE void pool_row(const PoolShape& shape, Output output, const T* x, const Pooled<T>& to) {
  const Windows& windows = shape.windows;
  const T* plane = x + output.plane * windows.input_size() * shape.channels;
  for (std::int64_t w = 0; w < windows.width.output;) {
    output.width = windows.width.at(w);
    const std::int64_t inside = count_inside(windows, output);
    if (inside > 0 && windows.width.taps == 2) {
      pool_inside<indexed, 2, 2>(shape, output, inside, plane, to);
    } else if (inside > 0) {
      pool_inside<indexed, 3, 3>(shape, output, inside, plane, to);
    } else {
      const std::int64_t place =
          (output.plane * windows.output_size() + output.position) * shape.channels;
      for_each_vector(shape.channels, [&](std::int64_t c, auto access) HWY_ATTR {
        store(winner_of<indexed>(shape, output, plane + c, access), to, place + c, access);
      });
    }
    const std::int64_t done = std::max<std::int64_t>(inside, 1);
    w += done;
    output.position += done;
  }
}

template <class T>
HWY_INLINE void pool_rows(const PoolShape& shape, const T* x, const Pooled<T>& to, RowRange rows) {
  for_each_row(shape.windows, rows, [&](const Output& output) HWY_ATTR {
    if (to.indices != nullptr) {
      pool_row<true>(shape, output, x, to);
    } else {
      pool_row<false>(shape, output, x, to);
    }
  });
}

HWY_INLINE V where_index_is(V index, std::int64_t position, V v) {
  const VI wanted = hn::Set(DI(), static_cast<std::int32_t>(position));
  return hn::IfThenElseZero(hn::RebindMask(D(), hn::Eq(hn::BitCast(DI(), index), wanted)), v);
}

void max_pool_floats(const PoolShape& shape, const float* x, float* values, std::int32_t* indices,
                     RowRange rows) {
  pool_rows<float>(shape, x, {values, indices}, rows);
}
void max_pool_bfloat16(const PoolShape& shape, const bfloat16* x, bfloat16* values,
                       std::int32_t* indices, RowRange rows) {
  pool_rows<bfloat16>(shape, x, {values, indices}, rows);
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
