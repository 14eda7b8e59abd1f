#include "backends/cpu/simd/pool.h"
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/average_pool.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cassert>

#include "backends/cpu/simd/pool-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

HWY_INLINE V cells_of(const Output& output) {
  const auto cells = output.depth.count() * output.height.count() * output.width.count();
  return hn::Set(D(), static_cast<float>(cells));
}

/// Sums over windows, divided by the cells inside or not.
template <bool mean>
HWY_INLINE void pool_rows(const PoolShape& shape, const float* x, float* y, RowRange rows) {
  const Windows& windows = shape.windows;
  for_each_output(shape, rows, [&](const Output& output) HWY_ATTR {
    const float* from = x + output.plane * windows.input_size() * shape.channels;
    const std::int64_t place =
        (output.plane * windows.output_size() + output.position) * shape.channels;
    const V cells = cells_of(output);
    for_each_vector(shape.channels, [&](std::int64_t c, auto access) HWY_ATTR {
      V sum = hn::Zero(D());
      for_each_tap(windows, output.depth, output.height, output.width,
                   [&](std::int64_t, std::int64_t position) HWY_ATTR {
                     sum = hn::Add(sum, access.load(from + position * shape.channels + c));
                   });
      access.store(mean ? hn::Div(sum, cells) : sum, y + place + c);
    });
  });
}

void average_pool_rows(const PoolShape& shape, const float* x, float* y, RowRange rows) {
  pool_rows<true>(shape, x, y, rows);
}
void sum_pool_rows(const PoolShape& shape, const float* x, float* y, RowRange rows) {
  pool_rows<false>(shape, x, y, rows);
}

void average_pool_gradient_of_planes(const PoolShape& shape, const float* dy, float* dx,
                                     RowRange rows) {
  const Windows& windows = shape.windows;
  const std::int64_t plane = windows.input_size() * shape.channels;
  std::fill(dx + rows.first / windows.output_rows() * plane,
            dx + rows.last / windows.output_rows() * plane, 0.0f);
  for_each_output(shape, rows, [&](const Output& output) HWY_ATTR {
    float* to = dx + output.plane * plane;
    const std::int64_t place =
        (output.plane * windows.output_size() + output.position) * shape.channels;
    const V cells = cells_of(output);
    for_each_vector(shape.channels, [&](std::int64_t c, auto access) HWY_ATTR {
      const V share = hn::Div(access.load(dy + place + c), cells);
      for_each_tap(windows, output.depth, output.height, output.width,
                   [&](std::int64_t, std::int64_t position) HWY_ATTR {
                     float* cell = to + position * shape.channels + c;
                     access.store(hn::Add(access.load(cell), share), cell);
                   });
    });
  });
}

/// Windows lie side by side and leave no position out.
void upsample_rows(const PoolShape& shape, const float* x, float* y, RowRange rows) {
  const Windows& windows = shape.windows;
  for_each_output(shape, rows, [&](const Output& output) HWY_ATTR {
    float* to = y + output.plane * windows.input_size() * shape.channels;
    const std::int64_t place =
        (output.plane * windows.output_size() + output.position) * shape.channels;
    for_each_vector(shape.channels, [&](std::int64_t c, auto access) HWY_ATTR {
      const V v = access.load(x + place + c);
      for_each_tap(windows, output.depth, output.height, output.width,
                   [&](std::int64_t, std::int64_t position)
                       HWY_ATTR { access.store(v, to + position * shape.channels + c); });
    });
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace sloy::cpu {
HWY_EXPORT(average_pool_rows);
HWY_EXPORT(sum_pool_rows);
HWY_EXPORT(average_pool_gradient_of_planes);
HWY_EXPORT(upsample_rows);

void average_pool(const PoolShape& shape, const float* x, float* y) {
  for_output_rows(shape, [&](RowRange rows) {
    HWY_DYNAMIC_DISPATCH(average_pool_rows)(shape, x, y, rows);
  });
}

void average_pool_gradient(const PoolShape& shape, const float* dy, float* dx) {
  for_planes(shape, [&](RowRange rows) {
    HWY_DYNAMIC_DISPATCH(average_pool_gradient_of_planes)(shape, dy, dx, rows);
  });
}

void upsample(const PoolShape& shape, const float* x, float* y) {
  assert(shape.windows.tile());
  for_output_rows(shape, [&](RowRange rows) {
    HWY_DYNAMIC_DISPATCH(upsample_rows)(shape, x, y, rows);
  });
}

void upsample_gradient(const PoolShape& shape, const float* dy, float* dx) {
  assert(shape.windows.tile());
  for_output_rows(shape, [&](RowRange rows) {
    HWY_DYNAMIC_DISPATCH(sum_pool_rows)(shape, dy, dx, rows);
  });
}

}  // namespace sloy::cpu
#endif
