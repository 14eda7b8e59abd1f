/// How pooling is shared out among threads: by rows of the output, or by planes.
#pragma once

#include "backends/cpu/simd/pool.h"
#include "base/parallel.h"

namespace sloy::cpu {

/// Rows [first, last) of all planes' outputs, counted through.
struct RowRange {
  std::int64_t first;
  std::int64_t last;
};

/// Elements under windows that make up for waking another thread: few, as half of them mostly lie
/// in another core's cache, which wrote them.
inline constexpr std::int64_t pool_elements_of_a_thread = 8192;

template <class Work>
void for_output_rows(const PoolShape& shape, const Work& work) {
  const Windows& windows = shape.windows;
  const std::int64_t rows = shape.planes * windows.output_rows();
  const std::int64_t cost = windows.width.output * windows.taps() * shape.channels;
  parallel_for(rows, pool_elements_of_a_thread / (cost + 1) + 1,
               [&](std::int64_t first, std::int64_t last) {
                 work(RowRange{first, last});
               });
}

/// Whole planes, for windows that overlap.
template <class Work>
void for_planes(const PoolShape& shape, const Work& work) {
  const Windows& windows = shape.windows;
  const std::int64_t cost = windows.output_size() * windows.taps() * shape.channels;
  parallel_for(shape.planes, pool_elements_of_a_thread / (cost + 1) + 1,
               [&](std::int64_t first, std::int64_t last) {
                 work(RowRange{first * windows.output_rows(), last * windows.output_rows()});
               });
}

}  // namespace sloy::cpu
