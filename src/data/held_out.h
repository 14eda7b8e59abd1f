/// How many examples of a set a share of it is.
#pragma once

#include <cmath>
#include <cstdint>

namespace sloy::data {

/// What Dataset::split holds out of `size` examples: 0 for a fraction that isn't one.
inline std::int64_t held_out(double fraction, std::int64_t size) {
  return fraction > 0 && fraction < 1 ? std::llround(fraction * static_cast<double>(size)) : 0;
}

}  // namespace sloy::data
