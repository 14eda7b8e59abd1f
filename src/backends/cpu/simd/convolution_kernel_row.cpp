#include "backends/cpu/simd/convolution_kernel_row.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/convolution_kernel_row.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

/// sums[f] += Σ over t of scalars[t, f] · vectors[t], for sums that lie apart.
struct Pass {
  std::int64_t positions;
  const float* scalars;  ///< those of one position are neighbours
  std::int64_t scalar_step;
  const float* vectors;
  std::int64_t vector_step;  ///< from one position to the next
  float* sums;
  std::int64_t sum_offset;
};

/// `ways` positions go to sums of their own, so that few sums are not held up by their latency.
template <std::int64_t count, std::int64_t ways, class Access>
HWY_INLINE void add_products(const Pass& pass, Access access) {
  V sums[ways][count];
  for (auto& way : sums) {
    for (V& sum : way) sum = hn::Zero(D());
  }
  const float* scalars = pass.scalars;
  const float* vectors = pass.vectors;
  const auto add = [&](V(&way)[count]) HWY_ATTR {
    const V vector = access.load(vectors);
    for (std::int64_t f = 0; f < count; ++f) {
      way[f] = hn::MulAdd(hn::Set(D(), scalars[f]), vector, way[f]);
    }
    scalars += pass.scalar_step;
    vectors += pass.vector_step;
  };
  std::int64_t t = 0;
  for (; t + ways <= pass.positions; t += ways) {
    for (auto& way : sums) add(way);
  }
  for (; t < pass.positions; ++t) add(sums[0]);
  for (std::int64_t f = 0; f < count; ++f) {
    V sum = sums[0][f];
    for (std::int64_t way = 1; way < ways; ++way) sum = hn::Add(sum, sums[way][f]);
    float* to = pass.sums + f * pass.sum_offset;
    access.store(hn::Add(access.load(to), sum), to);
  }
}

/// `total` sums, each over all positions.
template <class Access>
HWY_INLINE void add_all_products(const Pass& pass, std::int64_t total, Access access) {
  std::int64_t f = 0;
  const auto rest = [&]() HWY_ATTR {
    Pass own = pass;
    own.scalars += f;
    own.sums += f * pass.sum_offset;
    return own;
  };
  for (; f + 8 <= total; f += 8) add_products<8, 1>(rest(), access);
  for (; f + 3 <= total; f += 3) add_products<3, 3>(rest(), access);
  for (; f < total; ++f) add_products<1, 4>(rest(), access);
}

/// A line of taps along the width over a line of x.
struct Line {
  const float* x;  ///< position 0
  float* sums;     ///< tap 0
};

/// Vectors of filters, scalars of x for all taps and channels: where these are neighbours in both
/// memories they go as one range, as long as all taps are inside.
HWY_INLINE void add_positions(const KernelRow& row, const Line& line, Phase::Range positions,
                              Phase::Range taps) {
  const Phase& width = row.width;
  const std::int64_t tap_offset = width.offset_step * row.x_step;
  const float* x = line.x + width.start(positions.first) * row.x_step + taps.first * tap_offset;
  float* sums = line.sums + taps.first * row.tap_step;
  const std::int64_t count = taps.last - taps.first;
  const bool joined = tap_offset == row.channels;
  const std::int64_t ranges = joined ? 1 : count;
  const std::int64_t length = joined ? count * row.channels : row.channels;
  for_each_vector(row.filters, [&](std::int64_t j, auto access) HWY_ATTR {
    for (std::int64_t range = 0; range < ranges; ++range) {
      add_all_products({.positions = positions.last - positions.first,
                        .scalars = x + range * tap_offset,
                        .scalar_step = width.source_step * row.x_step,
                        .vectors = row.dy + positions.first * row.dy_step + j,
                        .vector_step = row.dy_step,
                        .sums = sums + range * row.tap_step + j,
                        .sum_offset = row.channel_step},
                       length, access);
    }
  });
}

HWY_INLINE void add_line_by_filters(const KernelRow& row, const Line& line) {
  const Phase::Range whole = row.width.whole();
  const auto one = [&](std::int64_t t) HWY_ATTR {
    add_positions(row, line, {t, t + 1}, row.width.taps_at(t));
  };
  std::int64_t t = 0;
  for (; t < whole.first; ++t) one(t);
  if (whole.first < whole.last) add_positions(row, line, whole, {0, row.width.taps});
  for (t = std::max(t, whole.last); t < row.width.count; ++t) one(t);
}

/// Vectors of channels, scalars of dy for all filters, tap by tap.
HWY_INLINE void add_line_by_channels(const KernelRow& row, const Line& line) {
  const Phase& width = row.width;
  for (std::int64_t tap = 0; tap < width.taps; ++tap) {
    const Phase::Range inside = width.inside(tap);
    if (inside.first == inside.last) continue;
    const float* x = line.x + (width.start(inside.first) + tap * width.offset_step) * row.x_step;
    float* sums = line.sums + tap * row.tap_step;
    for_each_vector(row.channels, [&](std::int64_t i, auto access) HWY_ATTR {
      add_all_products({.positions = inside.last - inside.first,
                        .scalars = row.dy + inside.first * row.dy_step,
                        .scalar_step = row.dy_step,
                        .vectors = x + i,
                        .vector_step = width.source_step * row.x_step,
                        .sums = sums + i,
                        .sum_offset = row.filter_step},
                       row.filters, access);
    });
  }
}

/// Calls add_line(line) for every line of taps that is inside.
template <class AddLine>
HWY_INLINE void add_row(const KernelRow& row, const AddLine& add_line) {
  for (std::int64_t a = row.depth.taps.first; a < row.depth.taps.last; ++a) {
    const std::int64_t d = row.depth.start + a * row.depth.phase.offset_step;
    for (std::int64_t b = row.height.taps.first; b < row.height.taps.last; ++b) {
      const std::int64_t h = row.height.start + b * row.height.phase.offset_step;
      const std::int64_t tap = (a * row.kernel_height + b) * row.kernel_width;
      add_line(Line{row.x + (d * row.x_height + h) * row.x_width * row.x_step,
                    row.sums + tap * row.tap_step});
    }
  }
}

void row_by_filters(const KernelRow& row) {
  add_row(row, [&](const Line& line) HWY_ATTR { add_line_by_filters(row, line); });
}
void row_by_channels(const KernelRow& row) {
  add_row(row, [&](const Line& line) HWY_ATTR { add_line_by_channels(row, line); });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(row_by_filters);
HWY_EXPORT(row_by_channels);

void add_kernel_row_by_filters(const KernelRow& row) { HWY_DYNAMIC_DISPATCH(row_by_filters)(row); }
void add_kernel_row_by_channels(const KernelRow& row) {
  HWY_DYNAMIC_DISPATCH(row_by_channels)(row);
}

}  // namespace sloy::cpu
#endif
