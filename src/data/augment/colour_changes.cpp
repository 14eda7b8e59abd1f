/// Changes of brightness and colours by random amounts.
#include <sloy/error.h>

#include <utility>

#include "data/augment/colours.h"
#include "data/augment/values.h"

namespace sloy::data {
namespace {

constexpr double whole_range = 1;

/// Several changes of one image, each of what the last one made.
template <class T>
class Steps {
 public:
  explicit Steps(const ImageIn<T>& in, const ImageOut<T>& out) : in_(in), out_(out) {}

  /// `change(in, out)`: `out` may be what `in` is, as each pixel, or channel, is read before it is
  /// written.
  template <class Change>
  void add(const Change& change) {
    change(in_, out_);
    in_ = {out_.pixels, out_.height, out_.width, out_.channels};
    is_changed_ = true;
  }
  void end() {
    if (!is_changed_) copy(in_, out_);
  }

 private:
  ImageIn<T> in_;
  ImageOut<T> out_;
  bool is_changed_ = false;
};

}  // namespace

ImageShape RandomBrightness::output_shape(const ImageShape& shape) const {
  check("factor", factor, -whole_range, whole_range);
  return shape;
}
template <class T>
void RandomBrightness::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  check_range("RandomBrightness", in);
  add_brightness(in, out, drawn_about_zero(factor, random));
}

ImageShape RandomContrast::output_shape(const ImageShape& shape) const {
  check_contrast("factor", factor);
  return shape;
}
template <class T>
void RandomContrast::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  check_range("RandomContrast", in);
  scale_contrast(in, out, contrast_factor_of(factor, random));
}

ImageShape RandomSaturation::output_shape(const ImageShape& shape) const {
  check_colours("RandomSaturation", shape);
  check("factor", factor, 0, 1);
  return shape;
}
template <class T>
void RandomSaturation::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  check_range("RandomSaturation", in);
  scale_saturation(in, out, saturation_factor_of(drawn_from_zero(factor, random)));
}

ImageShape RandomHue::output_shape(const ImageShape& shape) const {
  check_colours("RandomHue", shape);
  check("factor", factor, 0, 1);
  return shape;
}
template <class T>
void RandomHue::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  check_range("RandomHue", in);
  turn_hue(in, out, hue_share_of(factor, random));
}

ImageShape RandomColorJitter::output_shape(const ImageShape& shape) const {
  if (!brightness_factor && !contrast_factor && !saturation_factor && !hue_factor) {
    throw ConfigError("RandomColorJitter changes nothing: it has no factor", {},
                      "give one or more, as brightness_factor = 0.2");
  }
  if (brightness_factor) check("brightness_factor", *brightness_factor, -whole_range, whole_range);
  if (contrast_factor) check_contrast("contrast_factor", *contrast_factor);
  if (saturation_factor || hue_factor) check_colours("RandomColorJitter", shape);
  if (saturation_factor) check("saturation_factor", *saturation_factor, 0, 1);
  if (hue_factor) check("hue_factor", *hue_factor, 0, 1);
  return shape;
}
template <class T>
void RandomColorJitter::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  check_range("RandomColorJitter", in);
  Steps<T> steps(in, out);
  if (brightness_factor) {
    const double share = drawn_about_zero(*brightness_factor, random);
    steps.add([&](auto& from, auto& to) { add_brightness(from, to, share); });
  }
  if (contrast_factor) {
    const double factor = contrast_factor_of(*contrast_factor, random);
    steps.add([&](auto& from, auto& to) { scale_contrast(from, to, factor); });
  }
  if (saturation_factor) {
    const double factor = saturation_factor_of(drawn_from_zero(*saturation_factor, random));
    steps.add([&](auto& from, auto& to) { scale_saturation(from, to, factor); });
  }
  if (hue_factor) {
    const double share = hue_share_of(*hue_factor, random);
    steps.add([&](auto& from, auto& to) { turn_hue(from, to, share); });
  }
  steps.end();
}

ImageShape RandomColorDegeneration::output_shape(const ImageShape& shape) const {
  check("factor", factor, 0, 1);
  return shape;
}
template <class T>
void RandomColorDegeneration::apply(const ImageIn<T>& in, const ImageOut<T>& out,
                                    Random& random) const {
  mix_grey(in, out, drawn_from_zero(factor, random));
}

ImageShape RandomGrayscale::output_shape(const ImageShape& shape) const {
  check_probability("factor", factor);
  return shape;
}
template <class T>
void RandomGrayscale::apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const {
  mix_grey(in, out, random.chance(factor) ? 1 : 0);
}

template void RandomBrightness::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                      Random&) const;
template void RandomBrightness::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;
template void RandomContrast::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                    Random&) const;
template void RandomContrast::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;
template void RandomSaturation::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                      Random&) const;
template void RandomSaturation::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;
template void RandomHue::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                               Random&) const;
template void RandomHue::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;
template void RandomColorJitter::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                       Random&) const;
template void RandomColorJitter::apply(const ImageIn<float>&, const ImageOut<float>&,
                                       Random&) const;
template void RandomColorDegeneration::apply(const ImageIn<std::uint8_t>&,
                                             const ImageOut<std::uint8_t>&, Random&) const;
template void RandomColorDegeneration::apply(const ImageIn<float>&, const ImageOut<float>&,
                                             Random&) const;
template void RandomGrayscale::apply(const ImageIn<std::uint8_t>&, const ImageOut<std::uint8_t>&,
                                     Random&) const;
template void RandomGrayscale::apply(const ImageIn<float>&, const ImageOut<float>&, Random&) const;

}  // namespace sloy::data
