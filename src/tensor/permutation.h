/// A shuffled order that needs no memory.
#pragma once

#include <array>
#include <cstdint>

#include "tensor/random.h"

namespace sloy {

/// A permutation of 0 … size − 1 chosen by a key: position → index, each index once. Any position
/// is computed alone, in constant time and memory, so a run resumes at any place of an epoch and a
/// set of any size is shuffled as a whole.
///
/// A Feistel network permutes the next power of two; an index past the end is put through it again
/// until it falls inside (fewer than two passes on average).
class Permutation {
 public:
  /// REQUIRES: size < 2^63.
  Permutation(std::uint64_t size, RandomKey key);

  std::uint64_t size() const { return size_; }
  /// REQUIRES: position < size().
  std::uint64_t operator()(std::uint64_t position) const;

 private:
  static constexpr int num_rounds = 12;

  std::uint64_t encrypt(std::uint64_t value) const;

  std::uint64_t size_;
  int low_bits_;
  std::uint64_t low_mask_;
  std::uint64_t high_mask_;
  std::array<std::uint64_t, num_rounds> round_keys_;
};

}  // namespace sloy
