/// Sizes of windows, one for each direction of the data.
#pragma once

#include <sloy/config.h>
#include <sloy/export.h>

namespace sloy {

/// One number for both spatial dimensions, or one for each: 3 or {3, 5}. In files a number or a
/// list of two.
class SLOY_EXPORT IntPair {
 public:
  /// Not given.
  constexpr IntPair() = default;
  constexpr IntPair(int both) : IntPair(both, both) {}  // NOLINT: 3 is a pair
  constexpr IntPair(int height, int width) : height_(height), width_(width), given_(true) {}

  constexpr bool is_given() const { return given_; }
  constexpr int height() const { return height_; }
  constexpr int width() const { return width_; }
  constexpr bool operator==(const IntPair&) const = default;

 private:
  int height_ = 0;
  int width_ = 0;
  bool given_ = false;
};
SLOY_EXPORT Config to_config(const IntPair& pair);
SLOY_EXPORT void from_config(const Config& config, IntPair& pair);

}  // namespace sloy
