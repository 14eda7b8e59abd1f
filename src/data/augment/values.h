/// What augmentations share: the range of values, and how far a change goes.
#pragma once

#include <sloy/augmentations.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace sloy::data {

/// Values of images are from 0 to this.
template <class T>
constexpr float largest_value = std::same_as<T, float> ? 1.0f : 255.0f;

/// The nearest value of an image.
template <class T>
T as_value(float number) {
  const float value = std::clamp(number, 0.0f, largest_value<T>);
  if constexpr (std::same_as<T, float>) return value;
  return static_cast<T>(value + 0.5f);
}

/// A number that is within the range of the values it was made of: of bytes the nearest, of floats,
/// whose range may be any, the number itself.
template <class T>
T rounded(float number) {
  if constexpr (std::same_as<T, float>) {
    return number;
  } else {
    return as_value<T>(number);
  }
}

/// Throws DataError where a value is not from 0 to 1, as `type` needs it.
void check_range(std::string_view type, const ImageIn<float>& image);
inline void check_range(std::string_view /*type*/, const ImageIn<std::uint8_t>& /*image*/) {}

/// Writes f(value) for every value.
template <class T, class F>
void map_values(const ImageIn<T>& in, const ImageOut<T>& out, const F& f) {
  std::transform(in.values().begin(), in.values().end(), out.values().begin(), f);
}

template <class T>
void copy(const ImageIn<T>& in, const ImageOut<T>& out) {
  std::copy(in.values().begin(), in.values().end(), out.values().begin());
}

/// A number of the range that a factor says: of [−f, f] where it is one number.
double drawn_about_zero(const Factor& factor, Random& random);
/// Likewise, of [0, f].
double drawn_from_zero(const Factor& factor, Random& random);

/// Throws ConfigError where a factor has a number outside [least, most], or its ends in the wrong
/// order.
void check(std::string_view argument, const Factor& factor, double least, double most);
/// Throws ConfigError where contrast can't change so far: by {a, b} it becomes one of 1 − a to 1 +
/// b times as large.
void check_contrast(std::string_view argument, const Factor& factor);
/// Throws ConfigError where it is none from 0 to 1.
void check_probability(std::string_view argument, double value);
/// Throws DataError where the images have no colours, which `type` changes.
void check_colours(std::string_view type, const ImageShape& shape);

}  // namespace sloy::data
