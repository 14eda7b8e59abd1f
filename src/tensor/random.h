/// Random numbers without a generator's state: each is a function of what it is for and where it is
/// used, so any order of work, number of threads and resumed run sees the same numbers.
///
/// The numbers are those of Philox4x32-10. Its key is random_key(seed, purpose, stream). One block
/// of the counter gives four words, and element e of an example takes lane e % 4 of the block whose
/// counter is
///
///     word 0   e / 4
///     word 1   example, low 32 bits
///     word 2   step, low 32 bits
///     word 3   step, bits 32–47, in the upper half; example, bits 32–47, in the lower half
///
/// Elements count in logical row-major order within the example, whatever the physical layout.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace sloy {

/// What numbers are for. Numbers of different purposes have nothing in common, whatever the stream.
/// The values are part of what makes runs repeat: never change one.
enum class Purpose : std::uint32_t {
  initialize = 1,  ///< first values of weights
  op = 2,          ///< ops inside a step: dropout, noise, sampling
  shuffle = 3,     ///< order of the examples of an epoch
  split = 4,       ///< which examples validate
  generate = 5,    ///< generated data sets
  augment = 6,     ///< changes to an example on its way in
};

/// A key of Philox.
struct RandomKey {
  std::uint32_t words[2];
  bool operator==(const RandomKey&) const = default;
};

RandomKey random_key(std::uint64_t seed, Purpose purpose, std::uint64_t stream = 0);

/// The stream of an op: a hash of its layer's path and of the number of that layer's call.
std::uint64_t stream_of(std::string_view path, std::uint64_t call = 0);

/// Where in a run a number is drawn. Both count to below 2^48.
struct RandomPlace {
  std::uint64_t step = 0;
  std::uint64_t example = 0;  ///< position in the global batch, or in the data set
};

using RandomBlock = std::array<std::uint32_t, 4>;

/// The counter of the block with number `block` (an element's number divided by four).
constexpr RandomBlock random_counter(RandomPlace place, std::uint32_t block) {
  return {block, static_cast<std::uint32_t>(place.example), static_cast<std::uint32_t>(place.step),
          static_cast<std::uint32_t>(place.step >> 32 << 16 | (place.example >> 32 & 0xffff))};
}

/// Philox4x32-10 of one counter.
RandomBlock philox(RandomKey key, RandomBlock counter);

/// Uniform in [0, 1): the word's upper 24 bits times 2^-24, every one exact in float.
constexpr float uniform_from(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24f;
}

/// Two independent standard normal numbers by Box and Muller's formula, computed in double:
/// √(−2 ln u)·cos 2πv and √(−2 ln u)·sin 2πv for u = (first + 1)/2^32, v = second/2^32.
/// In a block, words 0 and 1 make the numbers of lanes 0 and 1, words 2 and 3 those of 2 and 3.
std::array<double, 2> normal_from(std::uint32_t first, std::uint32_t second);

/// Numbers for elements [first, first + out.size()) of the example at `place`, as many threads as
/// the size deserves. Elements are below 2^34.
void fill_uniform(RandomKey key, RandomPlace place, std::uint64_t first, std::span<float> out);
void fill_uniform(RandomKey key, RandomPlace place, std::uint64_t first, std::span<double> out);
void fill_normal(RandomKey key, RandomPlace place, std::uint64_t first, std::span<float> out);
void fill_normal(RandomKey key, RandomPlace place, std::uint64_t first, std::span<double> out);

}  // namespace sloy
