#include "base/hash.h"

#define XXH_INLINE_ALL  // the header asks for this where no library is linked
#include <xxhash.h>

namespace sloy {

std::uint64_t hash64(std::span<const std::byte> bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::uint64_t hash64(std::string_view text, std::uint64_t seed) {
  return hash64(std::as_bytes(std::span(text)), seed);
}

}  // namespace sloy
