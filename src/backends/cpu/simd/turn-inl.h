// A square of floats turned in registers.

#include "backends/cpu/simd/unrolled-inl.h"
#include "backends/cpu/simd/vector-inl.h"

#if defined(SLOY_SIMD_TURN_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLOY_SIMD_TURN_INL_H
#undef SLOY_SIMD_TURN_INL_H
#else
#define SLOY_SIMD_TURN_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void turn_square(V (&)[1]) {}
#else

/// Of four vectors, in each block of four lanes: lane j of vector i becomes lane i of vector j.
HWY_INLINE void turn_blocks(V& a, V& b, V& c, V& d) {
  const auto lower_ac = hn::InterleaveLower(D(), a, c), upper_ac = hn::InterleaveUpper(D(), a, c);
  const auto lower_bd = hn::InterleaveLower(D(), b, d), upper_bd = hn::InterleaveUpper(D(), b, d);
  a = hn::InterleaveLower(D(), lower_ac, lower_bd);
  b = hn::InterleaveUpper(D(), lower_ac, lower_bd);
  c = hn::InterleaveLower(D(), upper_ac, upper_bd);
  d = hn::InterleaveUpper(D(), upper_ac, upper_bd);
}

/// Lane j of vector i becomes lane i of vector j.
HWY_INLINE void turn_square(V (&v)[lanes]) {
  constexpr auto blocks = static_cast<std::int64_t>(lanes) / 4;
  unrolled<blocks>(
      [&](auto g) HWY_ATTR { turn_blocks(v[4 * g], v[4 * g + 1], v[4 * g + 2], v[4 * g + 3]); });
  // Now block b of vector 4g + i holds lanes 4g … 4g + 3 of what becomes vector 4b + i.
#if HWY_TARGET == HWY_AVX3
  unrolled<4>([&](auto i) HWY_ATTR {
    const V even01 = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(v[4 + i]), v[i]);
    const V odd01 = hn::OddEvenBlocks(v[4 + i], hn::SwapAdjacentBlocks(v[i]));
    const V even23 = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(v[12 + i]), v[8 + i]);
    const V odd23 = hn::OddEvenBlocks(v[12 + i], hn::SwapAdjacentBlocks(v[8 + i]));
    v[i] = hn::ConcatLowerLower(D(), even23, even01);
    v[4 + i] = hn::ConcatLowerLower(D(), odd23, odd01);
    v[8 + i] = hn::ConcatUpperUpper(D(), even23, even01);
    v[12 + i] = hn::ConcatUpperUpper(D(), odd23, odd01);
  });
#elif HWY_TARGET == HWY_AVX2
  unrolled<4>([&](auto i) HWY_ATTR {
    const V lower = hn::ConcatLowerLower(D(), v[4 + i], v[i]);
    v[4 + i] = hn::ConcatUpperUpper(D(), v[4 + i], v[i]);
    v[i] = lower;
  });
#endif
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#endif
