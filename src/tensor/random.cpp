#include "tensor/random.h"

#include <Random123/philox.h>

#include <cassert>
#include <cmath>
#include <numbers>

#include "base/hash.h"
#include "base/parallel.h"

namespace sloy {
namespace {

/// A block costs some tens of nanoseconds: below this many elements a second thread is no gain.
constexpr std::int64_t elements_a_thread = 16384;

using Lanes = std::array<double, 4>;

Lanes uniform_lanes(const RandomBlock& words) {
  return {uniform_from(words[0]), uniform_from(words[1]), uniform_from(words[2]),
          uniform_from(words[3])};
}

Lanes normal_lanes(const RandomBlock& words) {
  const auto [a, b] = normal_from(words[0], words[1]);
  const auto [c, d] = normal_from(words[2], words[3]);
  return {a, b, c, d};
}

template <class T>
void fill(RandomKey key, RandomPlace place, std::uint64_t first, std::span<T> out,
          Lanes (*lanes_of)(const RandomBlock&)) {
  assert(place.step >> 48 == 0 && place.example >> 48 == 0 && (first + out.size()) >> 34 == 0);
  parallel_for(static_cast<std::int64_t>(out.size()), elements_a_thread,
               [&](std::uint64_t begin, std::uint64_t end) {
                 for (std::uint64_t i = begin; i < end;) {
                   const auto block = static_cast<std::uint32_t>((first + i) / 4);
                   const Lanes lanes = lanes_of(philox(key, random_counter(place, block)));
                   for (std::uint64_t lane = (first + i) % 4; lane < 4 && i < end; ++lane, ++i) {
                     out[i] = static_cast<T>(lanes[lane]);
                   }
                 }
               });
}

}  // namespace

RandomKey random_key(std::uint64_t seed, Purpose purpose, std::uint64_t stream) {
  const std::uint64_t parts[] = {seed, static_cast<std::uint64_t>(purpose), stream};
  const std::uint64_t hash = hash64(std::as_bytes(std::span(parts)));
  return {{static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(hash >> 32)}};
}

std::uint64_t stream_of(std::string_view path, std::uint64_t call) { return hash64(path, call); }

RandomBlock philox(RandomKey key, RandomBlock counter) {
  const r123::Philox4x32::ctr_type words{{counter[0], counter[1], counter[2], counter[3]}};
  const auto result = r123::Philox4x32()(words, {{key.words[0], key.words[1]}});
  return {result[0], result[1], result[2], result[3]};
}

std::array<double, 2> normal_from(std::uint32_t first, std::uint32_t second) {
  const double radius = std::sqrt(-2.0 * std::log((first + 1.0) * 0x1p-32));
  const double angle = 2.0 * std::numbers::pi * (second * 0x1p-32);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

void fill_uniform(RandomKey key, RandomPlace place, std::uint64_t first, std::span<float> out) {
  fill(key, place, first, out, uniform_lanes);
}

void fill_uniform(RandomKey key, RandomPlace place, std::uint64_t first, std::span<double> out) {
  fill(key, place, first, out, uniform_lanes);
}

void fill_normal(RandomKey key, RandomPlace place, std::uint64_t first, std::span<float> out) {
  fill(key, place, first, out, normal_lanes);
}

void fill_normal(RandomKey key, RandomPlace place, std::uint64_t first, std::span<double> out) {
  fill(key, place, first, out, normal_lanes);
}

}  // namespace sloy
