// Phrases of fused programs as loops over tiles.

#include <cstddef>
#include <utility>

#include <hwy/cache_control.h>

#include "backends/cpu/simd/fused_phrases.h"
#include "backends/cpu/simd/instructions-inl.h"

#if defined(SLOY_SIMD_PHRASES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLOY_SIMD_PHRASES_INL_H
#undef SLOY_SIMD_PHRASES_INL_H
#else
#define SLOY_SIMD_PHRASES_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {

struct Average {
  HWY_INLINE V operator()(V a, V b, V c, V d) const {
    return hn::Add(hn::Mul(a, b), hn::Mul(c, d));
  }
};
struct AverageOfSquare {
  HWY_INLINE V operator()(V a, V b, V c, V d) const {
    return hn::Add(hn::Mul(a, b), hn::Mul(c, hn::Mul(d, d)));
  }
};
struct DescentByRootPlus {
  HWY_INLINE V operator()(V a, V b, V c, V d, V e, V f) const {
    return hn::Sub(a, hn::Div(hn::Mul(b, c), hn::Add(hn::Mul(hn::Sqrt(d), e), f)));
  }
};
struct DescentByRootOfSum {
  HWY_INLINE V operator()(V a, V b, V c, V d, V e, V f) const {
    return hn::Sub(a, hn::Div(hn::Mul(b, c), hn::Sqrt(hn::Add(hn::Mul(d, e), f))));
  }
};
struct DescentByPlainRoot {
  HWY_INLINE V operator()(V a, V b, V c, V d, V e) const {
    return hn::Sub(a, hn::Div(hn::Mul(b, c), hn::Add(hn::Sqrt(d), e)));
  }
};

/// out[i] = function(operands[0][i], operands[1][i] …), while what lies at `ahead` is fetched.
template <class Function, std::size_t... k>
HWY_INLINE void each_phrase(Function function, const Tile* operands, std::index_sequence<k...>,
                            const float* const (&ahead)[2], float* out, std::size_t count) {
  const Tile tiles[] = {operands[k]...};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hwy::Prefetch(ahead[0] + i);
    hwy::Prefetch(ahead[1] + i);
    hn::StoreU(function(tiles[k].load(i)...), D(), out + i);
  }
  if (i < count) {
    const std::size_t rest = count - i;
    store_first(function(tiles[k].load_first(i, rest)...), out + i, rest);
  }
}

HWY_INLINE void compute_phrase(Phrase phrase, const Tile* operands, const float* const (&ahead)[2],
                               float* out, std::size_t n) {
  const std::make_index_sequence<4> four;
  const std::make_index_sequence<5> five;
  const std::make_index_sequence<6> six;
  switch (phrase) {
    case Phrase::none: return;
    case Phrase::average: return each_phrase(Average(), operands, four, ahead, out, n);
    case Phrase::average_of_square:
      return each_phrase(AverageOfSquare(), operands, four, ahead, out, n);
    case Phrase::descent_by_root_plus:
      return each_phrase(DescentByRootPlus(), operands, six, ahead, out, n);
    case Phrase::descent_by_root_of_sum:
      return each_phrase(DescentByRootOfSum(), operands, six, ahead, out, n);
    case Phrase::descent_by_plain_root:
      return each_phrase(DescentByPlainRoot(), operands, five, ahead, out, n);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#endif
