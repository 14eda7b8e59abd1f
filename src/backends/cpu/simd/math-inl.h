// One vector function per transcendental, used by every kernel, so that fused, unfused and
// hand-written kernels agree bit for bit. AVX2 and AVX-512 give the same bits; the baseline has no
// fused multiply-add, so its last bits may differ.
//
// Largest errors in ULP over all floats (math_test.cpp sweeps them), denormal results included:
//
//     exp 1   log 1   log1p 1   expm1 1.5   tanh 2.5   sigmoid 2.5   erf 1.5   pow 1
//
// Special values are C's: NaN stays NaN, exp overflows to infinity, log(0) = -infinity, and so on.

#include <limits>

#include "backends/cpu/simd/vector-inl.h"

#if defined(SLOY_SIMD_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLOY_SIMD_MATH_INL_H
#undef SLOY_SIMD_MATH_INL_H
#else
#define SLOY_SIMD_MATH_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace math {

HWY_INLINE V constant(float value) { return hn::Set(D(), value); }
inline constexpr float infinity = std::numeric_limits<float>::infinity();
inline constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

// Cody and Waite: the high part has 9 bits, so n times it is exact.
inline constexpr float ln2_high = 0.693359375f;
inline constexpr float ln2_low = -2.12194440e-4f;

/// c[0] + x·(c[1] + x·(c[2] + …)).
template <class DV, class W, std::size_t count, class T>
HWY_INLINE W polynomial(DV d, W x, const T (&c)[count]) {
  W sum = hn::Set(d, c[count - 1]);
  for (std::size_t i = count - 1; i-- > 0;) sum = hn::MulAdd(sum, x, hn::Set(d, c[i]));
  return sum;
}

/// 2^n for n in [-126, 127].
HWY_INLINE V power_of_two(VI n) {
  return hn::BitCast(D(), hn::ShiftLeft<23>(hn::Add(n, hn::Set(DI(), 127))));
}

/// v·2^n with one rounding, for |n| ≤ 252 and v near 1.
HWY_INLINE V scale(V v, VI n) {
  const VI half = hn::ShiftRight<1>(n);
  return hn::Mul(hn::Mul(v, power_of_two(half)), power_of_two(hn::Sub(n, half)));
}

/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, and e^r − 1.
struct Reduced {
  V n;
  V expm1;
};
HWY_INLINE Reduced reduce_exp(V x) {
  const V n = hn::Round(hn::Mul(x, constant(1.44269504f)));
  V r = hn::NegMulAdd(n, constant(ln2_high), x);
  r = hn::NegMulAdd(n, constant(ln2_low), r);
  constexpr float c[] = {0.500000004626f,   0.16666666817f,    0.0416663549726f,
                         0.00833327304643f, 0.00139409971478f, 0.000199141791209f};
  return {n, hn::MulAdd(hn::Mul(r, r), polynomial(D(), r, c), r)};
}

/// x cut off at `low` and `high`; NaN becomes `low`.
template <class DV, class W, class T>
HWY_INLINE W clamp(DV d, W x, T low, T high) {
  x = hn::IfThenElse(hn::Ge(x, hn::Set(d, low)), x, hn::Set(d, low));
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, high)), hn::Set(d, high), x);
}

HWY_INLINE V exp(V x) {
  const Reduced reduced = reduce_exp(clamp(D(), x, -104.0f, 89.0f));
  const V y = hn::Add(constant(1.0f), reduced.expm1);
  return hn::IfThenElse(hn::IsNaN(x), x, scale(y, hn::ConvertTo(DI(), reduced.n)));
}

HWY_INLINE V expm1(V x) {
  const Reduced reduced = reduce_exp(clamp(D(), x, -40.0f, 89.0f));
  // 2^n·e^r − 1 as 2^n·(e^r − 1) + (2^n − 1). 2^128 is not a float: half of all, then doubled.
  const auto top = hn::Gt(reduced.n, constant(127.5f));
  const V n = hn::IfThenElse(top, constant(127.0f), reduced.n);
  const V power = power_of_two(hn::ConvertTo(DI(), n));
  const V one = hn::IfThenElse(top, constant(0.5f), constant(1.0f));
  const V y = hn::MulAdd(power, reduced.expm1, hn::Sub(power, one));
  const V result = hn::IfThenElse(top, hn::Add(y, y), y);
  // Tiny x, −0 and NaN are their own results.
  const auto itself = hn::Not(hn::Ge(hn::Abs(x), constant(1e-30f)));
  return hn::IfThenElse(itself, x, result);
}

/// x = m·2^e with m in [√½, √2), for positive x.
struct Split {
  V m;
  V e;
};
HWY_INLINE Split split(V x) {
  const auto tiny = hn::Lt(x, constant(1.17549435e-38f));
  x = hn::IfThenElse(tiny, hn::Mul(x, constant(8388608.0f)), x);
  constexpr std::int32_t sqrt_half = 0x3f3504f3;
  const VI bits = hn::Sub(hn::BitCast(DI(), x), hn::Set(DI(), sqrt_half));
  const VI mantissa = hn::And(bits, hn::Set(DI(), 0x7fffff));
  const V e = hn::ConvertTo(D(), hn::ShiftRight<23>(bits));
  return {hn::BitCast(D(), hn::Add(mantissa, hn::Set(DI(), sqrt_half))),
          hn::Sub(e, hn::IfThenElseZero(tiny, constant(23.0f)))};
}

/// log(1 + f) + e·ln 2 + correction, f in [√½ − 1, √2 − 1].
HWY_INLINE V log_of_parts(V f, V e, V correction) {
  constexpr float c[] = {0.333333105423f, -0.249999864095f, 0.20002222446f,
                         -0.16669259778f, 0.142187137942f,  -0.123841917865f,
                         0.118725788752f, -0.117907974618f, 0.0691731628465f};
  const V square = hn::Mul(f, f);
  V y = hn::Mul(hn::Mul(square, f), polynomial(D(), f, c));
  y = hn::MulAdd(e, constant(ln2_low), hn::Add(y, correction));
  y = hn::Add(hn::NegMulAdd(constant(0.5f), square, y), f);
  return hn::MulAdd(e, constant(ln2_high), y);
}

/// What log gives for arguments ≤ 0, infinity and NaN, in place of `y`.
HWY_INLINE V log_edges(V x, V y) {
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(D())), constant(-infinity), y);
  y = hn::IfThenElse(hn::Lt(x, hn::Zero(D())), constant(not_a_number), y);
  return hn::IfThenElse(hn::Lt(x, constant(infinity)), y, hn::Add(x, x));
}

HWY_INLINE V log(V x) {
  const Split parts = split(x);
  const V y = log_of_parts(hn::Sub(parts.m, constant(1.0f)), parts.e, hn::Zero(D()));
  return log_edges(x, y);
}

HWY_INLINE V log1p(V x) {
  const V one = constant(1.0f);
  const V u = hn::Add(one, x);
  // What rounding took from u, relative to u: log(u + lost) ≈ log(u) + lost / u.
  const V lost =
      hn::IfThenElse(hn::Gt(x, one), hn::Sub(one, hn::Sub(u, x)), hn::Sub(x, hn::Sub(u, one)));
  const Split parts = split(u);
  const V y = log_of_parts(hn::Sub(parts.m, one), parts.e, hn::Div(lost, u));
  const V tiny = constant(1e-9f);
  return hn::IfThenElse(hn::Lt(hn::Abs(x), tiny), x, log_edges(u, y));
}

HWY_INLINE V tanh(V x) {
  const V t = expm1(hn::Mul(hn::Abs(x), constant(-2.0f)));
  const V y = hn::Div(hn::Neg(t), hn::Add(constant(2.0f), t));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::CopySign(y, x));
}

HWY_INLINE V sigmoid(V x) {
  const V e = exp(hn::Neg(hn::Abs(x)));
  const V numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(D())), e, constant(1.0f));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Div(numerator, hn::Add(constant(1.0f), e)));
}

/// x + x·P(x²) near 0, and further out 1 − exp(−t·Q(t)) of t = |x|: 1 from 4 on. Both polynomials
/// are fitted to the least largest error.
HWY_INLINE V erf(V x) {
  constexpr float near_0[] = {0.12837915122509003f,  -0.37612494826316833f,
                              0.1128181591629982f,   -0.026766614988446236f,
                              0.004993178881704807f, -0.0005990847712382674f};
  constexpr float far_out[] = {1.1285138130187988f,    0.6357201933860779f,
                               0.10525934398174286f,   -0.022888369858264923f,
                               0.0032144607976078987f, -0.00021392517373897135f};
  const V size = hn::Abs(x);
  const V small = hn::MulAdd(x, polynomial(D(), hn::Mul(x, x), near_0), x);
  const V t = hn::Min(size, constant(4.0f));
  const V rest = exp(hn::Neg(hn::Mul(t, polynomial(D(), t, far_out))));
  const V large = hn::CopySign(hn::Sub(constant(1.0f), rest), x);
  const V y = hn::IfThenElse(hn::Lt(size, constant(0.921875f)), small, large);
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

#if HWY_TARGET == HWY_SCALAR
using HalfD = D;
#else
using HalfD = hn::Half<D>;
#endif
using DD = hn::Rebind<double, HalfD>;

/// 2^e·m to the power y for half a vector: e^(y·log) in double, the scaling by a power of two left
/// to the caller as `n`.
struct HalfPower {
  hn::Vec<HalfD> n;
  hn::Vec<DD> significand;
};
HWY_INLINE HalfPower half_power(hn::Vec<HalfD> m, hn::Vec<HalfD> e, hn::Vec<HalfD> y) {
  const DD d;
  const auto one = hn::Set(d, 1.0);
  const auto x = hn::PromoteTo(d, m);
  const auto s = hn::Div(hn::Sub(x, one), hn::Add(x, one));
  const auto z = hn::Mul(s, s);
  constexpr double atanh_series[] = {1.0,
                                     0.3333333333793,
                                     0.1999999779255655,
                                     0.1428605672603132,
                                     0.1108799696782975,
                                     0.0979357994063089};
  const auto log_m = hn::Mul(hn::Add(s, s), polynomial(d, z, atanh_series));
  const auto ln2 = hn::Set(d, 0.69314718055994530942);
  const auto log_x = hn::MulAdd(hn::PromoteTo(d, e), ln2, log_m);
  const auto power = clamp(d, hn::Mul(hn::PromoteTo(d, y), log_x), -110.0, 100.0);
  const auto n = hn::Round(hn::Mul(power, hn::Set(d, 1.4426950408889634)));
  const auto r = hn::NegMulAdd(n, ln2, power);
  constexpr double exp_series[] = {
      0.9999999999997614795,   0.9999999999805669082,    0.5000000000620030169,
      0.166666668859234679,    0.04166666421469829901,   0.008333266935626833171,
      0.001388917906719414922, 0.0001991547593691873358, 0.00002472716182211400965};
  return {hn::DemoteTo(HalfD(), n), polynomial(d, r, exp_series)};
}

HWY_INLINE hn::Vec<HalfD> half_pow(hn::Vec<HalfD> m, hn::Vec<HalfD> e, hn::Vec<HalfD> y) {
  const HalfPower power = half_power(m, e, y);
  const hn::RebindToSigned<HalfD> di;
  const auto n = hn::ConvertTo(di, power.n);
  const auto first = hn::ShiftRight<1>(n);
  const auto bias = hn::Set(di, 127);
  const auto a = hn::BitCast(HalfD(), hn::ShiftLeft<23>(hn::Add(first, bias)));
  const auto b = hn::BitCast(HalfD(), hn::ShiftLeft<23>(hn::Add(hn::Sub(n, first), bias)));
  const auto factor = hn::Mul(hn::PromoteTo(DD(), a), hn::PromoteTo(DD(), b));
  const auto result = hn::DemoteTo(HalfD(), hn::Mul(power.significand, factor));
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  // There Highway's conversion stops at the largest float.
  const auto top = hn::Set(HalfD(), std::numeric_limits<float>::max());
  return hn::IfThenElse(hn::Ge(result, top), hn::Set(HalfD(), infinity), result);
#else
  return result;
#endif
}

HWY_INLINE V pow(V x, V y) {
  const V zero = hn::Zero(D());
  const V one = constant(1.0f);
  const V infinite = constant(infinity);
  const V size = hn::Abs(x);
  // Zero and infinity take part as the powers of two far outside of float's range.
  Split parts = split(size);
  const auto is_zero = hn::Eq(size, zero);
  const auto is_infinite = hn::Eq(size, infinite);
  parts.m = hn::IfThenElse(hn::Or(is_zero, is_infinite), one, parts.m);
  parts.e = hn::IfThenElse(is_zero, constant(-infinity), parts.e);
  parts.e = hn::IfThenElse(is_infinite, infinite, parts.e);
#if HWY_TARGET == HWY_SCALAR
  V result = half_pow(parts.m, parts.e, y);
#else
  const HalfD half;
  V result = hn::Combine(
      D(),
      half_pow(hn::UpperHalf(half, parts.m), hn::UpperHalf(half, parts.e), hn::UpperHalf(half, y)),
      half_pow(hn::LowerHalf(half, parts.m), hn::LowerHalf(half, parts.e), hn::LowerHalf(half, y)));
#endif
  const auto whole = hn::Eq(hn::Floor(y), y);
  const V half_y = hn::Mul(y, constant(0.5f));
  const auto odd = hn::And(whole, hn::Ne(hn::Floor(half_y), half_y));
  result = hn::IfThenElse(odd, hn::CopySign(result, x), result);
  const auto root_of_negative =
      hn::AndNot(hn::Or(whole, hn::Or(is_zero, is_infinite)), hn::Lt(x, zero));
  result = hn::IfThenElse(root_of_negative, constant(not_a_number), result);
  result = hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::IsNaN(y)), hn::Add(x, y), result);
  const auto is_one = hn::Or(hn::Eq(x, one), hn::Eq(y, zero));
  const auto one_to_infinity = hn::And(hn::Eq(size, one), hn::Eq(hn::Abs(y), infinite));
  return hn::IfThenElse(hn::Or(is_one, one_to_infinity), one, result);
}

}  // namespace math
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#endif
