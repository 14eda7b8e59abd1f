/// Images turned over, and parts of images.
#include <fmt/format.h>
#include <sloy/error.h>

#include <algorithm>
#include <cmath>

#include "base/arguments.h"
#include "data/augment/values.h"
#include "data/augment/warp.h"
#include "data/images/resize.h"

namespace sloy::data {
namespace {

/// The box of a RandomResizedCrop.
Box drawn_box(const RandomResizedCrop& crop, const ImageIn<std::uint8_t>& in, Random& random) {
  const double area = static_cast<double>(in.height) * in.width;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double wanted = area * random.uniform(crop.scale.low(), crop.scale.high());
    const double ratio =
        std::exp(random.uniform(std::log(crop.ratio.low()), std::log(crop.ratio.high())));
    const auto width = std::llround(std::sqrt(wanted * ratio));
    const auto height = std::llround(std::sqrt(wanted / ratio));
    if (width < 1 || height < 1 || width > in.width || height > in.height) continue;
    const auto top = static_cast<double>(random.integer(in.height - height + 1));
    const auto left = static_cast<double>(random.integer(in.width - width + 1));
    return {top, left, top + static_cast<double>(height), left + static_cast<double>(width)};
  }
  const double ratio = static_cast<double>(in.width) / in.height;
  const double allowed = std::clamp(ratio, crop.ratio.low(), crop.ratio.high());
  const double width = ratio > allowed ? std::round(in.height * allowed) : in.width;
  const double height = ratio < allowed ? std::round(in.width / allowed) : in.height;
  const double top = std::floor((in.height - height) / 2);
  const double left = std::floor((in.width - width) / 2);
  return {top, left, top + height, left + width};
}

}  // namespace

template <class T>
void RandomFlip::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  const bool across = random.chance(0.5) && mode != FlipMode::vertical;
  const bool down = random.chance(0.5) && mode != FlipMode::horizontal;
  for (int y = 0; y < in.height; ++y) {
    const T* from = in.row(down ? in.height - 1 - y : y);
    T* to = out.row(y);
    const int row = in.width * in.channels;
    if (!across) {
      std::copy_n(from, row, to);
      continue;
    }
    for (int x = 0; x < row; x += in.channels) {
      std::copy_n(from + row - in.channels - x, in.channels, to + x);
    }
  }
}
template void RandomFlip::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                Random&) const;
template void RandomFlip::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;

ImageShape RandomCrop::output_shape(const ImageShape& shape) const {
  if (padding < 0) {
    throw ConfigError(fmt::format("padding can't be {}", padding), {}, "give 0 or more pixels");
  }
  check_fill(fill_mode, fill_value);
  if (padding == 0 && !height && !width) {
    throw ConfigError("RandomCrop changes nothing: it has neither a size nor padding", {},
                      "give padding = 4 to shift images, or a height and width");
  }
  if (padding >= std::max(shape.height, shape.width)) {
    throw DataError("the padding is larger than the images",
                    {{"images", fmt::format("{}×{}", shape.height, shape.width)},
                     {"padding", std::to_string(padding)}},
                    "give a few pixels");
  }
  const ImageShape cut{height.value_or(shape.height), width.value_or(shape.width), shape.channels};
  require_positive("height", cut.height);
  require_positive("width", cut.width);
  const std::int64_t margins = 2 * std::int64_t{padding};
  if (cut.height <= shape.height + margins && cut.width <= shape.width + margins) return cut;
  throw DataError("RandomCrop cuts out more than there is",
                  {{"images", fmt::format("{}×{}", shape.height, shape.width)},
                   {"to cut out", fmt::format("{}×{}", cut.height, cut.width)}},
                  "give a smaller height and width, or more padding");
}

template <class T>
void RandomCrop::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  const std::int64_t margins = 2 * std::int64_t{padding};
  const std::int64_t top = random.integer(in.height + margins - out.height + 1) - padding;
  const std::int64_t left = random.integer(in.width + margins - out.width + 1) - padding;
  const T fill = rounded<T>(static_cast<float>(fill_value));
  for (int y = 0; y < out.height; ++y) {
    const int row = place_shown(top + y, in.height, fill_mode);
    for (int x = 0; x < out.width; ++x) {
      const int column = place_shown(left + x, in.width, fill_mode);
      T* pixel = &out.at(y, x, 0);
      if (row < 0 || column < 0) {
        std::fill_n(pixel, in.channels, fill);
      } else {
        std::copy_n(&in.at(row, column, 0), in.channels, pixel);
      }
    }
  }
}
template void RandomCrop::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                Random&) const;
template void RandomCrop::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;

ImageShape RandomResizedCrop::output_shape(const ImageShape& shape) const {
  check("scale", scale, 0, 1);
  require_number(scale.low() > 0, "scale", scale.low(), "above 0");
  constexpr double widest = 1e6;
  check("ratio", ratio, 1 / widest, widest);
  return shape;
}

void RandomResizedCrop::apply(const ImageIn<std::uint8_t>& in, const ImageOut<std::uint8_t>& out,
                              Random& random) const {
  resize(in, drawn_box(*this, in, random), interpolation, out);
}

}  // namespace sloy::data
