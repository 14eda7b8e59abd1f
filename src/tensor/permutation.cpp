#include "tensor/permutation.h"

#include <bit>
#include <cassert>

namespace sloy {
namespace {

/// Every bit of the result depends on every bit of the value (the finaliser of splitmix64).
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
  value = (value ^ value >> 27) * 0x94d049bb133111ebu;
  return value ^ value >> 31;
}

}  // namespace

Permutation::Permutation(std::uint64_t size, RandomKey key) : size_(size) {
  assert(size >> 63 == 0);
  const int bits = size > 1 ? std::bit_width(size - 1) : 0;
  low_bits_ = bits / 2;
  low_mask_ = (std::uint64_t{1} << low_bits_) - 1;
  high_mask_ = (std::uint64_t{1} << (bits - low_bits_)) - 1;
  for (std::uint32_t round = 0; round < num_rounds; ++round) {
    const RandomBlock words = philox(key, random_counter({}, round));
    round_keys_[round] = std::uint64_t{words[1]} << 32 | words[0];
  }
}

std::uint64_t Permutation::encrypt(std::uint64_t value) const {
  std::uint64_t low = value & low_mask_;
  std::uint64_t high = value >> low_bits_;
  for (int round = 0; round < num_rounds; round += 2) {
    high ^= mix(low ^ round_keys_[round]) & high_mask_;
    low ^= mix(high ^ round_keys_[round + 1]) & low_mask_;
  }
  return high << low_bits_ | low;
}

std::uint64_t Permutation::operator()(std::uint64_t position) const {
  assert(position < size_);
  do {
    position = encrypt(position);
  } while (position >= size_);
  return position;
}

}  // namespace sloy
