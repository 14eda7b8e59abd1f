/// bfloat16: the upper half of a float32. Same range, 8 bits of mantissa.
#pragma once

#include <bit>
#include <cstdint>

namespace sloy {

struct bfloat16 {
  std::uint16_t bits = 0;
  bool operator==(const bfloat16&) const = default;
};

/// Exact.
constexpr float to_float(bfloat16 x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
}

/// Rounded to nearest, ties to even: what the CPU's own instruction (vcvtneps2bf16) gives. Numbers
/// below the least normal one, 2⁻¹²⁶, become 0 with their sign; not-a-number stays one.
constexpr bfloat16 to_bfloat16(float x) {
  const auto raw = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t magnitude = raw & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return {static_cast<std::uint16_t>(raw >> 16 | 0x40u)};
  if (magnitude < 0x00800000u) return {static_cast<std::uint16_t>(raw >> 16 & 0x8000u)};
  return {static_cast<std::uint16_t>((raw + 0x7fffu + (raw >> 16 & 1u)) >> 16)};
}

/// The float that is left of x when it has been stored as bfloat16.
constexpr float rounded_to_bfloat16(float x) { return to_float(to_bfloat16(x)); }

}  // namespace sloy
