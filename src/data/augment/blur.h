/// Images smoothed.
#pragma once

#include <sloy/augmentations.h>

namespace sloy::data {

/// A normalised kernel of Gauss's curve: `size` numbers, of this deviation. REQUIRES: odd size.
std::vector<float> gaussian_kernel(int size, double sigma);

/// Convolves rows and columns. Beyond the border is the image's mirror, the border itself not
/// repeated: c b | a b c d | c b.
template <class T>
void blur(const ImageIn<T>& in, const ImageOut<T>& out, std::span<const float> down,
          std::span<const float> across);

}  // namespace sloy::data
