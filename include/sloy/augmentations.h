/// Augmentations: changes of images, with the names and arguments of Keras's layers where Keras has
/// them.
///
/// Images are uint8, of values from 0 to 255, or float32: of values from 0 to 1 where a change
/// counts on their range, as of brightness, and of any where it doesn't, as a flip. A `factor` is
/// how far a change may go: two numbers [a, b], between which one is drawn, or one number f, which
/// stands for two that are said at each: "f: [−f, f]".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <sloy/augmentation.h>
#include <sloy/image_form.h>
#include <sloy/layers/sizes.h>

namespace sloy::data {

/// How far a change may go: one number, or the two {low, high} between which it is drawn. In files
/// a number or a list of two.
class SLOY_EXPORT Factor {
 public:
  constexpr Factor() = default;
  constexpr Factor(double limit) : low_(limit), high_(limit) {}  // NOLINT: 0.2 is a factor
  constexpr Factor(double low, double high) : low_(low), high_(high), is_range_(true) {}

  constexpr bool is_range() const { return is_range_; }
  /// Both are the one number where there is one.
  constexpr double low() const { return low_; }
  constexpr double high() const { return high_; }
  constexpr bool operator==(const Factor&) const = default;

  friend SLOY_EXPORT Config to_config(const Factor& factor);
  friend SLOY_EXPORT void from_config(const Config& config, Factor& factor);

 private:
  double low_ = 0;
  double high_ = 0;
  bool is_range_ = false;
};
SLOY_EXPORT Config to_config(const Factor& factor);
SLOY_EXPORT void from_config(const Config& config, Factor& factor);

/// What is taken for pixels beyond an image's border.
enum class FillMode : std::uint8_t {
  constant,  ///< k k k | a b c d | k k k, by fill_value
  nearest,   ///< a a a | a b c d | d d d
  reflect,   ///< c b a | a b c d | d c b
  wrap       ///< b c d | a b c d | a b c
};
constexpr std::array<std::string_view, 4> enum_names(FillMode) {
  return {"constant", "nearest", "reflect", "wrap"};
}

/// Which ways images are turned over.
enum class FlipMode : std::uint8_t {
  horizontal,              ///< left becomes right
  vertical,                ///< top becomes bottom
  horizontal_and_vertical  ///< each of both, independently
};
constexpr std::array<std::string_view, 3> enum_names(FlipMode) {
  return {"horizontal", "vertical", "horizontal_and_vertical"};
}

/// Turns images over, each way with probability ½.
struct SLOY_EXPORT RandomFlip {
  FlipMode mode = FlipMode::horizontal_and_vertical;  ///< which ways

  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) { field("mode", &RandomFlip::mode); }
};

/// Cuts a rectangle out of an image that has a margin of `padding` around it; all places are
/// equally likely. Without height and width images keep their size and are shifted by up to
/// `padding` pixels (He et al. 2016 on CIFAR-10), as a training needs them; other sizes are for
/// `augmented`. Keras has no padding.
struct SLOY_EXPORT RandomCrop {
  std::optional<int> height = {};           ///< pixels; left out: as the image has
  std::optional<int> width = {};            ///< likewise
  int padding = 0;                          ///< pixels on every side
  FillMode fill_mode = FillMode::constant;  ///< what the margin shows
  double fill_value = 0;                    ///< of fill_mode constant, a value of the image

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) {
    field("height", &RandomCrop::height);
    field("width", &RandomCrop::width);
    field("padding", &RandomCrop::padding);
    field("fill_mode", &RandomCrop::fill_mode);
    field("fill_value", &RandomCrop::fill_value);
  }
};

/// Cuts out a rectangle of random area and shape and gives it the image's size (Szegedy et al.
/// 2014, "Going deeper with convolutions"; torchvision's RandomResizedCrop). Where ten rectangles
/// don't fit into the image, it is the largest one in the middle whose shape is within `ratio`.
struct SLOY_EXPORT RandomResizedCrop {
  Factor scale = Factor{0.08, 1.0};  ///< share of the image's area; one number: exactly that
  Factor ratio = Factor{3.0 / 4.0, 4.0 / 3.0};  ///< width over height, drawn on a logarithmic scale
  /// how the rectangle gets the image's size
  Interpolation interpolation = Interpolation::bilinear;

  ImageShape output_shape(const ImageShape& shape) const;
  void apply(const ImageIn<std::uint8_t>& in, const ImageOut<std::uint8_t>& out,
             Random& random) const;
  static void fields(auto&& field) {
    field("scale", &RandomResizedCrop::scale);
    field("ratio", &RandomResizedCrop::ratio);
    field("interpolation", &RandomResizedCrop::interpolation);
  }
};

/// Shifts images.
struct SLOY_EXPORT RandomTranslation {
  Factor height_factor = 0.1;              ///< share of the height, down; f: [−f, f]
  Factor width_factor = 0.1;               ///< share of the width, to the right; f: [−f, f]
  FillMode fill_mode = FillMode::reflect;  ///< what is taken for pixels beyond the border
  /// bilinear or nearest: how values between pixels are found
  Interpolation interpolation = Interpolation::bilinear;
  double fill_value = 0;  ///< of fill_mode constant, a value of the image

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) {
    field("height_factor", &RandomTranslation::height_factor);
    field("width_factor", &RandomTranslation::width_factor);
    field("fill_mode", &RandomTranslation::fill_mode);
    field("interpolation", &RandomTranslation::interpolation);
    field("fill_value", &RandomTranslation::fill_value);
  }
};

/// Turns images about their middle.
struct SLOY_EXPORT RandomRotation {
  Factor factor = 0.1;  ///< share of a full turn, counter-clockwise; f: [−f, f]
  FillMode fill_mode = FillMode::reflect;  ///< what is taken for pixels beyond the border
  /// bilinear or nearest: how values between pixels are found
  Interpolation interpolation = Interpolation::bilinear;
  double fill_value = 0;  ///< of fill_mode constant, a value of the image

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) {
    field("factor", &RandomRotation::factor);
    field("fill_mode", &RandomRotation::fill_mode);
    field("interpolation", &RandomRotation::interpolation);
    field("fill_value", &RandomRotation::fill_value);
  }
};

/// Zooms images about their middle.
struct SLOY_EXPORT RandomZoom {
  Factor height_factor = 0.1;  ///< 0.2: a fifth more is seen, −0.2: a fifth less; f: [−f, f]
  std::optional<Factor> width_factor = {};  ///< left out: the same as drawn for the height
  FillMode fill_mode = FillMode::reflect;   ///< what is taken for pixels beyond the border
  /// bilinear or nearest: how values between pixels are found
  Interpolation interpolation = Interpolation::bilinear;
  double fill_value = 0;  ///< of fill_mode constant, a value of the image

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) {
    field("height_factor", &RandomZoom::height_factor);
    field("width_factor", &RandomZoom::width_factor);
    field("fill_mode", &RandomZoom::fill_mode);
    field("interpolation", &RandomZoom::interpolation);
    field("fill_value", &RandomZoom::fill_value);
  }
};

/// Shears images: rows move sideways by a share of their distance from the top, columns up or down
/// by a share of theirs from the left; both in the same direction, which is drawn.
struct SLOY_EXPORT RandomShear {
  Factor x_factor = 0.0;                   ///< share by which rows move, 0 to 1; f: [0, f]
  Factor y_factor = 0.0;                   ///< share by which columns move, 0 to 1; f: [0, f]
  FillMode fill_mode = FillMode::reflect;  ///< what is taken for pixels beyond the border
  /// bilinear or nearest: how values between pixels are found
  Interpolation interpolation = Interpolation::bilinear;
  double fill_value = 0;  ///< of fill_mode constant, a value of the image

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) {
    field("x_factor", &RandomShear::x_factor);
    field("y_factor", &RandomShear::y_factor);
    field("fill_mode", &RandomShear::fill_mode);
    field("interpolation", &RandomShear::interpolation);
    field("fill_value", &RandomShear::fill_value);
  }
};

/// Adds one number to all values.
struct SLOY_EXPORT RandomBrightness {
  Factor factor = 0.2;  ///< share of the range of values; f: [−f, f]

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) { field("factor", &RandomBrightness::factor); }
};

/// Moves every value away from its channel's mean, or towards it, by a factor.
struct SLOY_EXPORT RandomContrast {
  /// {a, b}: times 1 − a to 1 + b, both of 0 to 1, as in Keras; f: 1 − f to 1 + f
  Factor factor = 0.2;

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) { field("factor", &RandomContrast::factor); }
};

/// Multiplies the saturation (of hue, saturation, value) of colours by f / (1 − f).
struct SLOY_EXPORT RandomSaturation {
  /// 0: grey, 0.5: as it is, 1: all that is possible; f: [0, f]
  Factor factor = Factor{0.4, 0.6};

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) { field("factor", &RandomSaturation::factor); }
};

/// Turns the hue of colours.
struct SLOY_EXPORT RandomHue {
  Factor factor = 0.1;  ///< share of half a turn, either way; f: [0, f]

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) { field("factor", &RandomHue::factor); }
};

/// Brightness, contrast, saturation and hue after one another, as the augmentations of these names
/// change them.
struct SLOY_EXPORT RandomColorJitter {
  /// of RandomBrightness; left out: brightness stays, and so on
  std::optional<Factor> brightness_factor = {};
  std::optional<Factor> contrast_factor = {};    ///< of RandomContrast
  std::optional<Factor> saturation_factor = {};  ///< of RandomSaturation
  std::optional<Factor> hue_factor = {};         ///< of RandomHue

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) {
    field("brightness_factor", &RandomColorJitter::brightness_factor);
    field("contrast_factor", &RandomColorJitter::contrast_factor);
    field("saturation_factor", &RandomColorJitter::saturation_factor);
    field("hue_factor", &RandomColorJitter::hue_factor);
  }
};

/// Mixes images with themselves in grey.
struct SLOY_EXPORT RandomColorDegeneration {
  Factor factor = 0.5;  ///< share of grey; f: [0, f]

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) { field("factor", &RandomColorDegeneration::factor); }
};

/// Makes images grey: 0.2989 red + 0.587 green + 0.114 blue in all channels.
struct SLOY_EXPORT RandomGrayscale {
  double factor = 0.5;  ///< probability

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) { field("factor", &RandomGrayscale::factor); }
};

/// Turns values v of the range into the range's end minus v.
struct SLOY_EXPORT RandomInvert {
  double factor = 1.0;  ///< probability

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) { field("factor", &RandomInvert::factor); }
};

/// Keeps the upper bits of values.
struct SLOY_EXPORT RandomPosterization {
  Factor factor = 4.0;  ///< bits that stay, 1 to 8; n: 1 to n

  ImageShape output_shape(const ImageShape& shape) const;
  void apply(const ImageIn<std::uint8_t>& in, const ImageOut<std::uint8_t>& out,
             Random& random) const;
  static void fields(auto&& field) { field("factor", &RandomPosterization::factor); }
};

/// Adds a number to all values, then turns those v that are not below a threshold into the range's
/// end minus v: without arguments all of them.
struct SLOY_EXPORT Solarization {
  Factor addition_factor = 0.0;   ///< share of the range; f: [0, f]
  Factor threshold_factor = 0.0;  ///< share of the range; f: [0, f]

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) {
    field("addition_factor", &Solarization::addition_factor);
    field("threshold_factor", &Solarization::threshold_factor);
  }
};

/// Stretches each channel's values to all of the range.
struct SLOY_EXPORT AutoContrast {
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&&) {}
};

/// Gives each channel a histogram as even as can be, as Pillow's ImageOps.equalize does.
struct SLOY_EXPORT Equalization {
  void apply(const ImageIn<std::uint8_t>& in, const ImageOut<std::uint8_t>& out,
             Random& random) const;
  static void fields(auto&&) {}
};

/// Blurs or sharpens: moves values from, or beyond, those of the image smoothed by [1 1 1; 1 5 1; 1
/// 1 1]/13.
struct SLOY_EXPORT RandomSharpness {
  Factor factor = Factor{0.4, 0.6};  ///< 0: smoothed, 0.5: as it is, 1: sharpened; f: [0, f]

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) { field("factor", &RandomSharpness::factor); }
};

/// Blurs images.
struct SLOY_EXPORT RandomGaussianBlur {
  Factor factor = 1.0;       ///< probability; f: drawn from [0, f], so that 1 is on average ½
  Sizes<2> kernel_size = 3;  ///< pixels of the kernel down and across, odd
  Factor sigma = 1.0;        ///< deviation of the kernel in pixels; s: s itself

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) {
    field("factor", &RandomGaussianBlur::factor);
    field("kernel_size", &RandomGaussianBlur::kernel_size);
    field("sigma", &RandomGaussianBlur::sigma);
  }
};

/// Adds normal noise to every number of the features: of images, and of float32 of any shape.
struct SLOY_EXPORT RandomGaussianNoise {
  double stddev = 0.1;  ///< its deviation: of uint8 as a share of 255

  Spec output_spec(const Spec& spec) const;
  void read(const Dataset& base, std::int64_t index, const Slot& slot, Random& random) const;
  static void fields(auto&& field) { field("stddev", &RandomGaussianNoise::stddev); }
};

/// Erases a rectangle (Zhong et al. 2017, "Random erasing data augmentation").
struct SLOY_EXPORT RandomErasing {
  Factor factor = 1.0;  ///< probability; f: drawn from [0, f], so that 1 is on average ½
  /// two are drawn; their square roots are the shares of the image's height and width
  Factor scale = Factor{0.02, 0.33};
  std::optional<double> fill_value = {};  ///< a value of the image; left out: noise

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) {
    field("factor", &RandomErasing::factor);
    field("scale", &RandomErasing::scale);
    field("fill_value", &RandomErasing::fill_value);
  }
};

/// Erases a rectangle of one size whose middle is anywhere, so that it may reach beyond the border
/// (DeVries and Taylor 2017, "Improved regularization of convolutional neural networks with
/// cutout").
struct SLOY_EXPORT RandomCutout {
  Factor height_factor = Factor{0.5, 0.5};  ///< share of the height; f: [0, f]
  Factor width_factor = Factor{0.5, 0.5};   ///< share of the width; f: [0, f]
  double fill_value = 0;                    ///< a value of the image

  ImageShape output_shape(const ImageShape& shape) const;
  template <class T>
  void apply(const ImageIn<T>& in, const ImageOut<T>& out, Random& random) const;
  static void fields(auto&& field) {
    field("height_factor", &RandomCutout::height_factor);
    field("width_factor", &RandomCutout::width_factor);
    field("fill_value", &RandomCutout::fill_value);
  }
};

/// Mixes an example with another of the set: λ·one + (1 − λ)·other, features and targets alike,
/// where λ is drawn from Beta(α, α) (Zhang et al. 2017, "mixup: Beyond empirical risk
/// minimization"). Targets are float32: class labels become rows by label_mode categorical, or
/// shares of class 1 by label_mode binary. Metrics of classes take the class with the larger share.
/// Weights of examples stay.
struct SLOY_EXPORT MixUp {
  double alpha = 0.2;  ///< of Beta(α, α), above 0

  Spec output_spec(const Spec& spec) const;
  void read(const Dataset& base, std::int64_t index, const Slot& slot, Random& random) const;
  static void fields(auto&& field) { field("alpha", &MixUp::alpha); }
};

/// Puts a rectangle of another example into an image, and mixes the targets by the areas (Yun et
/// al. 2019, "CutMix: Regularization strategy to train strong classifiers with localizable
/// features"). The rectangle is a share 1 − λ of the image, λ drawn from Beta(α, α). Targets as
/// for MixUp.
struct SLOY_EXPORT CutMix {
  Factor factor = Factor{1.0, 1.0};  ///< α; f: [0, f]

  Spec output_spec(const Spec& spec) const;
  void read(const Dataset& base, std::int64_t index, const Slot& slot, Random& random) const;
  static void fields(auto&& field) { field("factor", &CutMix::factor); }
};

/// A few of eleven changes, each equally likely: shear, translation, rotation, brightness, color
/// degeneration, contrast, sharpness, solarization, posterization, auto contrast and equalization,
/// each as far as `factor` says (Cubuk et al. 2019, "RandAugment: Practical automated data
/// augmentation with a reduced search space", as Keras has it).
struct SLOY_EXPORT RandAugment {
  int num_ops = 2;      ///< how many, one after another
  Factor factor = 0.5;  ///< of each of them; f: [0, f]
  /// bilinear or nearest: how values between pixels are found
  Interpolation interpolation = Interpolation::bilinear;

  ImageShape output_shape(const ImageShape& shape) const;
  void apply(const ImageIn<std::uint8_t>& in, const ImageOut<std::uint8_t>& out,
             Random& random) const;
  static void fields(auto&& field) {
    field("num_ops", &RandAugment::num_ops);
    field("factor", &RandAugment::factor);
    field("interpolation", &RandAugment::interpolation);
  }
};

}  // namespace sloy::data
