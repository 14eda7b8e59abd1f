/// The form in which a model takes images, whatever files have.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <sloy/export.h>
#include <sloy/fields.h>

namespace sloy::data {

/// The colours that images get.
enum class ColorMode : std::uint8_t {
  rgb,       ///< three channels: of a grey image three times the same
  grayscale  ///< one channel: 0.299 red + 0.587 green + 0.114 blue
};
constexpr std::array<std::string_view, 2> enum_names(ColorMode) { return {"rgb", "grayscale"}; }

/// How pixels between an image's own are found.
enum class Interpolation : std::uint8_t {
  nearest,   ///< the nearest pixel
  bilinear,  ///< the neighbours, by their distance
  bicubic    ///< two neighbours on either side, by a cubic (Keys 1981, a = −½)
};
constexpr std::array<std::string_view, 3> enum_names(Interpolation) {
  return {"nearest", "bilinear", "bicubic"};
}

/// What images of any size and colours become before a model sees them: (height, width, 3), or
/// (height, width, 1) in grey. Where an image gets smaller, every pixel of the result is the mean
/// of what it covers, unless `nearest` is asked for.
struct SLOY_EXPORT ImageForm {
  int height = 0;                                         ///< pixels
  int width = 0;                                          ///< pixels
  ColorMode color_mode = ColorMode::rgb;                  ///< rgb or grayscale
  Interpolation interpolation = Interpolation::bilinear;  ///< how an image gets its size
  /// whether the middle of an image is cut out rather than its shape changed
  bool crop_to_aspect_ratio = false;

  int channels() const { return color_mode == ColorMode::rgb ? 3 : 1; }
  bool operator==(const ImageForm&) const = default;

  static void fields(auto&& field) {
    using Self = ImageForm;
    field("height", &Self::height);
    field("width", &Self::width);
    field("color_mode", &Self::color_mode);
    field("interpolation", &Self::interpolation);
    field("crop_to_aspect_ratio", &Self::crop_to_aspect_ratio);
  }
};

}  // namespace sloy::data
