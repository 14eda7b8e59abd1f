/// Changes of brightness and colours by given amounts.
#pragma once

#include <sloy/augmentations.h>

namespace sloy::data {

/// Adds `share` of the range of values.
template <class T>
void add_brightness(const ImageIn<T>& in, const ImageOut<T>& out, double share);
/// Multiplies distances from each channel's mean.
template <class T>
void scale_contrast(const ImageIn<T>& in, const ImageOut<T>& out, double factor);
/// Multiplies the saturation of hue, saturation and value. REQUIRES: 3 channels, as below.
template <class T>
void scale_saturation(const ImageIn<T>& in, const ImageOut<T>& out, double factor);
/// Turns the hue by a share of a full turn in [−1, 1].
template <class T>
void turn_hue(const ImageIn<T>& in, const ImageOut<T>& out, double share);
/// Mixes with grey: 0 leaves the image as it is, 1 leaves grey. Images without colours stay.
template <class T>
void mix_grey(const ImageIn<T>& in, const ImageOut<T>& out, double share);

/// What RandomSaturation makes of a number in [0, 1]: 0.5 becomes 1.
double saturation_factor_of(double drawn);
/// The factor of RandomContrast.
double contrast_factor_of(const Factor& factor, Random& random);
/// The share of a turn of RandomHue, either way.
double hue_share_of(const Factor& factor, Random& random);

}  // namespace sloy::data
