// Philox4x32-10 in vectors; the numbers of tensor/random.h.

#include <cstdint>

#include "backends/cpu/simd/unrolled-inl.h"
#include "backends/cpu/simd/vector-inl.h"
#include "tensor/random.h"

#if defined(SLOY_SIMD_PHILOX_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLOY_SIMD_PHILOX_INL_H
#undef SLOY_SIMD_PHILOX_INL_H
#else
#define SLOY_SIMD_PHILOX_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace sloy::cpu {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
inline constexpr std::size_t philox_counters = 1;
#else
inline constexpr std::size_t philox_counters = lanes / 2;
#endif
/// Numbers made at a time.
inline constexpr std::size_t philox_numbers = 4 * philox_counters;

/// What each round adds to the counter's words, worked out once for many counters.
struct PhiloxKeys {
  static constexpr std::size_t rounds = 10;
  HWY_INLINE explicit PhiloxKeys(RandomKey of) : key(of) {
    for (std::size_t round = 0; round < rounds; ++round) {
      const auto n = static_cast<std::uint32_t>(round);
      first[round] = of.words[0] + n * 0x9E3779B9u;
      second[round] = of.words[1] + n * 0xBB67AE85u;
    }
  }
  RandomKey key;
  std::uint64_t first[rounds], second[rounds];
};

#if HWY_TARGET == HWY_SCALAR

/// Uniform numbers of the counters {first_block + offsets[i], the rest of `counter`}.
HWY_INLINE void philox_uniform(const PhiloxKeys& keys, const RandomBlock& counter,
                               std::uint32_t first_block, const std::uint64_t* offsets,
                               float* out) {
  RandomBlock own = counter;
  own[0] = first_block + static_cast<std::uint32_t>(offsets[0]);
  const RandomBlock words = philox(keys.key, own);
  for (int i = 0; i < 4; ++i) out[i] = uniform_from(words[static_cast<std::size_t>(i)]);
}

#else

using D32 = hn::Repartition<std::uint32_t, D>;
using D64 = hn::Repartition<std::uint64_t, D>;
using V64 = hn::Vec<D64>;

HWY_INLINE V64 philox_product(V64 a, std::uint32_t factor) {
  return hn::MulEven(hn::BitCast(D32(), a), hn::Set(D32(), factor));
}

HWY_INLINE V uniform_of(V64 words) {
  const hn::RebindToSigned<D32> signed_words;
  const auto bits = hn::ShiftRight<8>(hn::BitCast(D32(), words));
  return hn::Mul(hn::ConvertTo(D(), hn::BitCast(signed_words, bits)), hn::Set(D(), 0x1p-24f));
}

/// Uniform numbers of the counters {first_block + offset i, the rest of `counter`}. `offsets` is in
/// the order philox_lane gives. Words live in the low halves of 64-bit lanes; what is in the high
/// halves does not matter until the end.
HWY_INLINE void philox_uniform(const PhiloxKeys& keys, const RandomBlock& counter,
                               std::uint32_t first_block, const std::uint64_t* offsets,
                               float* out) {
  const D64 d;
  V64 c0 = hn::Add(hn::Set(d, first_block), hn::Load(d, offsets));
  V64 c1 = hn::Set(d, counter[1]);
  V64 c2 = hn::Set(d, counter[2]);
  V64 c3 = hn::Set(d, counter[3]);
  unrolled<PhiloxKeys::rounds>([&](auto round) HWY_ATTR {
    const V64 product0 = philox_product(c0, 0xD2511F53u);
    const V64 product1 = philox_product(c2, 0xCD9E8D57u);
    c0 = hn::Xor3(hn::ShiftRight<32>(product1), c1, hn::Set(d, keys.first[round]));
    c1 = product1;
    c2 = hn::Xor3(hn::ShiftRight<32>(product0), c3, hn::Set(d, keys.second[round]));
    c3 = product0;
  });
  const V64 low = hn::Set(d, 0xffffffffu);
  const V64 words01 = hn::Or(hn::And(c0, low), hn::ShiftLeft<32>(c1));
  const V64 words23 = hn::Or(hn::And(c2, low), hn::ShiftLeft<32>(c3));
  hn::StoreU(uniform_of(hn::InterleaveLower(d, words01, words23)), D(), out);
  hn::StoreU(uniform_of(hn::InterleaveUpper(d, words01, words23)), D(), out + lanes);
}

#endif

/// The lane that makes the numbers of counter i: interleaving takes even lanes first.
constexpr std::size_t philox_lane(std::size_t i) {
  if (philox_counters == 1) return 0;
  return i < philox_counters / 2 ? 2 * i : 2 * (i - philox_counters / 2) + 1;
}

/// Uniform numbers of elements [first, first + count) of one example.
HWY_INLINE void fill_uniform_run(const PhiloxKeys& keys, const RandomBlock& counter,
                                 std::uint64_t first, std::size_t count, float* out) {
  HWY_ALIGN std::uint64_t offsets[philox_counters];
  for (std::size_t i = 0; i < philox_counters; ++i) offsets[philox_lane(i)] = i;
  auto block = static_cast<std::uint32_t>(first / 4);
  HWY_ALIGN float numbers[philox_numbers];
  for (std::size_t skip = first % 4; count > 0; skip = 0) {
    const std::size_t taken = std::min(count, philox_numbers - skip);
    if (taken == philox_numbers) {
      philox_uniform(keys, counter, block, offsets, out);
    } else {
      philox_uniform(keys, counter, block, offsets, numbers);
      std::memcpy(out, numbers + skip, taken * sizeof(float));
    }
    out += taken;
    count -= taken;
    block += static_cast<std::uint32_t>(philox_counters);
  }
}

/// Uniform numbers of rows of `width` elements each, the first from element `first` on and each
/// next `stride` elements further on, where width and stride are multiples of 4.
HWY_INLINE void fill_uniform_rows(const PhiloxKeys& keys, const RandomBlock& counter,
                                  std::uint64_t first, std::uint64_t stride, std::size_t width,
                                  std::size_t rows, float* out) {
  const std::size_t blocks = width / 4;
  if (philox_counters % blocks != 0) {
    for (std::size_t row = 0; row < rows; ++row) {
      fill_uniform_run(keys, counter, first + row * stride, width, out + row * width);
    }
    return;
  }
  const std::size_t at_once = philox_counters / blocks;
  HWY_ALIGN std::uint64_t offsets[philox_counters];
  for (std::size_t i = 0; i < philox_counters; ++i) {
    offsets[philox_lane(i)] = i / blocks * (stride / 4) + i % blocks;
  }
  HWY_ALIGN float numbers[philox_numbers];
  for (std::size_t row = 0; row < rows; row += at_once) {
    const auto block = static_cast<std::uint32_t>((first + row * stride) / 4);
    if (row + at_once <= rows) {
      philox_uniform(keys, counter, block, offsets, out + row * width);
    } else {
      philox_uniform(keys, counter, block, offsets, numbers);
      std::memcpy(out + row * width, numbers, (rows - row) * width * sizeof(float));
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sloy::cpu
HWY_AFTER_NAMESPACE();

#endif
