// One-dimensional transforms of Winograd's algorithm F(4, 3): 4 results of a filter of 3 taps as
// products of two polynomials at the points 0, ±a, ±b and infinity (Lavin and Gray, Fast Algorithms
// for Convolutional Neural Networks, 2015). In two dimensions each is applied along both axes.

#include "backends/cpu/simd/unrolled-inl.h"
#include "backends/cpu/simd/vector-inl.h"

#if defined(SLOY_SIMD_WINOGRAD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLOY_SIMD_WINOGRAD_INL_H
#undef SLOY_SIMD_WINOGRAD_INL_H
#else
#define SLOY_SIMD_WINOGRAD_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace winograd {

inline constexpr auto step = static_cast<std::int64_t>(lanes);
inline constexpr std::int64_t block = block_lanes;

/// The points. Near each other's inverses they lose few bits: about half the error of 1 and 2.
inline constexpr double a = 0.625, b = 1.5;
inline constexpr double a2 = a * a, b2 = b * b;
/// What the transformed kernel is multiplied by at 0, ±a and ±b.
inline constexpr double at_0 = 1 / (a2 * b2);
inline constexpr double at_a = 1 / (2 * a2 * (a2 - b2));
inline constexpr double at_b = 1 / (2 * b2 * (b2 - a2));

HWY_INLINE V constant(double value) { return hn::Set(D(), static_cast<float>(value)); }

/// Three of the six results for 6 pixels: those at 0, a and -a.
HWY_INLINE void patch_low(V d0, V d1, V d2, V d3, V d4, V (&out)[3]) {
  const V even = hn::NegMulAdd(constant(b2), d2, d4);
  const V odd = hn::NegMulAdd(constant(b2), d1, d3);
  out[0] = hn::MulAdd(constant(a2 * b2), d0, hn::NegMulAdd(constant(a2 + b2), d2, d4));
  out[1] = hn::MulAdd(constant(a), odd, even);
  out[2] = hn::NegMulAdd(constant(a), odd, even);
}
/// Those at b, -b and infinity.
HWY_INLINE void patch_high(V d1, V d2, V d3, V d4, V d5, V (&out)[3]) {
  const V even = hn::NegMulAdd(constant(a2), d2, d4);
  const V odd = hn::NegMulAdd(constant(a2), d1, d3);
  out[0] = hn::MulAdd(constant(b), odd, even);
  out[1] = hn::NegMulAdd(constant(b), odd, even);
  out[2] = hn::MulAdd(constant(a2 * b2), d1, hn::NegMulAdd(constant(a2 + b2), d3, d5));
}

/// 6 products → 4 pixels.
HWY_INLINE void result(const V (&m)[6], V (&y)[4]) {
  const V even_a = hn::Add(m[1], m[2]), odd_a = hn::Sub(m[1], m[2]);
  const V even_b = hn::Add(m[3], m[4]), odd_b = hn::Sub(m[3], m[4]);
  y[0] = hn::Add(hn::Add(m[0], even_a), even_b);
  y[1] = hn::MulAdd(constant(b), odd_b, hn::Mul(constant(a), odd_a));
  y[2] = hn::MulAdd(constant(b2), even_b, hn::Mul(constant(a2), even_a));
  y[3] = hn::MulAdd(constant(b2 * b), odd_b, hn::MulAdd(constant(a2 * a), odd_a, m[5]));
}

/// 4 pixels of a result's gradient → 6: the transpose of `result`.
HWY_INLINE void result_gradient(const V (&dy)[4], V (&out)[6]) {
  const V even_a = hn::MulAdd(constant(a2), dy[2], dy[0]);
  const V odd_a = hn::MulAdd(constant(a2), dy[3], dy[1]);
  const V even_b = hn::MulAdd(constant(b2), dy[2], dy[0]);
  const V odd_b = hn::MulAdd(constant(b2), dy[3], dy[1]);
  out[0] = dy[0];
  out[1] = hn::MulAdd(constant(a), odd_a, even_a);
  out[2] = hn::NegMulAdd(constant(a), odd_a, even_a);
  out[3] = hn::MulAdd(constant(b), odd_b, even_b);
  out[4] = hn::NegMulAdd(constant(b), odd_b, even_b);
  out[5] = dy[3];
}

/// 3 taps → 6.
HWY_INLINE void kernel(const V (&g)[3], V (&out)[6]) {
  const V even_a = hn::MulAdd(constant(a2 * at_a), g[2], hn::Mul(constant(at_a), g[0]));
  const V even_b = hn::MulAdd(constant(b2 * at_b), g[2], hn::Mul(constant(at_b), g[0]));
  out[0] = hn::Mul(constant(at_0), g[0]);
  out[1] = hn::MulAdd(constant(a * at_a), g[1], even_a);
  out[2] = hn::NegMulAdd(constant(a * at_a), g[1], even_a);
  out[3] = hn::MulAdd(constant(b * at_b), g[1], even_b);
  out[4] = hn::NegMulAdd(constant(b * at_b), g[1], even_b);
  out[5] = g[2];
}

/// 6 → 3 taps of a kernel's gradient: the transpose of `kernel`.
HWY_INLINE void kernel_gradient(const V (&u)[6], V (&dg)[3]) {
  const V even_a = hn::Add(u[1], u[2]), odd_a = hn::Sub(u[1], u[2]);
  const V even_b = hn::Add(u[3], u[4]), odd_b = hn::Sub(u[3], u[4]);
  dg[0] = hn::MulAdd(constant(at_0), u[0],
                     hn::MulAdd(constant(at_a), even_a, hn::Mul(constant(at_b), even_b)));
  dg[1] = hn::MulAdd(constant(a * at_a), odd_a, hn::Mul(constant(b * at_b), odd_b));
  dg[2] = hn::MulAdd(constant(a2 * at_a), even_a, hn::MulAdd(constant(b2 * at_b), even_b, u[5]));
}

}  // namespace winograd
}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#endif
