#include "data/images/resize_rows.h"

#include <algorithm>
#include <cstring>

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

#if HWY_TARGET == HWY_SCALAR
constexpr int rows_at_once = 1;

template <int>
void sum_pixels(const Rows<const std::uint8_t>& in, std::span<const TapRun> runs,
                const Rows<std::uint8_t>& out) {
  std::uint8_t* to = out.first;
  for (const TapRun& run : runs) {
    for (int c = 0; c < 3; ++c) {
      std::int32_t sum = half;
      for (std::int64_t tap = 0; tap < run.count; ++tap) {
        sum += in.first[3 * (run.first + tap) + c] * run.weights[tap];
      }
      *to++ = static_cast<std::uint8_t>(std::clamp(sum >> fraction_bits, 0, 255));
    }
  }
}
#else
constexpr int rows_at_once = HWY_MAX_BYTES / 16;
constexpr int pixel_numbers = 4;  ///< with the next pixel's first, which nothing is made of

/// The same pixel of so many rows, one behind the other.
template <int rows>
HWY_INLINE auto pixels_of(const std::uint8_t* pixel, std::int64_t stride) {
  if constexpr (rows == 1) {
    const hn::FixedTag<std::int32_t, pixel_numbers> numbers;
    return hn::PromoteTo(numbers, hn::LoadU(hn::Rebind<std::uint8_t, decltype(numbers)>(), pixel));
  } else {
    constexpr int part = rows / 2;
    const hn::FixedTag<std::int32_t, rows * pixel_numbers> numbers;
    return hn::Combine(numbers, pixels_of<part>(pixel + part * stride, stride),
                       pixels_of<part>(pixel, stride));
  }
}

template <int rows>
void sum_pixels(const Rows<const std::uint8_t>& in, std::span<const TapRun> runs,
                const Rows<std::uint8_t>& out) {
  const hn::FixedTag<std::int32_t, rows * pixel_numbers> numbers;
  const hn::Rebind<std::uint8_t, decltype(numbers)> bytes;
  std::uint8_t* to = out.first;
  for (const TapRun& run : runs) {
    const std::uint8_t* pixel = in.first + 3 * run.first;
    auto sums = hn::Set(numbers, half);
    for (std::int64_t tap = 0; tap < run.count; ++tap, pixel += 3) {
      const auto weight = hn::Set(numbers, run.weights[tap]);
      sums = hn::Add(sums, hn::Mul(pixels_of<rows>(pixel, in.stride), weight));
    }
    std::uint8_t pixels[rows * pixel_numbers];
    hn::StoreU(bytes_of(bytes, sums), bytes, pixels);
    for (int row = 0; row < rows; ++row) {
      std::memcpy(to + row * out.stride, pixels + row * pixel_numbers, pixel_numbers);
    }
    to += 3;
  }
}
#endif

void three_run(const Rows<const std::uint8_t>& in, std::int64_t count, std::span<const TapRun> runs,
               const Rows<std::uint8_t>& out) {
  const auto from = [&](std::int64_t y) {
    return Rows<const std::uint8_t>{in.first + y * in.stride, in.stride};
  };
  const auto to = [&](std::int64_t y) {
    return Rows<std::uint8_t>{out.first + y * out.stride, out.stride};
  };
  std::int64_t y = 0;
  for (; y + rows_at_once <= count; y += rows_at_once) {
    sum_pixels<rows_at_once>(from(y), runs, to(y));
  }
  for (; y < count; ++y) sum_pixels<1>(from(y), runs, to(y));
}

template <class D>
HWY_INLINE void add_column(D numbers, const Rows<const std::uint8_t>& rows, const TapRun& run,
                           std::uint8_t* out) {
  const hn::Rebind<std::uint8_t, D> bytes;
  auto sums = hn::Set(numbers, half);
  for (std::int64_t tap = 0; tap < run.count; ++tap) {
    const auto values = hn::PromoteTo(numbers, hn::LoadU(bytes, rows.first + tap * rows.stride));
    sums = hn::Add(sums, hn::Mul(values, hn::Set(numbers, run.weights[tap])));
  }
  hn::StoreU(bytes_of(bytes, sums), bytes, out);
}

void rows_run(const Rows<const std::uint8_t>& rows, std::int64_t width, const TapRun& run,
              std::uint8_t* out) {
  const hn::ScalableTag<std::int32_t> numbers;
  const hn::CappedTag<std::int32_t, 1> one;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(numbers));
  const auto from = [&](std::int64_t column) {
    return Rows<const std::uint8_t>{rows.first + run.first * rows.stride + column, rows.stride};
  };
  std::int64_t i = 0;
  for (; i + lanes <= width; i += lanes) add_column(numbers, from(i), run, out + i);
  for (; i < width; ++i) add_column(one, from(i), run, out + i);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sloy::data
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sloy::data {

HWY_EXPORT(three_run);
HWY_EXPORT(rows_run);

void sum_pixels_of_three(const Rows<const std::uint8_t>& in, std::int64_t count,
                         std::span<const TapRun> runs, const Rows<std::uint8_t>& out) {
  HWY_DYNAMIC_DISPATCH(three_run)(in, count, runs, out);
}

void sum_rows(const Rows<const std::uint8_t>& rows, std::int64_t width, const TapRun& run,
              std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(rows_run)(rows, width, run, out);
}

}  // namespace sloy::data
#endif
