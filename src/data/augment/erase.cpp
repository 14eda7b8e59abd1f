/// Parts of images erased, and noise.
#include <cmath>
#include <cstring>
#include <vector>

#include "base/arguments.h"
#include "data/augment/rectangle.h"
#include "data/augment/values.h"

namespace sloy::data {
namespace {

template <class T>
void add_noise(std::span<T> values, double stddev, Random& random) {
  thread_local std::vector<float> noise;
  noise.resize(values.size());
  random.fill_normal(noise);
  const auto scale = static_cast<float>(stddev);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if constexpr (std::same_as<T, float>) {
      values[i] += scale * noise[i];
    } else {
      values[i] = as_value<T>(static_cast<float>(values[i]) + scale * noise[i] * largest_value<T>);
    }
  }
}

/// Noise of the deviation of the whole range, ended by it.
template <class T>
void fill_with_noise(const ImageOut<T>& image, const Rectangle& part, Random& random) {
  std::vector<float> noise(static_cast<std::size_t>(part.width()) * image.channels);
  for (int y = part.top; y < part.bottom; ++y) {
    random.fill_normal(noise);
    T* row = &image.at(y, part.left, 0);
    for (std::size_t i = 0; i < noise.size(); ++i) {
      row[i] = as_value<T>(noise[i] * largest_value<T>);
    }
  }
}

template <class T>
void fill(const ImageOut<T>& image, const Rectangle& part, double value) {
  const T filled = rounded<T>(static_cast<float>(value));
  const auto numbers = static_cast<std::ptrdiff_t>(part.width()) * image.channels;
  for (int y = part.top; y < part.bottom; ++y) {
    std::fill_n(&image.at(y, part.left, 0), numbers, filled);
  }
}

}  // namespace

ImageShape RandomErasing::output_shape(const ImageShape& shape) const {
  check("factor", factor, 0, 1);
  check("scale", scale, 0, 1);
  if (fill_value) require_finite("fill_value", *fill_value);
  return shape;
}
template <class T>
void RandomErasing::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  copy(in, out);
  const double probability = drawn_from_zero(factor, random);
  if (!random.chance(probability)) return;
  const double height = std::sqrt(random.uniform(scale.low(), scale.high()));
  const double width = std::sqrt(random.uniform(scale.low(), scale.high()));
  const Rectangle part = Rectangle::within(in.height, in.width, height, width, random);
  if (part.is_empty()) return;
  if (fill_value) {
    fill(out, part, *fill_value);
  } else {
    fill_with_noise(out, part, random);
  }
}

ImageShape RandomCutout::output_shape(const ImageShape& shape) const {
  check("height_factor", height_factor, 0, 1);
  check("width_factor", width_factor, 0, 1);
  require_finite("fill_value", fill_value);
  return shape;
}
template <class T>
void RandomCutout::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  copy(in, out);
  const double height = drawn_from_zero(height_factor, random);
  const double width = drawn_from_zero(width_factor, random);
  const Rectangle part = Rectangle::about_a_pixel(in.height, in.width, height, width, random);
  if (!part.is_empty()) fill(out, part, fill_value);
}

template void RandomErasing::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                   Random&) const;
template void RandomErasing::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;
template void RandomCutout::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                  Random&) const;
template void RandomCutout::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;

Spec RandomGaussianNoise::output_spec(const Spec& spec) const {
  require_number(stddev >= 0, "stddev", stddev, "0 or more");
  for (const Type& features : spec.features) {
    if (features.dtype == DType::uint8 || features.dtype == DType::float32) continue;
    throw DataError("RandomGaussianNoise is added to uint8 and float32, not to the features",
                    {{"features", to_string(spec.features)}}, "leave it out");
  }
  return spec;
}
void RandomGaussianNoise::read(const Dataset& base, std::int64_t index, const Slot& slot,
                               Random& random) const {
  base.read(index, slot);
  for (std::size_t part = 0; part < slot.features.size(); ++part) {
    if (base.spec().features[part].dtype == DType::uint8) {
      add_noise(slot.features_as<std::uint8_t>(part), stddev, random);
    } else {
      add_noise(slot.features_as<float>(part), stddev, random);
    }
  }
}

}  // namespace sloy::data
