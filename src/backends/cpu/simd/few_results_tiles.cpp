#include "backends/cpu/simd/few_results_tiles.h"

#include "backends/cpu/simd/few_results.h"
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/few_results_tiles.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/turn-inl.h"
#include "backends/cpu/simd/unrolled-inl.h"
#include "backends/cpu/simd/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

constexpr auto step = static_cast<std::int64_t>(lanes);
constexpr std::int64_t group = 4;

/// Vectors that can be multiplied by `count` numbers with all sums, the vectors and a number in
/// registers; `most` at most.
constexpr std::int64_t vectors_for(std::int64_t count, std::int64_t most) {
  constexpr std::int64_t registers = lanes == 16 ? 31 : 15;
  return std::clamp<std::int64_t>((registers - 1) / (count + 1), 1, most);
}

/// A vector of pixels, `count` of them in the row, of a vector of channels.
template <class Access>
HWY_INLINE void turn_part(const float* from, std::int64_t next, std::int64_t count,
                          std::int64_t planes, float* to, std::int64_t to_step, Access access) {
  V square[lanes];
  if (count >= step) {
    unrolled<step>([&](auto p) HWY_ATTR { square[p] = access.load(from + p * next); });
  } else {
    unrolled<step>([&](auto p) HWY_ATTR {
      square[p] = p < count ? access.load(from + p * next) : hn::Zero(D());
    });
  }
  turn_square(square);
  unrolled<step>([&](auto c) HWY_ATTR {
    if (c < planes) hn::StoreU(square[c], D(), to + c * to_step);
  });
}

/// Some channels at a time, so that few places are written to by turns.
void turn(const TurnedRows& image) {
  for_each_vector(image.channels, [&](std::int64_t channel, auto access) HWY_ATTR {
    for (std::int64_t row = 0; row < image.rows; ++row) {
      const float* from = image.from + row * image.from_row + channel;
      float* to = image.to + channel * image.to_channel + row * image.to_row;
      for (std::int64_t pixel = 0; pixel < image.pixels; pixel += step) {
        turn_part(from + pixel * image.channels, image.channels, image.pixels - pixel,
                  image.channels - channel, to + pixel, image.to_channel, access);
      }
    }
  });
}

/// A vector of positions for each result → (position, result).
template <std::int64_t count>
HWY_INLINE void store_results(const V* sums, std::int64_t next, float* to) {
  const auto sum = [&](std::int64_t r) HWY_ATTR { return r < count ? sums[r * next] : sums[0]; };
  if constexpr (count == 1) {
    hn::StoreU(sums[0], D(), to);
  } else if constexpr (count == 2) {
    hn::StoreInterleaved2(sum(0), sum(1), D(), to);
  } else if constexpr (count == 3) {
    hn::StoreInterleaved3(sum(0), sum(1), sum(2), D(), to);
  } else if constexpr (count == group) {
    hn::StoreInterleaved4(sum(0), sum(1), sum(2), sum(3), D(), to);
  } else {
    HWY_ALIGN float first[lanes * group];
    HWY_ALIGN float second[lanes * group];
    hn::StoreInterleaved4(sum(0), sum(1), sum(2), sum(3), D(), first);
    hn::StoreInterleaved4(sum(4), sum(5), sum(6), sum(7), D(), second);
    for (std::int64_t p = 0; p < step; ++p, to += count) {
      std::memcpy(to, first + p * group, group * sizeof(float));
      std::memcpy(to + group, second + p * group, (count - group) * sizeof(float));
    }
  }
}

template <std::int64_t count, std::int64_t vectors>
HWY_INLINE void convolve_tile(const ResultsOfPlanes& run, std::int64_t position) {
  V sums[count * vectors];
  unrolled<count * vectors>([&](auto i) HWY_ATTR { sums[i] = hn::Zero(D()); });
  const float* weights = run.weights;
  for (std::int64_t term = 0; term < run.terms; ++term) {
    const float* plane = run.planes + term * run.plane_step + position;
    for (std::int64_t tap = 0; tap < run.taps; ++tap, weights += count) {
      const float* x = plane + run.offsets[tap];
      V pixels[vectors];
      unrolled<vectors>([&](auto v) HWY_ATTR { pixels[v] = hn::LoadU(D(), x + v * step); });
      unrolled<count>([&](auto r) HWY_ATTR {
        const V weight = hn::Set(D(), weights[r]);
        unrolled<vectors>([&](auto v) HWY_ATTR {
          sums[r * vectors + v] = hn::MulAdd(weight, pixels[v], sums[r * vectors + v]);
        });
      });
    }
  }
  if (run.bias != nullptr) {
    unrolled<count * vectors>(
        [&](auto i) HWY_ATTR { sums[i] = hn::Add(sums[i], hn::Set(D(), run.bias[i / vectors])); });
  }
  if (run.rectify) {
    unrolled<count * vectors>([&](auto i) HWY_ATTR { sums[i] = rectify(sums[i]); });
  }
  unrolled<vectors>([&](auto v) HWY_ATTR {
    store_results<count>(sums + v, vectors, run.results + (position + v * step) * count);
  });
}

/// Calls body(first, std::integral_constant size) for parts of [0, count) of about equal size, as a
/// small tile is slow, and at most `most`.
template <std::int64_t most, class Body>
HWY_INLINE void for_each_tile(std::int64_t count, const Body& body) {
  const std::int64_t tiles = (count + most - 1) / most;
  for (std::int64_t tile = 0; tile < tiles; ++tile) {
    const std::int64_t first = count * tile / tiles, size = count * (tile + 1) / tiles - first;
    unrolled<most>([&](auto i) HWY_ATTR {
      if (size == i + 1) body(first, std::integral_constant<std::int64_t, i + 1>());
    });
  }
}

template <std::int64_t count>
void convolve_positions(const ResultsOfPlanes& run) {
  for_each_tile<vectors_for(count, 8)>(
      run.positions / step, [&](std::int64_t first, auto vectors)
                                HWY_ATTR { convolve_tile<count, vectors>(run, first * step); });
}

void convolve(const ResultsOfPlanes& run) {
  switch (run.count) {
    case 1: return convolve_positions<1>(run);
    case 2: return convolve_positions<2>(run);
    case 3: return convolve_positions<3>(run);
    case 4: return convolve_positions<4>(run);
    case 5: return convolve_positions<5>(run);
    case 6: return convolve_positions<6>(run);
    case 7: return convolve_positions<7>(run);
    default: return convolve_positions<8>(run);
  }
}

/// The sums of some vectors, each with its place in x and among the sums.
template <std::int64_t filters, std::int64_t parts>
HWY_INLINE void add_tile(const KernelSums& run, const std::int64_t* from, const std::int64_t* to) {
  V sums[filters * parts];
  unrolled<filters * parts>([&](auto i) HWY_ATTR { sums[i] = hn::Zero(D()); });
  const float* dy = run.dy;
  for (std::int64_t row = 0; row < run.rows; ++row) {
    const float* x = run.x + row * run.x_row;
    for (std::int64_t p = 0; p < run.positions; ++p, x += run.channels, dy += filters) {
      V pixels[parts];
      unrolled<parts>([&](auto part) HWY_ATTR { pixels[part] = hn::LoadU(D(), x + from[part]); });
      unrolled<filters>([&](auto f) HWY_ATTR {
        const V scale = hn::Set(D(), dy[f]);
        unrolled<parts>([&](auto part) HWY_ATTR {
          sums[f * parts + part] = hn::MulAdd(scale, pixels[part], sums[f * parts + part]);
        });
      });
    }
  }
  const std::int64_t filter_step = run.lines * run.sum_step;
  unrolled<filters * parts>([&](auto i) HWY_ATTR {
    float* sum = run.sums + i / parts * filter_step + to[i % parts];
    hn::StoreU(hn::Add(hn::LoadU(D(), sum), sums[i]), D(), sum);
  });
}

template <std::int64_t filters>
void add_sums(const KernelSums& run) {
  constexpr std::int64_t most = vectors_for(filters, 4);
  const std::int64_t parts_of_line = (run.line_size + step - 1) / step;
  const std::int64_t parts = run.lines * parts_of_line;
  for_each_tile<most>(parts, [&](std::int64_t first, auto size) HWY_ATTR {
    std::int64_t from[most], to[most];
    for (std::int64_t i = 0; i < size; ++i) {
      const std::int64_t line = (first + i) / parts_of_line;
      const std::int64_t inside = (first + i) % parts_of_line * step;
      from[i] = line * run.x_row + inside;
      to[i] = line * run.sum_step + inside;
    }
    add_tile<filters, size>(run, from, to);
  });
}

void add_all_sums(const KernelSums& run) {
  switch (run.filters) {
    case 1: return add_sums<1>(run);
    case 2: return add_sums<2>(run);
    case 3: return add_sums<3>(run);
    case 4: return add_sums<4>(run);
    case 5: return add_sums<5>(run);
    case 6: return add_sums<6>(run);
    case 7: return add_sums<7>(run);
    default: return add_sums<8>(run);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(turn);
HWY_EXPORT(convolve);
HWY_EXPORT(add_all_sums);

void turn_rows(const TurnedRows& image) { HWY_DYNAMIC_DISPATCH(turn)(image); }
void convolve_planes(const ResultsOfPlanes& run) { HWY_DYNAMIC_DISPATCH(convolve)(run); }
void add_kernel_sums(const KernelSums& run) { HWY_DYNAMIC_DISPATCH(add_all_sums)(run); }

}  // namespace sloy::cpu
#endif
