// Loops over arrays of vectors that must become registers.

#include <cstdint>
#include <type_traits>
#include <utility>

#include <hwy/highway.h>

#if defined(SLOY_SIMD_UNROLLED_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLOY_SIMD_UNROLLED_INL_H
#undef SLOY_SIMD_UNROLLED_INL_H
#else
#define SLOY_SIMD_UNROLLED_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {

template <class Body, std::int64_t... i>
HWY_INLINE void unroll(const Body& body, std::integer_sequence<std::int64_t, i...>) {
  (body(std::integral_constant<std::int64_t, i>()), ...);
}

/// body(0), body(1) … body(count - 1), each with its index as a constant: g++ keeps an array in
/// memory if any of its elements is ever reached through a variable.
template <std::int64_t count, class Body>
HWY_INLINE void unrolled(const Body& body) {
  unroll(body, std::make_integer_sequence<std::int64_t, count>());
}

}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#endif
