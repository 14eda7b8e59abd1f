// The instructions of fused programs as loops over tiles.

#include <cstdint>

#include "backends/cpu/simd/fused_plan.h"
#include "backends/cpu/simd/math-inl.h"
#include "backends/cpu/simd/opcodes.h"

#if defined(SLOY_SIMD_INSTRUCTIONS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLOY_SIMD_INSTRUCTIONS_INL_H
#undef SLOY_SIMD_INSTRUCTIONS_INL_H
#else
#define SLOY_SIMD_INSTRUCTIONS_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {

/// Numbers of a tile: element i is data[i & mask]. The mask is all ones, or a period minus one that
/// is a multiple of 16.
struct Tile {
  const float* data;
  std::uintptr_t mask;

  HWY_INLINE V load(std::size_t i) const { return hn::LoadU(D(), data + (i & mask)); }
  HWY_INLINE V load_first(std::size_t i, std::size_t count) const {
    return HWY_NAMESPACE::load_first(data + (i & mask), count);
  }
};

// The vector functions. One class each, so that loops can take them as template arguments.
struct Maximum : MaxLanes {};
struct Minimum {
  HWY_INLINE V operator()(V a, V b) const {
    return hn::IfThenElse(hn::Or(hn::Le(a, b), hn::IsNaN(a)), a, b);
  }
};

template <class Function>
HWY_INLINE void each(Function function, Tile a, float* out, std::size_t count) {
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(function(a.load(i)), D(), out + i);
  if (i < count) store_first(function(a.load_first(i, count - i)), out + i, count - i);
}

template <class Function>
HWY_INLINE void each(Function function, Tile a, Tile b, float* out, std::size_t count) {
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(function(a.load(i), b.load(i)), D(), out + i);
  }
  if (i < count) {
    const std::size_t rest = count - i;
    store_first(function(a.load_first(i, rest), b.load_first(i, rest)), out + i, rest);
  }
}

template <class Function>
HWY_INLINE void each(Function function, Tile a, Tile b, Tile c, float* out, std::size_t count) {
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(function(a.load(i), b.load(i), c.load(i)), D(), out + i);
  }
  if (i < count) {
    const std::size_t rest = count - i;
    store_first(function(a.load_first(i, rest), b.load_first(i, rest), c.load_first(i, rest)),
                out + i, rest);
  }
}

template <class Function>
HWY_INLINE void each(Function function, Tile a, Tile b, Tile c, Tile d, float* out,
                     std::size_t count) {
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(function(a.load(i), b.load(i), c.load(i), d.load(i)), D(), out + i);
  }
  if (i < count) {
    const std::size_t rest = count - i;
    store_first(function(a.load_first(i, rest), b.load_first(i, rest), c.load_first(i, rest),
                         d.load_first(i, rest)),
                out + i, rest);
  }
}

HWY_INLINE V one_where(hn::Mask<D> mask) { return hn::IfThenElseZero(mask, hn::Set(D(), 1.0f)); }

/// out[i] = opcode(a[i], b[i], c[i]) for all instructions that work element by element.
HWY_INLINE void compute(Opcode opcode, Tile a, Tile b, Tile c, float immediate, float* out,
                        std::size_t n) {
  const V one = hn::Set(D(), 1.0f);
  const V zero = hn::Zero(D());
  switch (opcode) {
    case Opcode::constant:
      return each([=](V) HWY_ATTR { return hn::Set(D(), immediate); }, Tile{out, 0}, out, n);
    case Opcode::move: return each([](V x) HWY_ATTR { return x; }, a, out, n);
    case Opcode::negative: return each([](V x) HWY_ATTR { return hn::Neg(x); }, a, out, n);
    case Opcode::absolute: return each([](V x) HWY_ATTR { return hn::Abs(x); }, a, out, n);
    case Opcode::sign:
      return each(
          [=](V x) HWY_ATTR {
            const V size = hn::IfThenElse(hn::Eq(x, zero), x, hn::CopySign(one, x));
            return hn::IfThenElse(hn::IsNaN(x), x, size);
          },
          a, out, n);
    case Opcode::floor: return each([](V x) HWY_ATTR { return hn::Floor(x); }, a, out, n);
    case Opcode::square: return each([](V x) HWY_ATTR { return hn::Mul(x, x); }, a, out, n);
    case Opcode::sqrt: return each([](V x) HWY_ATTR { return hn::Sqrt(x); }, a, out, n);
    case Opcode::rsqrt:
      return each([=](V x) HWY_ATTR { return hn::Div(one, hn::Sqrt(x)); }, a, out, n);
    case Opcode::reciprocal: return each([=](V x) HWY_ATTR { return hn::Div(one, x); }, a, out, n);
    case Opcode::exp: return each([](V x) HWY_ATTR { return math::exp(x); }, a, out, n);
    case Opcode::log: return each([](V x) HWY_ATTR { return math::log(x); }, a, out, n);
    case Opcode::log1p: return each([](V x) HWY_ATTR { return math::log1p(x); }, a, out, n);
    case Opcode::expm1: return each([](V x) HWY_ATTR { return math::expm1(x); }, a, out, n);
    case Opcode::tanh: return each([](V x) HWY_ATTR { return math::tanh(x); }, a, out, n);
    case Opcode::sigmoid: return each([](V x) HWY_ATTR { return math::sigmoid(x); }, a, out, n);
    case Opcode::erf: return each([](V x) HWY_ATTR { return math::erf(x); }, a, out, n);
    case Opcode::rectify: return each([](V x) HWY_ATTR { return rectify(x); }, a, out, n);
    case Opcode::add: return each([](V x, V y) HWY_ATTR { return hn::Add(x, y); }, a, b, out, n);
    case Opcode::subtract:
      return each([](V x, V y) HWY_ATTR { return hn::Sub(x, y); }, a, b, out, n);
    case Opcode::multiply:
      return each([](V x, V y) HWY_ATTR { return hn::Mul(x, y); }, a, b, out, n);
    case Opcode::divide: return each([](V x, V y) HWY_ATTR { return hn::Div(x, y); }, a, b, out, n);
    case Opcode::maximum: return each(Maximum(), a, b, out, n);
    case Opcode::minimum: return each(Minimum(), a, b, out, n);
    case Opcode::power:
      return each([](V x, V y) HWY_ATTR { return math::pow(x, y); }, a, b, out, n);
    case Opcode::equal:
      return each([](V x, V y) HWY_ATTR { return one_where(hn::Eq(x, y)); }, a, b, out, n);
    case Opcode::not_equal:
      // Not hn::Ne, for which not-a-number differs from nothing.
      return each([](V x, V y) HWY_ATTR { return one_where(hn::Not(hn::Eq(x, y))); }, a, b, out, n);
    case Opcode::greater:
      return each([](V x, V y) HWY_ATTR { return one_where(hn::Gt(x, y)); }, a, b, out, n);
    case Opcode::greater_equal:
      return each([](V x, V y) HWY_ATTR { return one_where(hn::Ge(x, y)); }, a, b, out, n);
    case Opcode::less:
      return each([](V x, V y) HWY_ATTR { return one_where(hn::Lt(x, y)); }, a, b, out, n);
    case Opcode::less_equal:
      return each([](V x, V y) HWY_ATTR { return one_where(hn::Le(x, y)); }, a, b, out, n);
    case Opcode::where:
      return each([=](V x, V y, V z) HWY_ATTR { return hn::IfThenElse(hn::Eq(x, zero), z, y); }, a,
                  b, c, out, n);
    case Opcode::row_sum:
    case Opcode::row_max:
    case Opcode::random_uniform: return;
  }
}

struct Add : AddLanes {};
struct Subtract {
  HWY_INLINE V operator()(V x, V y) const { return hn::Sub(x, y); }
};
struct Multiply {
  HWY_INLINE V operator()(V x, V y) const { return hn::Mul(x, y); }
};

/// out[i] = then(first(a[i], b[i]), c[i]).
template <class First>
HWY_INLINE void compute_then(First first, Then then, Tile a, Tile b, Tile c, float* out,
                             std::size_t n) {
  switch (then) {
    case Then::add:
      return each([=](V x, V y, V z) HWY_ATTR { return hn::Add(first(x, y), z); }, a, b, c, out, n);
    case Then::subtract:
      return each([=](V x, V y, V z) HWY_ATTR { return hn::Sub(first(x, y), z); }, a, b, c, out, n);
    case Then::subtract_from:
      return each([=](V x, V y, V z) HWY_ATTR { return hn::Sub(z, first(x, y)); }, a, b, c, out, n);
    case Then::multiply:
      return each([=](V x, V y, V z) HWY_ATTR { return hn::Mul(first(x, y), z); }, a, b, c, out, n);
    case Then::rectify:
      return each([=](V x, V y) HWY_ATTR { return rectify(first(x, y)); }, a, b, out, n);
    case Then::where:
    case Then::nothing: return;
  }
}

/// Two instructions in one loop: the first's results pass through no memory.
HWY_INLINE void compute_pair(Opcode opcode, Then then, Tile a, Tile b, Tile c, Tile d, float* out,
                             std::size_t n) {
  switch (opcode) {
    case Opcode::add: return compute_then(Add(), then, a, b, c, out, n);
    case Opcode::subtract: return compute_then(Subtract(), then, a, b, c, out, n);
    case Opcode::multiply: return compute_then(Multiply(), then, a, b, c, out, n);
    case Opcode::greater:
      return each([](V x, V y, V positive, V other)
                      HWY_ATTR { return hn::IfThenElse(hn::Gt(x, y), positive, other); },
                  a, b, c, d, out, n);
    default: return;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#endif
