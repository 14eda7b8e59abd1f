#include "backends/cpu/simd/random_normal.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/cpu/simd/random_normal.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backends/cpu/simd/math-inl.h"
#include "base/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace {

/// Pairs of numbers that are made together.
constexpr std::size_t pairs = 64;

/// √(−2 ln u) for u = (word + 1) / 2³². The word after it is the signed number s: u = s / 2³² where
/// it is positive, 1 + s / 2³² where it isn't, so that no digit is lost near 1.
HWY_INLINE V radius(VI word) {
  const V s = hn::ConvertTo(D(), hn::Add(word, hn::Set(DI(), 1)));
  const V share = hn::Mul(s, math::constant(0x1p-32f));
  const V log_u = hn::IfThenElse(hn::Gt(s, hn::Zero(D())), math::log(share), math::log1p(share));
  return hn::Sqrt(hn::Mul(math::constant(-2.0f), log_u));
}

/// cos and sin of word / 2³² turns: of what is left of the nearest quarter, at most π/4.
struct Direction {
  V cos, sin;
};
HWY_INLINE Direction direction(VI word) {
  const VI quarter =
      hn::And(hn::ShiftRight<30>(hn::Add(word, hn::Set(DI(), 1 << 29))), hn::Set(DI(), 3));
  const VI left = hn::Sub(word, hn::ShiftLeft<30>(quarter));
  constexpr double radian = 6.283185307179586 / 4294967296.0;
  constexpr auto high = static_cast<float>(radian);
  constexpr auto low = static_cast<float>(radian - static_cast<double>(high));
  const V turns = hn::ConvertTo(D(), left);
  const V angle = hn::MulAdd(turns, math::constant(high), hn::Mul(turns, math::constant(low)));
  const V square = hn::Mul(angle, angle);
  // Fitted to the least largest error on [−π/4, π/4].
  constexpr float sine[] = {-0.16666654611f, 0.0083321608736f, -0.00019515295891f};
  constexpr float cosine[] = {0.04166664568298827f, -0.001388731625493765f, 2.443315711809948e-5f};
  const V s = hn::MulAdd(hn::Mul(angle, square), math::polynomial(D(), square, sine), angle);
  const V c = hn::MulAdd(hn::Mul(square, square), math::polynomial(D(), square, cosine),
                         hn::NegMulAdd(math::constant(0.5f), square, math::constant(1.0f)));
  const auto is = [&](int number) { return hn::Eq(quarter, hn::Set(DI(), number)); };
  const auto swaps = hn::RebindMask(D(), hn::Or(is(1), is(3)));
  const auto cos_below = hn::RebindMask(D(), hn::Or(is(1), is(2)));
  const auto sin_below = hn::RebindMask(D(), hn::Or(is(2), is(3)));
  const V cos = hn::IfThenElse(swaps, s, c);
  const V sin = hn::IfThenElse(swaps, c, s);
  return {hn::IfThenElse(cos_below, hn::Neg(cos), cos),
          hn::IfThenElse(sin_below, hn::Neg(sin), sin)};
}

/// Box and Muller's formula on pairs of words, whose numbers are neighbours.
void normal_pairs(const std::int32_t* first, const std::int32_t* second, float* out) {
  HWY_ALIGN float a[pairs];
  HWY_ALIGN float b[pairs];
  for (std::size_t i = 0; i < pairs; i += lanes) {
    const V length = radius(hn::LoadU(DI(), first + i));
    const Direction towards = direction(hn::LoadU(DI(), second + i));
    hn::Store(hn::Mul(length, towards.cos), D(), a + i);
    hn::Store(hn::Mul(length, towards.sin), D(), b + i);
  }
  for (std::size_t i = 0; i < pairs; ++i) {
    out[2 * i] = a[i];
    out[2 * i + 1] = b[i];
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::cpu {
namespace {

HWY_EXPORT(normal_pairs);
constexpr std::int64_t tile = 128;
/// Tiles for which a second thread is worth waking.
constexpr std::int64_t grain = 64;

}  // namespace

void random_normal(RandomKey key, std::uint64_t step, std::int64_t examples, std::int64_t size,
                   float* out) {
  const std::int64_t tiles = (size + tile - 1) / tile;
  parallel_for(examples * tiles, grain, [&](std::int64_t begin, std::int64_t end) {
    std::int32_t first[tile / 2];
    std::int32_t second[tile / 2];
    float numbers[tile];
    for (std::int64_t n = begin; n < end; ++n) {
      const RandomPlace place{.step = step, .example = static_cast<std::uint64_t>(n / tiles)};
      const std::int64_t from = n % tiles * tile;
      for (std::int64_t block = 0; block < tile / 4; ++block) {
        const auto number = static_cast<std::uint32_t>(from / 4 + block);
        const RandomBlock words = philox(key, random_counter(place, number));
        for (std::int64_t half : {0, 1}) {
          const auto word = static_cast<std::size_t>(2 * half);
          first[2 * block + half] = static_cast<std::int32_t>(words[word]);
          second[2 * block + half] = static_cast<std::int32_t>(words[word + 1]);
        }
      }
      HWY_DYNAMIC_DISPATCH(normal_pairs)(first, second, numbers);
      const std::int64_t count = std::min(tile, size - from);
      std::copy_n(numbers, count, out + n / tiles * size + from);
    }
  });
}

}  // namespace sloy::cpu
#endif
