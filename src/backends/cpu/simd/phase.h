/// Which taps of a window meet which positions, for a window over its input and for its gradient,
/// which goes from the window's outputs back to its input.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "backends/cpu/simd/window.h"

namespace sloy::cpu {

/// Results along one dimension that see the same taps. Result t is at position first + t · step;
/// the tap numbered m, which is tap + m · tap_step of the window, sees position
/// start(t) + m · offset_step of the source.
struct Phase {
  std::int64_t first, step, count;
  std::int64_t tap, tap_step, taps;
  std::int64_t offset, offset_step;
  std::int64_t source_step, source;  ///< of the source: from one t to the next, and its size

  struct Range {
    std::int64_t first, last;
  };
  std::int64_t start(std::int64_t t) const { return t * source_step + offset; }

  /// The taps that see a position of the source.
  Range taps_at(std::int64_t t) const {
    const auto is_inside = [&](std::int64_t m) {
      const std::int64_t position = start(t) + m * offset_step;
      return position >= 0 && position < source;
    };
    Range range = {0, taps};
    while (range.first < range.last && !is_inside(range.first)) ++range.first;
    while (range.first < range.last && !is_inside(range.last - 1)) --range.last;
    return range;
  }
  /// The results that see tap m inside.
  Range inside(std::int64_t m) const {
    const std::int64_t low = offset + m * offset_step;
    const std::int64_t high = source - 1 - low;
    const std::int64_t begin = low >= 0 ? 0 : (-low + source_step - 1) / source_step;
    const std::int64_t end = high < 0 ? 0 : std::min(count, high / source_step + 1);
    return begin < end ? Range{begin, end} : Range{0, 0};
  }
  /// The results that see all taps inside.
  Range whole() const {
    if (taps == 0) return {0, 0};
    const Range one = inside(0);
    const Range other = inside(taps - 1);
    const Range both = {std::max(one.first, other.first), std::min(one.last, other.last)};
    return both.first < both.last ? both : Range{0, 0};
  }
};

/// Forward there is one phase.
inline Phase forward_phase(const Axis& axis) {
  return {.first = 0,
          .step = 1,
          .count = axis.output,
          .tap = 0,
          .tap_step = 1,
          .taps = axis.taps,
          .offset = -axis.low,
          .offset_step = axis.dilation,
          .source_step = axis.stride,
          .source = axis.input};
}

/// Backward there is one for each remainder by the stride. Position p of the input is seen by tap k
/// of output q where p + low − k · dilation = q · stride.
inline Phase backward_phase(const Axis& axis, std::int64_t remainder) {
  const std::int64_t tap_step = axis.stride / std::gcd(axis.stride, axis.dilation);
  Phase phase = {
      .first = remainder,
      .step = axis.stride,
      .count = std::max<std::int64_t>((axis.input - remainder + axis.stride - 1) / axis.stride, 0),
      .tap = 0,
      .tap_step = tap_step,
      .taps = 0,
      .offset = 0,
      .offset_step = -tap_step * axis.dilation / axis.stride,
      .source_step = 1,
      .source = axis.output};
  const auto distance = [&](std::int64_t k) { return remainder + axis.low - k * axis.dilation; };
  while (phase.tap < std::min(axis.taps, tap_step) && distance(phase.tap) % axis.stride != 0) {
    ++phase.tap;
  }
  if (phase.tap == std::min(axis.taps, tap_step)) return phase;
  phase.taps = (axis.taps - phase.tap + tap_step - 1) / tap_step;
  phase.offset = distance(phase.tap) / axis.stride;
  return phase;
}

inline Phase phase_of(const Axis& axis, bool backward, std::int64_t remainder) {
  return backward ? backward_phase(axis, remainder) : forward_phase(axis);
}
inline std::int64_t phases_of(const Axis& axis, bool backward) {
  return backward ? axis.stride : 1;
}

/// What one position of the result sees.
struct Sight {
  Phase phase;
  std::int64_t start;  ///< of the source, for tap 0
  Phase::Range taps;
};
inline Sight sight_at(const Axis& axis, bool backward, std::int64_t position) {
  const std::int64_t phases = phases_of(axis, backward);
  const Phase phase = phase_of(axis, backward, position % phases);
  const std::int64_t t = position / phases;
  return {phase, phase.start(t), phase.taps_at(t)};
}

}  // namespace sloy::cpu
