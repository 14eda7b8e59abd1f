// Vectors of float as every kernel here uses them: at most 16 lanes, sums always over 16.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

#include "tensor/bfloat16.h"

#if defined(SLOY_SIMD_VECTOR_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLOY_SIMD_VECTOR_INL_H
#undef SLOY_SIMD_VECTOR_INL_H
#else
#define SLOY_SIMD_VECTOR_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
using DI = hn::RebindToSigned<D>;
using VI = hn::Vec<DI>;

/// Lanes of a vector: 16, 8, 4 or 1.
inline constexpr std::size_t lanes = hn::MaxLanes(D());
/// Of a block of channels: channel_block().
inline constexpr std::int64_t block_lanes = lanes == 16 ? 16 : 8;
/// Lanes of a sum, whatever the vectors' width, so that its bits are the same.
inline constexpr std::size_t sum_lanes = 16;

/// The first `count` elements, 0 < count < lanes; the other lanes are zero. Reads no further.
HWY_INLINE V load_first(const float* from, std::size_t count) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  return hn::MaskedLoad(hn::FirstN(D(), count), D(), from);
#else
  HWY_ALIGN float buffer[lanes] = {};
  std::memcpy(buffer, from, count * sizeof(float));
  return hn::Load(D(), buffer);
#endif
}

/// The first `count` elements, 0 < count; lanes beyond hold `rest`.
HWY_INLINE V load_first_or(const float* from, std::size_t count, float rest) {
  if (count >= lanes) return hn::LoadU(D(), from);
  return hn::IfThenElse(hn::FirstN(D(), count), load_first(from, count), hn::Set(D(), rest));
}

/// Stores lanes [0, count) and writes no further.
HWY_INLINE void store_first(V v, float* to, std::size_t count) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  hn::BlendedStore(v, hn::FirstN(D(), count), D(), to);
#else
  HWY_ALIGN float buffer[lanes];
  hn::Store(v, D(), buffer);
  std::memcpy(to, buffer, count * sizeof(float));
#endif
}

using DBits = hn::Rebind<std::uint16_t, D>;

/// bfloat16 as floats, exactly.
HWY_INLINE V widened(hn::Vec<DBits> bits) {
  const hn::RebindToUnsigned<D> du;
  return hn::BitCast(D(), hn::ShiftLeft<16>(hn::PromoteTo(du, bits)));
}

/// to_bfloat16 of tensor/bfloat16.h.
HWY_INLINE hn::Vec<DBits> narrowed(V v) {
#if HWY_TARGET == HWY_AVX3
  // A dozen instructions in one. Compilers know it only where a whole function may use it.
  if (__builtin_cpu_supports("avx512bf16")) {
    hn::Vec<DBits> bits;
    asm("vcvtneps2bf16 %1, %0" : "=v"(bits.raw) : "v"(v.raw));
    return bits;
  }
#endif
  const hn::RebindToUnsigned<D> du;
  const auto raw = hn::BitCast(du, v);
  const auto upper = hn::ShiftRight<16>(raw);
  const auto half = hn::Add(hn::Set(du, 0x7fff), hn::And(upper, hn::Set(du, 1)));
  auto bits = hn::ShiftRight<16>(hn::Add(raw, half));
  const auto is_tiny = hn::Lt(hn::Abs(v), hn::Set(D(), 0x1p-126f));
  bits = hn::IfThenElse(hn::RebindMask(du, is_tiny), hn::And(upper, hn::Set(du, 0x8000)), bits);
  bits = hn::IfThenElse(hn::RebindMask(du, hn::IsNaN(v)), hn::Or(upper, hn::Set(du, 0x40)), bits);
  return hn::DemoteTo(DBits(), hn::BitCast(DI(), bits));
}

HWY_INLINE V load_all(const float* from) { return hn::LoadU(D(), from); }
HWY_INLINE V load_all(const bfloat16* from) { return widened(hn::LoadU(DBits(), &from->bits)); }
HWY_INLINE void store_all(V v, float* to) { hn::StoreU(v, D(), to); }
HWY_INLINE void store_all(V v, bfloat16* to) { hn::StoreU(narrowed(v), DBits(), &to->bits); }
/// Past the caches, to memory aligned to the vector's bytes.
HWY_INLINE void stream_all(V v, float* to) { hn::Stream(v, D(), to); }
HWY_INLINE void stream_all(V v, bfloat16* to) { hn::Stream(narrowed(v), DBits(), &to->bits); }

HWY_INLINE V load_first(const bfloat16* from, std::size_t count) {
  HWY_ALIGN std::uint16_t buffer[lanes] = {};
  std::memcpy(buffer, from, count * sizeof(bfloat16));
  return widened(hn::Load(DBits(), buffer));
}
HWY_INLINE void store_first(V v, bfloat16* to, std::size_t count) {
  HWY_ALIGN std::uint16_t buffer[lanes];
  hn::Store(narrowed(v), DBits(), buffer);
  std::memcpy(to, buffer, count * sizeof(bfloat16));
}

/// 0 where x ≤ 0, else x: NaN stays NaN.
HWY_INLINE V rectify(V x) { return hn::IfThenZeroElse(hn::Le(x, hn::Zero(D())), x); }

/// How a loop loads and stores: whole vectors, or the last few lanes. T is float or bfloat16.
struct WholeVector {
  template <class T>
  HWY_INLINE V load(const T* from) const {
    return load_all(from);
  }
  template <class T>
  HWY_INLINE void store(V v, T* to) const {
    store_all(v, to);
  }
};
struct FirstLanes {
  std::size_t count;
  template <class T>
  HWY_INLINE V load(const T* from) const {
    return load_first(from, count);
  }
  template <class T>
  HWY_INLINE void store(V v, T* to) const {
    store_first(v, to, count);
  }
};

/// Calls body(i, access) for the vectors over `count` neighbours.
template <class Body>
HWY_INLINE void for_each_vector(std::int64_t count, const Body& body) {
  constexpr auto step = static_cast<std::int64_t>(lanes);
  std::int64_t i = 0;
  for (; i + step <= count; i += step) body(i, WholeVector());
  if (i < count) body(i, FirstLanes{static_cast<std::size_t>(count - i)});
}

/// to[i] = from[i] in the other type.
template <class From, class To>
HWY_INLINE void convert_run(const From* from, To* to, std::int64_t count) {
  for_each_vector(count, [&](std::int64_t i, auto access)
                             HWY_ATTR { access.store(access.load(from + i), to + i); });
}

struct AddLanes {
  template <class W>
  HWY_INLINE W operator()(W a, W b) const {
    return hn::Add(a, b);
  }
};

/// The greater, or NaN where either is.
struct MaxLanes {
  template <class W>
  HWY_INLINE W operator()(W a, W b) const {
    return hn::IfThenElse(hn::Or(hn::Ge(a, b), hn::IsNaN(a)), a, b);
  }
};

/// Vectors that make 16 lanes.
inline constexpr std::size_t sum_parts = sum_lanes / lanes;

/// 16 lanes combined in one fixed tree: those 8 apart first, then 4, 2 and 1 apart.
template <class Combine>
HWY_INLINE float fold_parts(const V (&parts)[sum_parts], Combine combine) {
#if HWY_TARGET == HWY_SCALAR
  V folded[sum_parts];
  for (std::size_t i = 0; i < sum_parts; ++i) folded[i] = parts[i];
  for (std::size_t n = sum_parts / 2; n > 0; n /= 2) {
    for (std::size_t i = 0; i < n; ++i) folded[i] = combine(folded[i], folded[i + n]);
  }
  return hn::GetLane(folded[0]);
#else
  [[maybe_unused]] const hn::CappedTag<float, 4> four;
#if HWY_TARGET == HWY_AVX3
  const hn::Half<D> eight;
  const auto half = combine(hn::LowerHalf(eight, parts[0]), hn::UpperHalf(eight, parts[0]));
  auto v = combine(hn::LowerHalf(four, half), hn::UpperHalf(four, half));
#elif HWY_TARGET == HWY_AVX2
  const V half = combine(parts[0], parts[1]);
  auto v = combine(hn::LowerHalf(four, half), hn::UpperHalf(four, half));
#else
  V v = combine(combine(parts[0], parts[2]), combine(parts[1], parts[3]));
#endif
  v = combine(v, hn::Shuffle1032(v));
  return hn::GetLane(combine(v, hn::Shuffle2301(v)));
#endif
}

/// A running sum or maximum of 16 lanes: element i goes to lane i % 16.
template <class Combine>
class Lanes16 {
 public:
  HWY_INLINE explicit Lanes16(float start) {
    for (V& part : parts_) part = hn::Set(D(), start);
  }
  HWY_INLINE void take(std::size_t lane, V v) {
    parts_[lane / lanes] = Combine()(parts_[lane / lanes], v);
  }
  /// Takes `count` elements.
  HWY_INLINE void take(const float* from, std::size_t count, float neutral) {
    std::size_t i = 0;
    for (; i + sum_lanes <= count; i += sum_lanes) {
      for (std::size_t lane = 0; lane < sum_lanes; lane += lanes) {
        take(lane, hn::LoadU(D(), from + i + lane));
      }
    }
    for (std::size_t lane = 0; i < count; i += lanes, lane += lanes) {
      take(lane, load_first_or(from + i, count - i, neutral));
    }
  }
  HWY_INLINE void store(float* to) const {
    for (std::size_t lane = 0; lane < sum_lanes; lane += lanes) {
      hn::StoreU(parts_[lane / lanes], D(), to + lane);
    }
  }
  HWY_INLINE float fold() const { return fold_parts(parts_, Combine()); }

 private:
  V parts_[sum_parts];
};

using Sum16 = Lanes16<AddLanes>;
using Max16 = Lanes16<MaxLanes>;

}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#endif
