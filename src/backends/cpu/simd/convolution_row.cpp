#include "backends/cpu/simd/convolution_row.h"

#include "backends/cpu/simd/convolution.h"
#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/convolution_row.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cassert>

#include "backends/cpu/simd/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

constexpr auto step = static_cast<std::int64_t>(lanes);
/// Positions and vectors whose sums stay in registers.
constexpr std::int64_t strip_positions = lanes == 16 ? 8 : 4;
constexpr std::int64_t strip_vectors = 2;

/// A line of taps along the width and the line of the source it is over.
struct Line {
  const float* source;  ///< position 0
  const float* kernel;  ///< tap 0
};
struct Lines {
  std::int64_t count = 0;
  Line line[most_tap_lines];
};

void find_lines(const ConvolutionRow& row, Lines& lines) {
  const Phase& depth = row.depth.phase;
  const Phase& height = row.height.phase;
  for (std::int64_t a = row.depth.taps.first; a < row.depth.taps.last; ++a) {
    const std::int64_t d = row.depth.start + a * depth.offset_step;
    const std::int64_t depth_tap = depth.tap + a * depth.tap_step;
    for (std::int64_t b = row.height.taps.first; b < row.height.taps.last; ++b) {
      const std::int64_t h = row.height.start + b * height.offset_step;
      const std::int64_t tap = depth_tap * row.kernel_height + height.tap + b * height.tap_step;
      assert(lines.count < most_tap_lines);
      lines.line[lines.count++] = {
          row.source + (d * row.source_height + h) * row.source_width * row.source_step,
          row.kernel + tap * row.kernel_width * row.tap_step};
    }
  }
}

/// Neighbouring results of a phase that see the same taps.
struct Strip {
  const Lines& lines;
  const Phase& width;
  std::int64_t t;
  Phase::Range taps;
};

/// Calls body(first source, first weight of j = 0, number of terms) for every tap; where the taps
/// of a line are neighbours in both memories, for all of them at once.
template <class Body>
HWY_INLINE void for_each_tap(const ConvolutionRow& row, const Strip& strip, const Body& body) {
  const Phase& width = strip.width;
  const std::int64_t first = strip.taps.first;
  const std::int64_t source_offset =
      (width.start(strip.t) + first * width.offset_step) * row.source_step;
  const std::int64_t kernel_offset = (width.tap + first * width.tap_step) * row.tap_step;
  const std::int64_t taps = strip.taps.last - first;
  const std::int64_t runs = row.joined ? 1 : taps;
  const std::int64_t terms = row.joined ? taps * row.terms : row.terms;
  const std::int64_t source_step = width.offset_step * row.source_step;
  const std::int64_t kernel_step = width.tap_step * row.tap_step;
  for (std::int64_t i = 0; i < strip.lines.count; ++i) {
    const float* source = strip.lines.line[i].source + source_offset;
    const float* weights = strip.lines.line[i].kernel + kernel_offset;
    for (std::int64_t run = 0; run < runs; ++run) {
      body(source, weights, terms);
      source += source_step;
      weights += kernel_step;
    }
  }
}

HWY_INLINE float* place_of(const ConvolutionRow& row, const Strip& strip) {
  return row.result + (strip.width.first + strip.t * strip.width.step) * row.place_step;
}

template <std::int64_t positions, std::int64_t vectors, class Access>
HWY_INLINE void strip_by_results(const ConvolutionRow& row, const Strip& strip, std::int64_t j,
                                 Access access) {
  const WholeVector whole;
  const auto load = [&](const float* from, std::int64_t v) HWY_ATTR {
    return v + 1 == vectors ? access.load(from + v * step) : whole.load(from + v * step);
  };
  V sums[positions][vectors];
  for (auto& position : sums) {
    for (V& sum : position) sum = hn::Zero(D());
  }
  const std::int64_t next = strip.width.source_step * row.source_step;
  for_each_tap(row, strip,
               [&](const float* source, const float* weights, std::int64_t terms) HWY_ATTR {
                 weights += j;
                 for (std::int64_t i = 0; i < terms; ++i, weights += row.term_step) {
                   V weight[vectors];
                   for (std::int64_t v = 0; v < vectors; ++v) weight[v] = load(weights, v);
                   for (std::int64_t p = 0; p < positions; ++p) {
                     const V x = hn::Set(D(), source[p * next + i]);
                     for (std::int64_t v = 0; v < vectors; ++v) {
                       sums[p][v] = hn::MulAdd(x, weight[v], sums[p][v]);
                     }
                   }
                 }
               });
  float* to = place_of(row, strip) + j;
  const std::int64_t next_place = strip.width.step * row.place_step;
  for (std::int64_t v = 0; v < vectors; ++v) {
    const V bias = row.bias == nullptr ? hn::Zero(D()) : load(row.bias + j, v);
    for (std::int64_t p = 0; p < positions; ++p) {
      V sum = row.bias == nullptr ? sums[p][v] : hn::Add(sums[p][v], bias);
      if (row.rectify) sum = rectify(sum);
      float* place = to + p * next_place + v * step;
      if (v + 1 == vectors)
        access.store(sum, place);
      else
        whole.store(sum, place);
    }
  }
}

struct ByResults {
  template <std::int64_t positions>
  static HWY_INLINE void run(const ConvolutionRow& row, const Strip& strip) {
    std::int64_t j = 0;
    for (; j + 2 * step <= row.results; j += 2 * step) {
      strip_by_results<positions, strip_vectors>(row, strip, j, WholeVector());
    }
    for (; j + step <= row.results; j += step) {
      strip_by_results<positions, 1>(row, strip, j, WholeVector());
    }
    if (j < row.results) {
      const FirstLanes rest{static_cast<std::size_t>(row.results - j)};
      strip_by_results<positions, 1>(row, strip, j, rest);
    }
  }
};

/// Sixteen terms of one tap, the last of them perhaps missing, for all positions: position p's sums
/// are of 16 lanes, as Sum16 has them.
template <std::int64_t positions, class Load>
HWY_INLINE void add_terms(const float* source, std::int64_t next, const float* weights,
                          V (&sums)[positions][sum_parts], const Load& load) {
  for (std::size_t part = 0; part < sum_parts; ++part) {
    const V weight = load(weights, part);
    for (std::int64_t p = 0; p < positions; ++p) {
      sums[p][part] = hn::MulAdd(load(source + p * next, part), weight, sums[p][part]);
    }
  }
}

template <std::int64_t positions>
HWY_INLINE void strip_by_terms(const ConvolutionRow& row, const Strip& strip, std::int64_t j) {
  V sums[positions][sum_parts];
  for (auto& position : sums) {
    for (V& sum : position) sum = hn::Zero(D());
  }
  const std::int64_t next = strip.width.source_step * row.source_step;
  const auto whole = [](const float* from, std::size_t part)
                         HWY_ATTR { return hn::LoadU(D(), from + part * lanes); };
  for_each_tap(row, strip,
               [&](const float* source, const float* weights, std::int64_t terms) HWY_ATTR {
                 weights += j * row.result_step;
                 std::int64_t i = 0;
                 for (; i + 16 <= terms; i += 16) {
                   add_terms(source + i, next, weights + i, sums, whole);
                 }
                 if (i == terms) return;
                 const auto rest = static_cast<std::size_t>(terms - i);
                 const auto some = [=](const float* from, std::size_t part) HWY_ATTR {
                   if (part * lanes >= rest) return hn::Zero(D());
                   return load_first_or(from + part * lanes, rest - part * lanes, 0.0f);
                 };
                 add_terms(source + i, next, weights + i, sums, some);
               });
  float* to = place_of(row, strip) + j;
  for (std::int64_t p = 0; p < positions; ++p) {
    float value = fold_parts(sums[p], AddLanes());
    if (row.bias != nullptr) value += row.bias[j];
    if (row.rectify && value <= 0) value = 0;
    to[p * strip.width.step * row.place_step] = value;
  }
}

struct ByTerms {
  template <std::int64_t positions>
  static HWY_INLINE void run(const ConvolutionRow& row, const Strip& strip) {
    for (std::int64_t j = 0; j < row.results; ++j) strip_by_terms<positions>(row, strip, j);
  }
};

/// From t on, those results of `whole` that strips can take; the last strip takes some again rather
/// than few alone. Returns the first that is left.
template <class Way, std::int64_t positions>
HWY_INLINE std::int64_t run_strips(const ConvolutionRow& row, const Lines& lines,
                                   const Phase& width, Phase::Range whole, std::int64_t t) {
  if (whole.last - whole.first < positions) return t;
  for (; t < whole.last; t += positions) {
    const std::int64_t first = std::min(t, whole.last - positions);
    Way::template run<positions>(row, {lines, width, first, {0, width.taps}});
  }
  return whole.last;
}

/// Positions that see all taps go by strips, those near padding one by one.
template <class Way>
HWY_INLINE void convolve_row(const ConvolutionRow& row) {
  Lines lines;
  find_lines(row, lines);
  const auto one = [&](const Phase& width, std::int64_t t) HWY_ATTR {
    Way::template run<1>(row, {lines, width, t, width.taps_at(t)});
  };
  for (std::int64_t r = 0; r < phases_of(*row.width, row.backward); ++r) {
    const Phase width = phase_of(*row.width, row.backward, r);
    const Phase::Range whole = width.whole();
    std::int64_t t = 0;
    for (; t < whole.first; ++t) one(width, t);
    t = run_strips<Way, strip_positions>(row, lines, width, whole, t);
    t = run_strips<Way, 2>(row, lines, width, whole, t);
    for (; t < width.count; ++t) one(width, t);
  }
}

void row_by_results(const ConvolutionRow& row) { convolve_row<ByResults>(row); }
void row_by_terms(const ConvolutionRow& row) { convolve_row<ByTerms>(row); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
HWY_EXPORT(row_by_results);
HWY_EXPORT(row_by_terms);

void convolve_row_by_results(const ConvolutionRow& row) {
  HWY_DYNAMIC_DISPATCH(row_by_results)(row);
}
void convolve_row_by_terms(const ConvolutionRow& row) { HWY_DYNAMIC_DISPATCH(row_by_terms)(row); }

}  // namespace sloy::cpu
#endif
