/// The one loop nest of convolution: which elements of x, kernel and y meet. The three passes
/// differ in which of them is the sum.
#pragma once

#include "ops/convolution.h"

namespace sloy {

/// An element of x meets `filters` neighbours of the kernel and as many of y.
struct ConvolutionRow {
  std::int64_t x;
  std::int64_t kernel;
  std::int64_t y;
  std::int64_t filters;
};

template <class Body>
void for_each_row(const ConvolutionSizes& sizes, std::int64_t batch_size, const Body& body) {
  const std::int64_t inputs = input_plane(sizes.axes);
  const std::int64_t outputs = output_plane(sizes.axes);
  for (std::int64_t n = 0; n < batch_size; ++n) {
    for_each_tap(sizes.axes, [&](std::int64_t output, std::int64_t tap, std::int64_t input) {
      for (std::int64_t g = 0; g < sizes.groups; ++g) {
        for (std::int64_t c = 0; c < sizes.channels; ++c) {
          body(ConvolutionRow{
              .x = ((n * inputs + input) * sizes.groups + g) * sizes.channels + c,
              .kernel = ((tap * sizes.channels + c) * sizes.groups + g) * sizes.filters,
              .y = ((n * outputs + output) * sizes.groups + g) * sizes.filters,
              .filters = sizes.filters});
        }
      }
    });
  }
}

}  // namespace sloy
