#include "tensor/random.h"

#include <sloy/augmentation.h>

#include <cassert>
#include <cmath>

namespace sloy::data {
namespace {

/// Where numbers of fill_normal begin: single ones never come so far.
constexpr std::uint64_t first_filled = std::uint64_t{1} << 33;

}  // namespace

Random::Random(std::uint64_t seed, std::uint64_t position, std::int64_t epoch, std::int64_t example)
    : epoch_(static_cast<std::uint64_t>(epoch)), example_(static_cast<std::uint64_t>(example)) {
  const RandomKey key = random_key(seed, Purpose::augment, position);
  key_ = {key.words[0], key.words[1]};
}

double Random::uniform() {
  if (used_ == 4) {
    words_ = philox({{key_[0], key_[1]}}, random_counter({epoch_, example_}, block_++));
    used_ = 0;
  }
  return words_[static_cast<std::size_t>(used_++)] * 0x1p-32;
}

std::int64_t Random::integer(std::int64_t count) {
  assert(count >= 1);
  return static_cast<std::int64_t>(uniform() * static_cast<double>(count));
}

double Random::normal() {
  const auto first = static_cast<std::uint32_t>(uniform() * 0x1p32);
  const auto second = static_cast<std::uint32_t>(uniform() * 0x1p32);
  return normal_from(first, second)[0];
}

void Random::fill_normal(std::span<float> out) {
  sloy::fill_normal({{key_[0], key_[1]}}, {epoch_, example_}, first_filled + filled_, out);
  filled_ += out.size();
}

double Random::gamma(double shape) {
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal();
    const double v = std::pow(1 + c * x, 3);
    const double u = uniform() + 0x1p-33;
    if (v > 0 && std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double Random::beta(double a) {
  assert(a > 0);
  if (a > 1) {
    const double one = gamma(a);
    return one / (one + gamma(a));
  }
  for (;;) {
    // As logarithms: of a small `a` both powers are 0.
    const double x = std::log(uniform() + 0x1p-33) / a;
    const double y = std::log(uniform() + 0x1p-33) / a;
    const double larger = std::max(x, y);
    const double sum = larger + std::log(std::exp(x - larger) + std::exp(y - larger));
    if (sum <= 0) return std::exp(x - sum);
  }
}

}  // namespace sloy::data
