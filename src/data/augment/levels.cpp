/// Changes of values, each for itself or by a channel's histogram.
#include <array>
#include <cmath>

#include "base/arguments.h"
#include "data/augment/values.h"

namespace sloy::data {
namespace {

constexpr int num_levels = 256;
using Levels = std::array<std::uint8_t, num_levels>;

/// What a channel's values become for their histogram to be as even as can be. As Pillow counts:
/// what the last value adds is not spread.
Levels even_levels(const ImageIn<std::uint8_t>& image, int channel) {
  std::array<std::int64_t, num_levels> count{};
  for (std::ptrdiff_t i = channel; i < image.size(); i += image.channels) ++count[image.pixels[i]];
  std::int64_t last = 0;
  std::int64_t all = 0;
  for (std::int64_t some : count) {
    all += some;
    if (some > 0) last = some;
  }
  Levels levels{};
  const std::int64_t step = (all - last) / (num_levels - 1);
  std::int64_t below = step / 2;
  for (std::size_t value = 0; value < levels.size(); ++value) {
    const std::int64_t level =
        step == 0 ? static_cast<std::int64_t>(value) : std::min<std::int64_t>(below / step, 255);
    levels[value] = static_cast<std::uint8_t>(level);
    below += count[value];
  }
  return levels;
}

}  // namespace

ImageShape RandomInvert::output_shape(const ImageShape& shape) const {
  check_probability("factor", factor);
  return shape;
}
template <class T>
void RandomInvert::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  check_range("RandomInvert", in);
  if (!random.chance(factor)) return copy(in, out);
  map_values(in, out, [](T value) { return static_cast<T>(largest_value<T> - value); });
}

ImageShape RandomPosterization::output_shape(const ImageShape& shape) const {
  check("factor", factor, 1, 8);
  for (double bits : {factor.low(), factor.high()}) {
    require_number(bits == std::floor(bits), "factor", bits, "of 1 to 8, without a fraction");
  }
  return shape;
}
void RandomPosterization::apply(const ImageIn<std::uint8_t>& in, const ImageOut<std::uint8_t>& out,
                                Random& random) const {
  const auto fewest = factor.is_range() ? static_cast<std::int64_t>(factor.low()) : 1;
  const auto most = static_cast<std::int64_t>(factor.high());
  const std::int64_t cleared = 8 - (fewest + random.integer(most - fewest + 1));
  map_values(in, out, [&](std::uint8_t value) {
    return static_cast<std::uint8_t>(value >> cleared << cleared);
  });
}

ImageShape Solarization::output_shape(const ImageShape& shape) const {
  check("addition_factor", addition_factor, 0, 1);
  check("threshold_factor", threshold_factor, 0, 1);
  return shape;
}
template <class T>
void Solarization::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  check_range("Solarization", in);
  const float end = largest_value<T>;
  const auto added = static_cast<float>(drawn_from_zero(addition_factor, random)) * end;
  const auto threshold = static_cast<float>(drawn_from_zero(threshold_factor, random)) * end;
  map_values(in, out, [&](T value) {
    const float sum = std::min(static_cast<float>(value) + added, end);
    return as_value<T>(sum < threshold ? sum : end - sum);
  });
}

template <class T>
void AutoContrast::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random&) const {
  check_range("AutoContrast", in);
  for (std::ptrdiff_t c = 0; c < in.channels; ++c) {
    float low = largest_value<T>;
    float high = 0;
    for (std::ptrdiff_t i = c; i < in.size(); i += in.channels) {
      low = std::min(low, static_cast<float>(in.pixels[i]));
      high = std::max(high, static_cast<float>(in.pixels[i]));
    }
    const float scale = high > low ? largest_value<T> / (high - low) : 1;
    const float first = high > low ? low : 0;
    for (std::ptrdiff_t i = c; i < in.size(); i += in.channels) {
      out.pixels[i] = as_value<T>((static_cast<float>(in.pixels[i]) - first) * scale);
    }
  }
}

void Equalization::apply(const ImageIn<std::uint8_t>& in, const ImageOut<std::uint8_t>& out,
                         Random&) const {
  for (int c = 0; c < in.channels; ++c) {
    const Levels levels = even_levels(in, c);
    for (std::ptrdiff_t i = c; i < in.size(); i += in.channels) {
      out.pixels[i] = levels[in.pixels[i]];
    }
  }
}

template void RandomInvert::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                  Random&) const;
template void RandomInvert::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;
template void Solarization::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                  Random&) const;
template void Solarization::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;
template void AutoContrast::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                  Random&) const;
template void AutoContrast::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;

}  // namespace sloy::data
