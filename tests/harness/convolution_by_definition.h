/// Convolution as its definition says, in double: what the fast kernels are checked against.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/cpu/onednn/convolution.h"

namespace sloy::harness {

/// Calls f(x index, kernel index, y index) for every product that the convolution sums. Indices
/// count elements of the plain form.
template <class F>
void for_each_product(const onednn::ConvolutionGeometry& geometry, const F& f) {
  const int rank = geometry.spatial_rank();
  const std::int64_t inputs = geometry.input_channels / geometry.groups;
  const std::int64_t filters = geometry.filters / geometry.groups;
  std::int64_t pixels = 1, taps = 1;
  for (int dim = 0; dim < rank; ++dim) {
    pixels *= geometry.output(dim);
    taps *= geometry.kernel[dim];
  }
  for (std::int64_t n = 0; n < geometry.batch; ++n) {
    for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        std::int64_t x_pixel = 0, pixel_size = 1;
        std::int64_t pixel_rest = pixel, tap_rest = tap;
        bool inside = true;
        for (int dim = rank - 1; dim >= 0; --dim) {
          const std::int64_t at = pixel_rest % geometry.output(dim) * geometry.strides[dim] -
                                  geometry.padding_before[dim] +
                                  tap_rest % geometry.kernel[dim] * geometry.dilations[dim];
          pixel_rest /= geometry.output(dim);
          tap_rest /= geometry.kernel[dim];
          inside = inside && at >= 0 && at < geometry.input[dim];
          x_pixel += at * pixel_size;
          pixel_size *= geometry.input[dim];
        }
        if (!inside) continue;
        for (std::int64_t i = 0; i < inputs; ++i) {
          for (std::int64_t o = 0; o < geometry.filters; ++o) {
            f((n * pixel_size + x_pixel) * geometry.input_channels + o / filters * inputs + i,
              (tap * inputs + i) * geometry.filters + o,
              (n * pixels + pixel) * geometry.filters + o);
          }
        }
      }
    }
  }
}

/// Result of one pass from its two operands in plain form, in the order of `ConvolutionPass`.
inline std::vector<double> convolve_by_definition(const onednn::ConvolutionGeometry& geometry,
                                                  onednn::ConvolutionPass pass,
                                                  const std::vector<float>& first,
                                                  const std::vector<float>& second) {
  using Pass = onednn::ConvolutionPass;
  std::vector<double> result(pass == Pass::forward          ? geometry.output_shape().size()
                             : pass == Pass::input_gradient ? geometry.input_shape().size()
                                                            : geometry.kernel_shape().size());
  for_each_product(geometry, [&](std::int64_t x, std::int64_t k, std::int64_t y) {
    switch (pass) {
      case Pass::forward: result[y] += double(first[x]) * second[k]; break;
      case Pass::input_gradient: result[x] += double(first[y]) * second[k]; break;
      case Pass::kernel_gradient: result[k] += double(first[x]) * second[y]; break;
    }
  });
  return result;
}

}  // namespace sloy::harness
