/// The sums that resizing is made of, on the widest instructions there are.
#pragma once

#include <cstdint>
#include <span>

namespace sloy::data {

/// Weights are whole numbers of this part: a sum of weighted bytes fits 32 bits.
inline constexpr int fraction_bits = 22;

/// Neighbouring pixels that one of a result is made of, and their weights.
struct TapRun {
  std::int64_t first;
  std::int64_t count;
  const std::int32_t* weights;
};

/// Rows above each other, `stride` bytes apart.
template <class Byte>
struct Rows {
  Byte* first;
  std::int64_t stride;
};

/// `count` rows of a result of three channels: each pixel is the sum of weighted pixels of the same
/// row of `in`, rounded and held within 0 to 255. Reads a byte behind a row's last pixel and writes
/// one behind a result's.
void sum_pixels_of_three(const Rows<const std::uint8_t>& in, std::int64_t count,
                         std::span<const TapRun> runs, const Rows<std::uint8_t>& out);

/// Likewise a row of `width` sums of numbers above each other: out[i] = Σ weights[t] · rows[first +
/// t][i].
void sum_rows(const Rows<const std::uint8_t>& rows, std::int64_t width, const TapRun& run,
              std::uint8_t* out);

}  // namespace sloy::data
