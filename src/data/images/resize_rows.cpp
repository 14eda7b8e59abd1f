#include "data/images/resize_rows.h"

#include "backends/cpu/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "data/images/resize_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sloy::data {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int32_t half = 1 << (fraction_bits - 1);

/// Bytes of sums; what is below 0 or above 255 becomes that.
template <class D, class V>
HWY_INLINE auto bytes_of(D bytes, V sums) {
  return hn::DemoteTo(bytes, hn::ShiftRight<fraction_bits>(sums));
}

void three_run(const std::uint8_t* row, std::span<const TapRun> runs, std::uint8_t* out) {
  // A pixel, and the next one's first number, which nothing is made of; or number by number.
  const hn::CappedTag<std::int32_t, 4> numbers;
  const hn::Rebind<std::uint8_t, decltype(numbers)> bytes;
  for (const TapRun& run : runs) {
    for (std::size_t c = 0; c < 3; c += hn::Lanes(numbers)) {
      const std::uint8_t* pixel = row + 3 * run.first + c;
      auto sums = hn::Set(numbers, half);
      for (std::int64_t tap = 0; tap < run.count; ++tap, pixel += 3) {
        const auto values = hn::PromoteTo(numbers, hn::LoadU(bytes, pixel));
        sums = hn::Add(sums, hn::Mul(values, hn::Set(numbers, run.weights[tap])));
      }
      hn::StoreU(bytes_of(bytes, sums), bytes, out + c);
    }
    out += 3;
  }
}

template <class D>
HWY_INLINE void add_column(D numbers, const std::uint8_t* first, std::int64_t width,
                           const TapRun& run, std::uint8_t* out) {
  const hn::Rebind<std::uint8_t, D> bytes;
  auto sums = hn::Set(numbers, half);
  for (std::int64_t tap = 0; tap < run.count; ++tap) {
    const auto values = hn::PromoteTo(numbers, hn::LoadU(bytes, first + tap * width));
    sums = hn::Add(sums, hn::Mul(values, hn::Set(numbers, run.weights[tap])));
  }
  hn::StoreU(bytes_of(bytes, sums), bytes, out);
}

void rows_run(const std::uint8_t* rows, std::int64_t width, const TapRun& run, std::uint8_t* out) {
  const hn::ScalableTag<std::int32_t> numbers;
  const hn::CappedTag<std::int32_t, 1> one;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(numbers));
  const std::uint8_t* first = rows + run.first * width;
  std::int64_t i = 0;
  for (; i + lanes <= width; i += lanes) add_column(numbers, first + i, width, run, out + i);
  for (; i < width; ++i) add_column(one, first + i, width, run, out + i);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::data
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::data {

HWY_EXPORT(three_run);
HWY_EXPORT(rows_run);

void sum_pixels_of_three(const std::uint8_t* row, std::span<const TapRun> runs, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(three_run)(row, runs, out);
}

void sum_rows(const std::uint8_t* rows, std::int64_t width, const TapRun& run, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(rows_run)(rows, width, run, out);
}

}  // namespace sloy::data
#endif
