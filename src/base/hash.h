/// Hashes that are the same on every machine and in every version: names of random streams and
/// checksums in files depend on them. They find accidents; they are no protection from malice.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sloy {

/// XXH3, 64 bits.
std::uint64_t hash64(std::span<const std::byte> bytes, std::uint64_t seed = 0);
std::uint64_t hash64(std::string_view text, std::uint64_t seed = 0);

/// XXH3, 128 bits: of any number of different inputs that there will ever be, no two have the same.
struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const Hash128&) const = default;
};
Hash128 hash128(std::span<const std::byte> bytes, std::uint64_t seed = 0);

}  // namespace sloy
