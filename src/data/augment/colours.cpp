#include "data/augment/colours.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/augment/values.h"

namespace sloy::data {
namespace {

/// Six sectors of a turn, in each of which one colour is the largest and one the smallest.
constexpr float sectors = 6;

/// The hue in [0, 6). REQUIRES: not all alike.
float hue_of(float red, float green, float blue, float largest, float chroma) {
  float hue = 0;
  if (largest == red) {
    hue = (green - blue) / chroma;
  } else if (largest == green) {
    hue = 2 + (blue - red) / chroma;
  } else {
    hue = 4 + (red - green) / chroma;
  }
  return hue < 0 ? hue + sectors : hue;
}

/// How much of the chroma a colour lacks at a hue: `first` is 5 for red, 3 for green, 1 for blue
/// (Smith 1978).
float lacking(float hue, float first) {
  float place = first + hue;
  if (place >= sectors) place -= sectors;
  return std::clamp(std::min(place, 4 - place), 0.0f, 1.0f);
}

}  // namespace

template <class T>
void add_brightness(const ImageIn<T>& in, const ImageOut<T>& out, double share) {
  const auto added = static_cast<float>(share) * largest_value<T>;
  map_values(in, out, [&](T value) { return as_value<T>(static_cast<float>(value) + added); });
}

template <class T>
void scale_contrast(const ImageIn<T>& in, const ImageOut<T>& out, double factor) {
  const auto channels = static_cast<std::ptrdiff_t>(in.channels);
  const auto times = static_cast<float>(factor);
  for (std::ptrdiff_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (std::ptrdiff_t i = c; i < in.size(); i += channels) sum += in.pixels[i];
    const auto mean =
        static_cast<float>(sum * static_cast<double>(channels) / static_cast<double>(in.size()));
    for (std::ptrdiff_t i = c; i < in.size(); i += channels) {
      out.pixels[i] = as_value<T>((static_cast<float>(in.pixels[i]) - mean) * times + mean);
    }
  }
}

template <class T>
void scale_saturation(const ImageIn<T>& in, const ImageOut<T>& out, double factor) {
  const auto times = static_cast<float>(factor);
  for (std::ptrdiff_t i = 0; i < in.size(); i += 3) {
    const T* pixel = in.pixels + i;
    const auto [low, high] = std::minmax({pixel[0], pixel[1], pixel[2]});
    const auto largest = static_cast<float>(high);
    const auto chroma = largest - static_cast<float>(low);
    // Of one hue and value, a colour's distance from the largest is in proportion to saturation,
    // which ends at 1: where the smallest is 0.
    const float possible = chroma > 0 ? std::min(times, largest / chroma) : 0;
    for (int c = 0; c < 3; ++c) {
      out.pixels[i + c] =
          as_value<T>(largest - (largest - static_cast<float>(pixel[c])) * possible);
    }
  }
}

template <class T>
void turn_hue(const ImageIn<T>& in, const ImageOut<T>& out, double share) {
  const auto turned = static_cast<float>(share) * sectors;
  for (std::ptrdiff_t i = 0; i < in.size(); i += 3) {
    const auto red = static_cast<float>(in.pixels[i]);
    const auto green = static_cast<float>(in.pixels[i + 1]);
    const auto blue = static_cast<float>(in.pixels[i + 2]);
    const float largest = std::max({red, green, blue});
    const float chroma = largest - std::min({red, green, blue});
    float hue = chroma > 0 ? hue_of(red, green, blue, largest, chroma) + turned : 0;
    if (hue < 0) hue += sectors;
    if (hue >= sectors) hue -= sectors;
    out.pixels[i] = as_value<T>(largest - chroma * lacking(hue, 5));
    out.pixels[i + 1] = as_value<T>(largest - chroma * lacking(hue, 3));
    out.pixels[i + 2] = as_value<T>(largest - chroma * lacking(hue, 1));
  }
}

template <class T>
void mix_grey(const ImageIn<T>& in, const ImageOut<T>& out, double share) {
  if (in.channels != 3) return copy(in, out);
  const auto of_grey = static_cast<float>(share);
  for (std::ptrdiff_t i = 0; i < in.size(); i += 3) {
    const T* pixel = in.pixels + i;
    const float grey = 0.2989f * static_cast<float>(pixel[0]) +
                       0.587f * static_cast<float>(pixel[1]) +
                       0.114f * static_cast<float>(pixel[2]);
    for (int c = 0; c < 3; ++c) {
      const auto value = static_cast<float>(pixel[c]);
      out.pixels[i + c] = rounded<T>(value + of_grey * (grey - value));
    }
  }
}

template void add_brightness(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&, double);
template void add_brightness(const ImageIn<float>&, const ImageOut<float>&, double);
template void scale_contrast(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&, double);
template void scale_contrast(const ImageIn<float>&, const ImageOut<float>&, double);
template void scale_saturation(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&, double);
template void scale_saturation(const ImageIn<float>&, const ImageOut<float>&, double);
template void turn_hue(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&, double);
template void turn_hue(const ImageIn<float>&, const ImageOut<float>&, double);
template void mix_grey(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&, double);
template void mix_grey(const ImageIn<float>&, const ImageOut<float>&, double);

double saturation_factor_of(double drawn) {
  return drawn < 1 ? drawn / (1 - drawn) : std::numeric_limits<double>::max();
}

double contrast_factor_of(const Factor& factor, Random& random) {
  return random.uniform(1 - factor.low(), 1 + factor.high());
}

double hue_share_of(const Factor& factor, Random& random) {
  const double sign = random.chance(0.5) ? -1 : 1;
  return sign * 0.5 * drawn_from_zero(factor, random);
}

}  // namespace sloy::data
