// Loops over the outputs of windows, a vector of channels at a time.

#include "backends/cpu/simd/pool_rows.h"
#include "backends/cpu/simd/vector-inl.h"

#if defined(SLOY_SIMD_POOL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLOY_SIMD_POOL_INL_H
#undef SLOY_SIMD_POOL_INL_H
#else
#define SLOY_SIMD_POOL_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {

/// One output position of one plane.
struct Output {
  std::int64_t plane;
  std::int64_t position;  ///< in the plane
  Axis::Taps depth, height, width;
  bool ends_row, ends_plane;
};

/// Calls body(output) for the first position of every row; its taps along the width are open.
template <class Body>
HWY_INLINE void for_each_row(const Windows& windows, RowRange rows, const Body& body) {
  const std::int64_t in_plane = windows.output_rows();
  for (std::int64_t row = rows.first; row < rows.last; ++row) {
    const std::int64_t inside = row % in_plane;
    body(Output{.plane = row / in_plane,
                .position = inside * windows.width.output,
                .depth = windows.depth.at(inside / windows.height.output),
                .height = windows.height.at(inside % windows.height.output),
                .width = {},
                .ends_row = false,
                .ends_plane = inside + 1 == in_plane});
  }
}

/// Calls body(output) for every position of the rows.
template <class Body>
HWY_INLINE void for_each_output(const PoolShape& shape, RowRange rows, const Body& body) {
  const Windows& windows = shape.windows;
  for_each_row(windows, rows, [&](Output output) HWY_ATTR {
    for (std::int64_t w = 0; w < windows.width.output; ++w, ++output.position) {
      output.width = windows.width.at(w);
      output.ends_row = w + 1 == windows.width.output;
      body(output);
    }
  });
}

/// Calls body(tap, position in the input) for the taps that are inside, in row-major order.
template <class Body>
HWY_INLINE void for_each_tap(const Windows& windows, const Axis::Taps& d, const Axis::Taps& h,
                             const Axis::Taps& w, const Body& body) {
  for (std::int64_t i = d.first; i < d.last; ++i) {
    for (std::int64_t j = h.first; j < h.last; ++j) {
      const std::int64_t row = windows.position(d.start + i * windows.depth.dilation,
                                                h.start + j * windows.height.dilation, w.start);
      const std::int64_t tap = (i * windows.height.taps + j) * windows.width.taps;
      for (std::int64_t k = w.first; k < w.last; ++k) {
        body(tap + k, row + k * windows.width.dilation);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#endif
